/** The report of a replay, as text and as JSON. */
import type { ReplayReport } from "../replay/replay.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

/** What a replay of a file adds to the kernel's own report. */
export interface FileReplay extends ReplayReport {
  readonly depth: "deep" | "shallow";
  readonly shallowBecause: string | undefined;
  readonly journalFault: string | undefined;
  readonly tornBytes: number;
}

export function replayJson(log: string, report: FileReplay): string {
  const { ok, lines, depth, shallowBecause, opened, sealed, indeterminate, tornBytes, decisions } = report;
  return `${reportJson({
    format: "agentk-replay/1",
    log,
    ok,
    lines,
    depth,
    shallow_because: shallowBecause ?? null,
    journal_fault: report.journalFault ?? null,
    ending: report.ending,
    values_recomputed: opened,
    values_as_recorded: sealed,
    indeterminate,
    torn_bytes: tornBytes,
    decisions,
    divergence: report.divergence ?? null,
    broken: report.broken ?? null,
  })}\n`;
}

export function replayText(log: string, report: FileReplay, look: ReportLook): string {
  const { paint } = look;
  const row = (name: string, value: string): string => `  ${paint.dim(name.padEnd(12))}${value}`;
  const lines = [`${paint.title("replay")}  ${visible(log)}`, "", verdict(report, look), ""];
  lines.push(row("lines", String(report.lines)), row("values", values(report)));
  for (const [name, count] of Object.entries(report.decisions)) {
    lines.push(
      row("decided", `${String(count).padStart(5)}  ${name.startsWith("deny") ? paint.bad(name) : paint.good(name)}`),
    );
  }
  if (report.indeterminate > 0) {
    lines.push(row("not decided", `${String(report.indeterminate)}: their targets are only in the payload journal`));
  }
  if (report.ending === "open") {
    lines.push(
      row("end", paint.warn("the log has no close line: an end that was cut cannot be seen here, see `agentk verify`")),
    );
  }
  if (report.tornBytes > 0)
    lines.push(row("torn", `${String(report.tornBytes)} bytes after the last line were not replayed`));
  return [...lines, ""].join("\n");
}

function verdict(report: FileReplay, { paint }: ReportLook): string {
  const { divergence, broken } = report;
  if (broken !== undefined)
    return paint.bad(`✗ line ${String(broken.line)} cannot be replayed: ${visible(broken.detail)}`);
  if (divergence === undefined) return unanimous(report, paint);
  const { line, field, recorded, replayed } = divergence;
  return [
    paint.bad(`✗ line ${String(line)} diverges at ${visible(field)}`),
    `    recorded  ${visible(recorded)}`,
    `    replayed  ${visible(replayed)}`,
  ].join("\n");
}

/** No line differs: what that is worth depends on where the values came from. */
function unanimous(report: FileReplay, paint: ReportLook["paint"]): string {
  const { journalFault, lines, depth } = report;
  if (journalFault !== undefined)
    return paint.bad(`✗ the payload journal is not what the run wrote: ${visible(journalFault)}`);
  if (lines === 0) return paint.bad("✗ there is nothing to replay");
  if (depth === "shallow") return paint.warn("! replayed: the same bytes, with the values taken as they were recorded");
  return paint.good("✓ replayed: the same kernel, given the recorded inputs, wrote the same bytes");
}

function values({ opened, sealed, depth, shallowBecause }: FileReplay): string {
  const counts = `${String(opened)} recomputed, ${String(sealed)} as recorded`;
  return depth === "deep"
    ? `${counts} (deep)`
    : `${counts} (shallow: ${shallowBecause ?? "the journal cannot be used"})`;
}
