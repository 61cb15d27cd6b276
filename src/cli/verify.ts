/** `agentk verify`: is this flight log whole, in order and sealed, and what does that prove? */
import type { Command } from "commander";
import { AgentkError } from "../base/errors.js";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

interface VerifyOptions {
  readonly json?: true;
  readonly allowOpen?: true;
  readonly allowPruned?: true;
  readonly chainOnly?: true;
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
    .option("--chain-only", "check the hashes from line to line and nothing else: quick, and no verification")
    .addHelpText(
      "after",
      "\nExit status: 0 verified, 1 the log cannot be read, 2 a check failed.\n\nExample:\n  agentk verify .agentk/runs/latest.jsonl",
    )
    .action((log: string, options: VerifyOptions) =>
      options.chainOnly === true ? chainOnly(log, options, io) : verify(log, options, io),
    );
}

async function chainOnly(log: string, options: VerifyOptions, io: Io): Promise<void> {
  if (options.allowOpen === true || options.allowPruned === true)
    throw new AgentkError("usage", "--chain-only does not go with --allow-open or --allow-pruned", {
      hint: "the chain says nothing of a log's end; a pruned log needs the whole verification",
    });
  const [{ chainOf }, { chainJson, chainText }] = await Promise.all([
    import("./flight-log.js"),
    import("../report/chain-report.js"),
  ]);
  const report = chainOf(log, io);
  io.stdout(options.json === true ? chainJson(log, report) : chainText(log, report, await lookFor(io)));
  io.exit(report.ok ? 0 : 2);
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
