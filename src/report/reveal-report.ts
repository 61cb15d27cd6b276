/** The report on a reveal, as text and as JSON. */
import { openedIn, REVEAL_FAULTS, type RevealReport } from "../evidence/reveal.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

/** What is shown of a value on a terminal; JSON has all of it. */
const MAX_SHOWN_CHARS = 2000;

export function revealReportJson(file: string, report: RevealReport): string {
  const { ok, faults, reveal, line, publicKey, isPinned } = report;
  return `${reportJson({
    format: "agentk-reveal-report/1",
    reveal: file,
    ok,
    faults,
    run: reveal.run,
    seq: reveal.seq,
    type: line?.type ?? null,
    slot: reveal.slot,
    values: openedIn(reveal).map(({ name, canonical }) => ({ name: name ?? null, canonical })),
    closed_members: closedMembers(report),
    public_key: publicKey,
    pinned: isPinned,
  })}\n`;
}

export function revealReportText(file: string, report: RevealReport, { paint }: ReportLook): string {
  const row = (name: string, value: string): string => `  ${paint.dim(name.padEnd(8))}${value}`;
  const { ok, faults, reveal, line } = report;
  const claim = "the value is the one that the line commits to, and the line stands in the log";
  const lines = [
    `${paint.title("reveal")}  ${visible(file)}`,
    "",
    ok ? paint.good(`✓ proved: ${claim}`) : paint.bad(`✗ not proved: ${claim}`),
    ...faults.map((fault) => `  ${paint.bad(fault)}  ${REVEAL_FAULTS[fault]}`),
    "",
    row("run", reveal.run),
    row("line", `${String(reveal.seq)} ${line === undefined ? "(unreadable)" : aboutOf(line)}`),
    row("slot", reveal.slot),
    ...openedIn(reveal).map(({ name, canonical }) => row("value", shown(name, canonical))),
  ];
  const closed = closedMembers(report);
  if (closed > 0) lines.push(row("closed", `${String(closed)} other members of the object, by their digests only`));
  lines.push(row("key", report.publicKey));
  if (!report.isPinned)
    lines.push(row("", paint.warn("the file's own key: whose it is, it cannot say; give yours with --public-key")));
  return [...lines, ""].join("\n");
}

function closedMembers({ reveal }: RevealReport): number {
  return (reveal.members ?? []).length - (reveal.whole === undefined ? openedIn(reveal).length : 0);
}

function aboutOf(line: NonNullable<RevealReport["line"]>): string {
  if (line.type === "syscall")
    return `syscall ${line.value.call}: ${line.value.kind}, ${line.value.decision.verdict}, by ${visible(line.value.agent)}`;
  return line.type === "page" ? `page ${line.value.page}` : line.type;
}

/** Attacker-controlled: names and values. */
function shown(name: string | undefined, canonical: string): string {
  const text = name === undefined ? canonical : `${JSON.stringify(name)}: ${canonical}`;
  const cut = text.slice(0, MAX_SHOWN_CHARS);
  return visible(cut.length < text.length ? `${cut}… (--json prints all of it)` : cut);
}
