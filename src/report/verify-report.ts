/** The report of a verification, as text and as JSON. */
import { FINDINGS, type Finding, type FindingCode } from "../evidence/findings.js";
import type { RunSummary, VerifyReport } from "../evidence/verify.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { wrap, type Paint } from "./style.js";

export interface ReportLook {
  readonly paint: Paint;
  /** Columns to wrap at. */
  readonly width: number;
}

/** Prose is not wrapped wider than this, however wide the terminal. */
const MAX_PROSE = 100;

/** JSON member names are those of the log, snake_case. */
export function verifyJson(log: string, report: VerifyReport): string {
  return `${reportJson({ format: "agentk-verify/1", log, ...verifyMembers(report) })}\n`;
}

/** The members of the JSON report, for reports that contain one. */
export function verifyMembers(report: VerifyReport): Readonly<Record<string, unknown>> {
  return {
    ok: report.ok,
    ending: report.ending,
    lines: report.lines,
    ...(report.pruned === 0 ? {} : { pruned_lines: report.pruned }),
    ...runMembers(report.run),
    head: report.head ?? null,
    policies: report.policies,
    counts: report.counts,
    allowed: report.allowed,
    denied: report.denied,
    unanswered: report.unanswered,
    finding_count: report.findingCount,
    findings: report.findings,
    proved: report.proved,
    cannot_prove: report.cannotProve,
  };
}

function runMembers(run: RunSummary | undefined): Readonly<Record<string, unknown>> {
  if (run === undefined) return { run: null, agentk: null, agent: null, server: null, public_key: null };
  const { agentk, agent, server, publicKey } = run;
  return { run: run.run, agentk, agent, server, public_key: publicKey };
}

/** The whole report as text, for a terminal. */
export function verifyText(log: string, report: VerifyReport, look: ReportLook): string {
  const width = Math.min(look.width, MAX_PROSE);
  const { paint } = look;
  return [
    `${paint.title("flight log")}  ${visible(log)}`,
    "",
    headline(report, paint),
    "",
    ...facts(report, paint),
    ...findingsText(report, { paint, width }),
    ...list("What this proves", report.proved, { paint: { ...paint, dim: paint.good }, width, mark: "✓" }),
    ...list("What this cannot prove", report.cannotProve, { paint, width, mark: "·" }),
    "",
  ].join("\n");
}

/** The judgement in one line. */
export function headline(report: VerifyReport, paint: Paint): string {
  if (!report.ok) {
    const failures = report.findings.filter((finding) => finding.severity === "failure").length;
    const count = report.findingCount > report.findings.length ? `more than ${String(failures)}` : String(failures);
    return paint.bad(`✗ not verified: ${count} ${failures === 1 ? "check" : "checks"} failed`);
  }
  if (report.pruned > 0) return restHeadline(report, paint);
  if (report.ending === "sealed") return paint.good("✓ verified: the log is whole, in order and sealed");
  const why = report.ending === "recovered" ? "a recovery closed it" : "the run has not closed it";
  return paint.warn(`! consistent, but not sealed: ${why}`);
}

function restHeadline({ pruned, ending }: VerifyReport, paint: Paint): string {
  const gone = `the ${String(pruned)} lines before it were pruned`;
  if (ending === "sealed") return paint.warn(`! verified: what is kept is whole, in order and sealed; ${gone}`);
  return paint.warn(`! consistent, but not sealed; ${gone}`);
}

function facts(report: VerifyReport, paint: Paint): readonly string[] {
  const { run, counts, unanswered } = report;
  const kinds = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([type, count]) => `${type} ${String(count)}`)
    .join(", ");
  const pairs: (readonly [string, string])[] = [];
  if (run !== undefined) {
    pairs.push(["run", run.run], ["between", `${run.agent} and ${run.server}, by agentk ${run.agentk}`]);
  }
  pairs.push(["lines", kinds === "" ? String(report.lines) : `${String(report.lines)} (${kinds})`]);
  if (report.pruned > 0) pairs.push(["pruned", `${String(report.pruned)} lines, for which the first one stands`]);
  const calls = [`${String(report.allowed)} allowed`, `${String(report.denied)} denied`];
  if (unanswered.count > 0) calls.push(`${String(unanswered.count)} without an outcome: may have happened`);
  pairs.push(["calls", calls.join(", ")]);
  for (const call of unanswered.calls.slice(0, 10))
    pairs.push(["", `${call.call} ${call.kind}, line ${String(call.line)}: may have happened`]);
  for (const policy of report.policies.slice(0, 10)) pairs.push(["policy", `${policy.name}  ${policy.sha256}`]);
  if (run !== undefined) pairs.push(["key", run.publicKey]);
  if (report.head !== undefined) pairs.push(["last hash", report.head]);
  return pairs.map(([name, value]) => `  ${paint.dim(name.padEnd(10))}${value}`);
}

function findingsText(report: VerifyReport, look: ReportLook): readonly string[] {
  const { findings, findingCount } = report;
  if (findings.length === 0) return [];
  const { paint, width } = look;
  const lines = ["", paint.title("Findings")];
  for (const finding of findings) lines.push(findingText(finding, look));
  if (findingCount > findings.length) lines.push(`  and ${String(findingCount - findings.length)} more`);
  const codes = new Set<FindingCode>(findings.map((finding) => finding.code));
  lines.push("", paint.title("What they mean"));
  for (const code of codes) {
    const { means, advice } = FINDINGS[code];
    lines.push(`  ${code}`, `    ${paint.dim(wrap(`${means}; ${advice}`, width, "    "))}`);
  }
  return lines;
}

function findingText(finding: Finding, { paint, width }: ReportLook): string {
  const mark = finding.severity === "failure" ? paint.bad("✗") : paint.warn("!");
  const place = finding.line === undefined ? "the file" : `line ${String(finding.line)}`;
  return `  ${mark} ${wrap(`${place}  ${finding.code}: ${finding.detail}`, width, "    ")}`;
}

function list(title: string, items: readonly string[], look: ReportLook & { mark: string }): readonly string[] {
  if (items.length === 0) return [];
  const { paint, width, mark } = look;
  return ["", paint.title(title), ...items.map((item) => `  ${paint.dim(mark)} ${wrap(item, width, "    ")}`)];
}
