/** `agentk release-audit`: everything of `readiness`, what agentk promises at run time, and what it is built from. */
import type { Command } from "commander";
import { AUDIT_GROUPS } from "../abi/audit.js";
import { addAuditFlags, audit, type AuditFlags } from "./audit-flags.js";
import type { Io } from "./io.js";

const HELP = `
Every run-time check starts the real agentk before a server that does what the check is about, and looks at what came
through, what the server saw, and what the log says. Nothing is taken from an earlier run.
Exit status: 0 passed, 1 it could not be done, 2 a check failed (with --strict, or warned).

Example:
  agentk release-audit --sarif audit.sarif --sbom sbom.cdx.json
  agentk release-audit --only run.pins --only supply-chain --json`;

export function registerReleaseAudit(program: Command, io: Io): void {
  const command = program
    .command("release-audit")
    .summary("check a project, this agentk's promises, and what is shipped")
    .description(
      "Runs every check of readiness, every run-time guarantee for real, and the checks of the supply chain.",
    );
  addAuditFlags(command)
    .option("--sbom <file>", "write the bill of materials (CycloneDX JSON) here")
    .option("--agentk <file>", "audit this agentk in place of the one that runs: a program, or a .js or .mjs file")
    .addHelpText("after", HELP)
    .action((flags: AuditFlags) => audit("release-audit", AUDIT_GROUPS, flags, io));
}
