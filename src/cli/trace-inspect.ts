/** `agentk trace-inspect`: the events of a flight log, a row each, and totals. No values: the log holds none. */
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import type { FlightLine } from "../abi/event.js";
import type { InspectRow } from "../evidence/inspect.js";
import type { InspectPrinter } from "../report/inspect-report.js";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

interface InspectOptions {
  readonly json?: true;
  readonly why?: string;
  readonly depth?: number;
}

/** Rows printed together: enough to lay the columns out by, few enough to hold. */
const BATCH_ROWS = 500;

export function registerTraceInspect(program: Command, io: Io): void {
  program
    .command("trace-inspect")
    .summary("show the events of a flight log")
    .description("Shows the events of a flight log, even of one that fails its checks, with totals.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .option("--why <seq>", "show where the values of this call came from: its number, `c12`, or `p12` for a page")
    .option("--depth <calls>", "how many calls back --why goes (default: 4)", wholeNumber)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 shown and verified (with --why: up to that line), 1 the log cannot be read or has no such line, 2 a check failed.\n\nExamples:\n  agentk trace-inspect\n  agentk trace-inspect run.jsonl --why c12",
    )
    .action((log: string, options: InspectOptions) =>
      options.why === undefined ? inspect(log, options, io) : why(log, options.why, options, io),
    );
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("not a whole number from 1 to 9999");
  return Number(text);
}

async function why(log: string, line: string, { json, depth }: InspectOptions, io: Io): Promise<void> {
  const [{ withBrokenLog }, { whyLog }, { whyJson, whyText }] = await Promise.all([
    import("./broken-log.js"),
    import("../app/log/why.js"),
    import("../report/why-report.js"),
  ]);
  await withBrokenLog(io, json === true, async () => {
    const tree = whyLog(resolve(io.cwd, log), line, depth);
    io.stdout(json === true ? whyJson(log, tree) : whyText(log, tree, await lookFor(io)));
    io.exit(0);
  });
}

async function inspect(log: string, options: InspectOptions, io: Io): Promise<void> {
  const [{ verifyLog }, { createInspector }, printer] = await Promise.all([
    import("./flight-log.js"),
    import("../evidence/inspect.js"),
    printerFor(options, io),
  ]);
  const inspector = createInspector();
  const batch = batches(log, printer, io);
  const onEvent = (event: FlightLine, line: number): void => {
    batch.add(inspector.add(event, line));
  };
  const report = verifyLog(log, io, { mayBePruned: true, onEvent });
  batch.flush();
  io.stdout(printer.end(inspector.totals(), report));
  io.exit(report.ok ? 0 : 2);
}

async function printerFor(options: InspectOptions, io: Io): Promise<InspectPrinter> {
  const { inspectJsonPrinter, inspectTextPrinter } = await import("../report/inspect-report.js");
  if (options.json === true) return inspectJsonPrinter();
  const look = await lookFor(io);
  // In a file or a pipe nothing needs to fit, so nothing is cut.
  return inspectTextPrinter({ ...look, width: io.isTty ? look.width : Infinity });
}

/** Collects rows and prints them together. Nothing is printed before the log could be opened and read. */
function batches(log: string, printer: InspectPrinter, io: Io): { add: (row: InspectRow) => void; flush: () => void } {
  let rows: InspectRow[] = [];
  let hasBegun = false;
  const flush = (): void => {
    if (!hasBegun) io.stdout(printer.begin(log));
    hasBegun = true;
    if (rows.length > 0) io.stdout(printer.rows(rows));
    rows = [];
  };
  const add = (row: InspectRow): void => {
    rows.push(row);
    if (rows.length >= BATCH_ROWS) flush();
  };
  return { add, flush };
}
