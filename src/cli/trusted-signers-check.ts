/** `agentk trusted-signers-check`: is this manifest of trusted signers one that a verifier would take? */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Flags {
  readonly manifest: string;
  readonly json?: boolean;
}

const HELP = `
Exit status: 0 the manifest is valid, 1 it cannot be read, 2 it is not valid.

Example:
  agentk trusted-signers-check --manifest trusted-signers.toml`;

export function registerTrustedSignersCheck(program: Command, io: Io): void {
  program
    .command("trusted-signers-check")
    .summary("check a manifest of trusted signers")
    .description("Reads a manifest of trusted signers strictly and names every fault with its line and column.")
    .requiredOption("--manifest <file>", "the manifest, TOML")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => check(flags, io));
}

async function check({ manifest, json = false }: Flags, io: Io): Promise<void> {
  const [
    { readTrustFile, TrustInvalid },
    { factsOf },
    { trustFaultsJson, trustedSignersJson, trustedSignersText },
    { policyFaultsText },
  ] = await Promise.all([
    import("../app/keys/trust-file.js"),
    import("../app/keys/make-key.js"),
    import("../report/key-report.js"),
    import("../report/policy-report.js"),
  ]);
  try {
    const signers = readTrustFile(resolve(io.cwd, manifest)).map((key) => ({ ...key, ...factsOf(key.publicKey) }));
    io.stdout((json ? trustedSignersJson : trustedSignersText)(manifest, signers));
    io.exit(0);
  } catch (error) {
    if (!(error instanceof TrustInvalid)) throw error;
    io.stdout(json ? trustFaultsJson(manifest, error.faults) : policyFaultsText(manifest, error.faults));
    io.exit(2);
  }
}
