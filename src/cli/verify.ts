/** `agentk verify`: is this flight log whole, in order and sealed, and what does that prove? */
import type { Command } from "commander";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

interface VerifyOptions {
  readonly json?: true;
  readonly allowOpen?: true;
  readonly allowPruned?: true;
}

export function registerVerify(program: Command, io: Io): void {
  program
    .command("verify")
    .summary("check a flight log")
    .description("Checks that a flight log is whole, in order and sealed, and says what that proves and what not.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .option("--json", "print JSON")
    .option("--allow-open", "accept the log of a run that has not closed it yet")
    .option("--allow-pruned", "accept a log whose beginning was pruned")
    .addHelpText(
      "after",
      "\nExit status: 0 verified, 1 the log cannot be read, 2 a check failed.\n\nExample:\n  agentk verify .agentk/runs/latest.jsonl",
    )
    .action((log: string, options: VerifyOptions) => verify(log, options, io));
}

async function verify(log: string, options: VerifyOptions, io: Io): Promise<void> {
  const [{ verifyLog }, { verifyJson, verifyText }] = await Promise.all([
    import("./flight-log.js"),
    import("../report/verify-report.js"),
  ]);
  const report = verifyLog(log, io, {
    mayBeOpen: options.allowOpen === true,
    mayBePruned: options.allowPruned === true,
  });
  io.stdout(options.json === true ? verifyJson(log, report) : verifyText(log, report, await lookFor(io)));
  io.exit(report.ok ? 0 : 2);
}
