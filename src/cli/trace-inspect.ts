/** `agentk trace-inspect`: the events of a flight log, a row each, and totals. No values: the log holds none. */
import type { Command } from "commander";
import type { FlightLine } from "../abi/event.js";
import type { InspectRow } from "../evidence/inspect.js";
import type { InspectPrinter } from "../report/inspect-report.js";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

interface InspectOptions {
  readonly json?: true;
}

/** Rows printed together: enough to lay the columns out by, few enough to hold. */
const BATCH_ROWS = 500;

export function registerTraceInspect(program: Command, io: Io): void {
  program
    .command("trace-inspect")
    .summary("show the events of a flight log")
    .description("Shows the events of a flight log, even of one that fails its checks, with totals.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit status: 0 shown and verified, 1 the log cannot be read, 2 a check failed.")
    .action((log: string, options: InspectOptions) => inspect(log, options, io));
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
  const report = verifyLog(log, io, { onEvent });
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
