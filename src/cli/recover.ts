/** `agentk recover`: close the log of a run that was killed. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

export function registerRecover(program: Command, io: Io): void {
  program
    .command("recover")
    .summary("close the flight log of a run that was killed")
    .description("Sets a torn last line aside, records calls without an outcome as unknown, and closes the log.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 recovered, 1 the log cannot be recovered.\n\nExample:\n  agentk recover run.jsonl",
    )
    .action((log: string, options: { json?: true }) => recover(log, options, io));
}

async function recover(log: string, options: { json?: true }, io: Io): Promise<void> {
  const [{ recoverLog }, { recoveryJson, recoveryText }, { existsSync, realpathSync }] = await Promise.all([
    import("../app/log/recover.js"),
    import("../report/recovery-report.js"),
    import("node:fs"),
  ]);
  // Only our own `latest.jsonl` is followed; the log itself is opened without following a link.
  const path = resolve(io.cwd, log);
  const recovery = await recoverLog(log === LATEST_LOG && existsSync(path) ? realpathSync(path) : path);
  io.stdout(options.json === true ? recoveryJson(log, recovery) : recoveryText(log, recovery));
  io.exit(0);
}
