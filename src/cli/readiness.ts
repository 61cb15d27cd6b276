/** `agentk readiness`: is this project fit to be worked in with agentk? */
import type { Command } from "commander";
import { READINESS_GROUPS } from "../abi/audit.js";
import { addAuditFlags, audit, type AuditFlags } from "./audit-flags.js";
import type { Io } from "./io.js";

const HELP = `
Looks at the project alone and starts nothing but git; \`agentk release-audit\` runs what this one only reads.
Exit status: 0 ready, 1 it could not be looked at, 2 a check failed (with --strict, or warned).

Example:
  agentk readiness --strict --only keys`;

export function registerReadiness(program: Command, io: Io): void {
  const command = program
    .command("readiness")
    .summary("check a project's repository, keys and policies")
    .description("Checks what a project would publish, the signing key that is used in it, and its policies.");
  addAuditFlags(command)
    .addHelpText("after", HELP)
    .action((flags: AuditFlags) => audit("readiness", READINESS_GROUPS, flags, io));
}
