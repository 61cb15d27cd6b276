/** `agentk import`: is this log of the Rust AgentK right by its own rules, and what do these leave open? */
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { isHex } from "../base/bytes.js";
import { lookFor, type Io } from "./io.js";

interface ImportOptions {
  readonly json?: true;
  readonly trustedPublicKey: readonly string[];
}

export function registerImport(program: Command, io: Io): void {
  program
    .command("import")
    .summary("check a log of the Rust AgentK (v0.1, v0.2)")
    .description("Checks a log of the Rust AgentK by that program's own rules, and says why even a whole one is weak.")
    .argument("<log>", "the log; it is only read")
    .option("--trusted-public-key <hex>", "a key that must have signed it; may be repeated", trustedKey, [])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      [
        "\nExit status: 0 its own rules hold, 1 the log cannot be read, 2 they do not.",
        "\nExample:\n  agentk import old/latest.jsonl --trusted-public-key HEX",
      ].join("\n"),
    )
    .action((log: string, options: ImportOptions) => importLog(log, options, io));
}

function trustedKey(text: string, before: readonly string[]): readonly string[] {
  if (!isHex(text, 32)) throw new InvalidArgumentError("not an Ed25519 public key: 64 lower-case hex digits");
  return [...before, text];
}

async function importLog(log: string, { json, trustedPublicKey }: ImportOptions, io: Io): Promise<void> {
  const [{ verifyLegacyLog }, { importJson, importText }] = await Promise.all([
    import("./legacy-log.js"),
    import("../report/import-report.js"),
  ]);
  const report = verifyLegacyLog(resolve(io.cwd, log), trustedPublicKey);
  io.stdout(json === true ? importJson(log, report) : importText(log, report, await lookFor(io)));
  io.exit(report.ok ? 0 : 2);
}
