/** `agentk secret-refs-check`: is this manifest of secret references one that can be used? Prints numbers only. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Flags {
  readonly manifest: string;
  readonly json?: boolean;
}

const HELP = `
No name, reference or value is printed, here or in errors: only how many there are of each kind.
No store is asked; secret-refs-store-check does that.

Exit status: 0 the manifest is valid, 1 it cannot be read, 2 it is not valid.

Example:
  agentk secret-refs-check --manifest secret-refs.toml`;

export function registerSecretRefsCheck(program: Command, io: Io): void {
  program
    .command("secret-refs-check")
    .summary("check a manifest of secret references")
    .description("Reads a manifest of secret references strictly and counts them by provider and shape.")
    .requiredOption("--manifest <file>", "the manifest, TOML")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => check(flags, io));
}

async function check({ manifest, json = false }: Flags, io: Io): Promise<void> {
  const [{ readSecretRefs }, { secretRefsJson, secretRefsText, secretFaultsJson }, { policyFaultsText }] =
    await Promise.all([
      import("../app/secret-refs.js"),
      import("../report/secrets-report.js"),
      import("../report/policy-report.js"),
    ]);
  const read = readSecretRefs(resolve(io.cwd, manifest));
  if (read.ok) {
    const secrets = read.value.map(({ reference: { shape }, ...one }) => ({ ...one, shape }));
    io.stdout((json ? secretRefsJson : secretRefsText)(manifest, secrets));
    io.exit(0);
    return;
  }
  io.stdout(json ? secretFaultsJson(manifest, read.error, false) : policyFaultsText(manifest, read.error));
  io.exit(2);
}
