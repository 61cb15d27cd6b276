/** `agentk prune`: keeps the end of a flight log, in a file that still verifies. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { WantedCut } from "../app/log/prune.js";
import { AgentkError } from "../base/errors.js";
import type { Io } from "./io.js";
import { wholeNumber } from "./values.js";

interface PruneOptions {
  readonly out: string;
  readonly before?: number;
  readonly keepLines?: number;
  readonly json?: true;
}

export function registerPrune(program: Command, io: Io): void {
  program
    .command("prune")
    .summary("keep the end of a flight log, so that it still verifies")
    .description("Writes the end of a flight log, from a signed head on, to a new file. The log itself is not changed.")
    .argument("<log>", "the flight log; pruned before or whole")
    .requiredOption("--out <file>", "the shorter log; it must not exist")
    .option("--before <seq>", "cut at the last signed head at or before this line", wholeNumber(0))
    .option("--keep-lines <count>", "cut at the first signed head that leaves so many lines or fewer", wholeNumber(1))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      [
        "",
        "What was cut off cannot be known from the rest, only that it was signed.",
        "",
        "Exit status: 0 written, 1 it cannot be cut there, read or written, 2 the log does not verify.",
        "",
        "Example:",
        "  agentk prune run.jsonl --out run-end.jsonl --keep-lines 10000",
      ].join("\n"),
    )
    .action((log: string, options: PruneOptions) => prune(log, options, io));
}

async function prune(named: string, options: PruneOptions, io: Io): Promise<void> {
  const wanted = cutOf(options);
  const [{ withBrokenLog }, { progressLine }, { refuseLegacyLog }, { pruneLog }, { pruneJson, pruneText }] =
    await Promise.all([
      import("./broken-log.js"),
      import("./flight-log.js"),
      import("./refuse-legacy.js"),
      import("../app/log/prune.js"),
      import("../report/prune-report.js"),
    ]);
  const file = resolve(io.cwd, named);
  refuseLegacyLog(file, named);
  const progress = progressLine(io);
  await withBrokenLog(io, options.json === true, async () => {
    const log = { file, ...(progress === undefined ? {} : { onProgress: progress.update }) };
    const done = await Promise.resolve()
      .then(() => pruneLog(log, resolve(io.cwd, options.out), wanted))
      .finally(progress?.clear);
    const facts = { ...done, log: named, out: options.out };
    io.stdout(options.json === true ? pruneJson(facts) : pruneText(facts));
    io.exit(0);
  });
}

/** @throws AgentkError `usage`. */
function cutOf({ before, keepLines }: PruneOptions): WantedCut {
  if (before !== undefined && keepLines === undefined) return { kind: "before", number: before };
  if (before === undefined && keepLines !== undefined) return { kind: "keep-lines", number: keepLines };
  throw new AgentkError("usage", "one of --before and --keep-lines is needed", {
    hint: "as in `agentk prune run.jsonl --out run-end.jsonl --keep-lines 10000`",
  });
}
