/** The events of a log as a table, and its totals, as text and as JSON. Both are written as the log is read. */
import type { InspectRow, InspectTotals } from "../evidence/inspect.js";
import type { VerifyReport } from "../evidence/verify.js";
import { visible } from "../evidence/visible.js";
import { isoTime } from "./instant.js";
import { reportJson } from "./json.js";
import type { Paint } from "./style.js";
import { layOut, type CellPaint, type Column, type Table } from "./table.js";
import { headline, verifyMembers, type ReportLook } from "./verify-report.js";

/** A report in pieces: what to print before, for each batch of rows, and after. */
export interface InspectPrinter {
  readonly begin: (log: string) => string;
  readonly rows: (batch: readonly InspectRow[]) => string;
  readonly end: (totals: InspectTotals, report: VerifyReport) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "seq", align: "right" },
  { title: "time (UTC)" },
  { title: "event" },
  { title: "who", min: 8 },
  { title: "what", min: 26 },
  { title: "decision", min: 12 },
  { title: "labels", min: 8 },
  { title: "bytes", align: "right" },
];
const DECISION = 5;

/** Text, laid out by the first batch. */
export function inspectTextPrinter(look: ReportLook): InspectPrinter {
  const { paint, width } = look;
  let table: Table | undefined;
  return {
    begin: (log) => `${paint.title("flight log")}  ${visible(log)}\n\n`,
    rows: (batch) => {
      const cells = batch.map(cellsOf);
      const lines: string[] = [];
      if (table === undefined) {
        table = layOut(COLUMNS, cells, width);
        lines.push(table.head(paint.dim));
      }
      for (const [i, row] of batch.entries()) {
        lines.push(table.row(cells[i] ?? [], cellPaint(row, paint)));
        if (row.mark !== "passed" && row.reason !== undefined) lines.push(paint.dim(`     └ ${row.reason}`));
      }
      return lines.map((line) => `${line}\n`).join("");
    },
    end: (totals, report) => `\n${totalsText(totals, paint)}\n${headline(report, paint)}\n${brokenText(report, paint)}`,
  };
}

function cellsOf(row: InspectRow): readonly string[] {
  return [
    String(row.seq),
    clockTime(row.wallMs),
    row.type,
    row.who,
    row.what,
    row.decision ?? "",
    row.labels.join(" "),
    row.bytes === undefined ? "" : String(row.bytes),
  ];
}

function cellPaint(row: InspectRow, paint: Paint): CellPaint {
  return (padded, column) => {
    if (column < 2) return paint.dim(padded);
    if (column !== DECISION || row.decision === undefined) return padded;
    return row.mark === "passed" ? paint.good(padded) : paint.bad(padded);
  };
}

function clockTime(wallMs: number): string {
  return /T(?<clock>[\d:.]+)Z$/.exec(isoTime(wallMs))?.groups?.["clock"] ?? String(wallMs);
}

function totalsText(totals: InspectTotals, paint: Paint): string {
  const lines = [
    paint.title("Totals"),
    `  events ${String(totals.events)}, calls allowed ${String(totals.allowed)}, denied ${String(totals.denied)}`,
    ...groupText("calls", totals.bySyscall, paint),
    ...groupText("blocked by", totals.blockedByRule, paint),
    ...groupText("would have been stopped by", totals.wouldStopByRule, paint),
    ...groupText("withheld by", totals.withheldByRule, paint),
    ...groupText(
      "committed",
      totals.commitments.map(({ name, count, bytes }) => ({ name: `${name} (${String(bytes)} bytes)`, count })),
      paint,
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function groupText(
  title: string,
  rows: readonly { readonly name: string; readonly count: number }[],
  paint: Paint,
): readonly string[] {
  return rows.map(
    ({ name, count }, i) => `  ${paint.dim((i === 0 ? title : "").padEnd(12))}${String(count).padStart(6)}  ${name}`,
  );
}

function brokenText(report: VerifyReport, paint: Paint): string {
  if (report.findings.length === 0) return "";
  const lines = report.findings.map(({ line, code, detail, severity }) => {
    const mark = severity === "failure" ? paint.bad("✗") : paint.warn("!");
    return `  ${mark} ${line === undefined ? "the file" : `line ${String(line)}`}  ${code}: ${detail}\n`;
  });
  const more = report.findingCount - report.findings.length;
  return lines.join("") + (more > 0 ? `  and ${String(more)} more\n` : "");
}

/** One JSON document `{format, log, events, totals, verification}`, an event a line. */
export function inspectJsonPrinter(): InspectPrinter {
  let isFirst = true;
  return {
    begin: (log) => `{\n  "format": "agentk-inspect/1",\n  "log": ${reportJson(log, 0)},\n  "events": [`,
    rows: (batch) =>
      batch
        .map((row) => {
          const text = `${isFirst ? "" : ","}\n    ${reportJson(rowMembers(row), 0)}`;
          isFirst = false;
          return text;
        })
        .join(""),
    end: (totals, report) => {
      const tail = reportJson({ totals: totalsMembers(totals), verification: verifyMembers(report) });
      return `${isFirst ? "" : "\n  "}],${tail.slice(1)}\n`;
    },
  };
}

function rowMembers(row: InspectRow): Readonly<Record<string, unknown>> {
  const { line, seq, wallMs, monoUs, ...rest } = row;
  return { line, seq, time: isoTime(wallMs), mono_us: monoUs, ...rest };
}

function totalsMembers(totals: InspectTotals): Readonly<Record<string, unknown>> {
  const { events, allowed, denied, blockedByRule, wouldStopByRule, withheldByRule, bySyscall, commitments } = totals;
  return {
    events,
    allowed,
    denied,
    blocked_by_rule: blockedByRule,
    would_stop_by_rule: wouldStopByRule,
    withheld_by_rule: withheldByRule,
    by_syscall: bySyscall,
    commitments,
  };
}
