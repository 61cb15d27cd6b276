/** `agentk replay`: does the same kernel, given the recorded inputs, come to the same log? */
import { resolve } from "node:path";
import type { Command } from "commander";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

export function registerReplay(program: Command, io: Io): void {
  program
    .command("replay")
    .summary("run a flight log through the kernel again")
    .description("Runs the recorded inputs through the same kernel and compares every line. Performs no effect.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 the same bytes, 1 the log cannot be read, 2 it diverges.\n\nExample:\n  agentk replay run.jsonl",
    )
    .action((log: string, options: { json?: true }) => replay(log, options, io));
}

async function replay(log: string, options: { json?: true }, io: Io): Promise<void> {
  const [{ replayLog }, { replayJson, replayText }] = await Promise.all([
    import("../app/replay/replay-log.js"),
    import("../report/replay-report.js"),
  ]);
  const report = await replayLog(resolve(io.cwd, log), io.env);
  io.stdout(options.json === true ? replayJson(log, report) : replayText(log, report, await lookFor(io)));
  io.exit(report.ok ? 0 : 2);
}
