/** An audit as text and as JSON. */
import { countsAgainst, type AuditReport, type CheckedFact, type CheckFacts, type CheckStatus } from "../abi/audit.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { wrap, type Paint } from "./style.js";
import type { ReportLook } from "./verify-report.js";

const WORDS: Readonly<Record<CheckStatus, string>> = {
  ok: "ok",
  warn: "warn",
  fail: "FAIL",
  "not-applicable": "n/a",
};
const WORD_WIDTH = 4;

/** 0: nothing counts against it. 2: something does. */
export function auditStatus({ checks, isStrict }: AuditReport): 0 | 2 {
  return checks.some(({ result }) => countsAgainst(result, isStrict)) ? 2 : 0;
}

export function auditJson(report: AuditReport): string {
  const { command, repo, version, isStrict: strict, checks, ms } = report;
  const shown = checks.map(({ id, group, title, result, ms: took }) => {
    const { status, detail, findings = [] } = result;
    return { id, group, title, status, counts: countsAgainst(result, strict), detail, findings, ms: took };
  });
  const ok = auditStatus(report) === 0;
  const head = { format: "agentk-audit/1", command, repo, version, strict, ok, ...countsOf(checks), ms };
  return `${reportJson({ ...head, checks: shown })}\n`;
}

function countsOf(checks: readonly CheckedFact[]): Readonly<Record<string, number>> {
  const count = (wanted: CheckStatus): number => checks.filter(({ result }) => result.status === wanted).length;
  return { passed: count("ok"), warned: count("warn"), failed: count("fail"), not_applicable: count("not-applicable") };
}

export function auditText(report: AuditReport, { paint, width }: ReportLook): string {
  const { command, checks, repo, ms } = report;
  const idWidth = Math.max(...checks.map(({ id }) => id.length), 0);
  const rows = checks.map((checked, index) => {
    const isFirst = checked.group !== checks[index - 1]?.group;
    const head = isFirst ? `\n${paint.title(checked.group)}\n` : "";
    return `${head}${checkText(checked, { paint, width, idWidth })}`;
  });
  const { passed = 0, warned = 0, failed = 0, not_applicable: none = 0 } = countsOf(checks);
  const verdict = auditStatus(report) === 0 ? paint.good("passed") : paint.bad("failed");
  const strict = report.isStrict ? ", warnings count" : "";
  const counts = `${String(passed)} ok, ${String(warned)} warn, ${String(failed)} fail, ${String(none)} n/a`;
  const took = `${(ms / 1000).toFixed(1)} s`;
  return `${command} of ${visible(repo)}\n${rows.join("")}\n${verdict}: ${counts}${strict} (${took})\n`;
}

interface RowLook extends ReportLook {
  readonly idWidth: number;
}

function checkText({ id, title, fails, result }: CheckedFact, { paint, width, idWidth }: RowLook): string {
  const { status, detail, findings = [] } = result;
  const indent = " ".repeat(2 + WORD_WIDTH + 2 + idWidth + 2);
  const word = painted(status, paint)(WORDS[status].padEnd(WORD_WIDTH));
  const text = wrap(visible(detail), width, indent);
  const lines = findings.map(({ file, line, text: says }) => `${indent}${placeOf(file, line)}${visible(says)}\n`);
  const isBad = status === "fail" || status === "warn";
  const why = isBad ? paint.dim(`${indent}${wrap(`${title}: ${fails}`, width, indent)}\n`) : "";
  return `  ${word}  ${id.padEnd(idWidth)}  ${text}\n${lines.join("")}${why}`;
}

function painted(status: CheckStatus, paint: Paint): (text: string) => string {
  const strokes = { ok: paint.good, warn: paint.warn, fail: paint.bad, "not-applicable": paint.dim };
  return strokes[status];
}

/** The form that editors jump to. */
function placeOf(file: string | undefined, line: number | undefined): string {
  if (file === undefined) return "";
  return `${visible(file)}${line === undefined ? "" : `:${String(line)}`}: `;
}

export function auditListJson(checks: readonly CheckFacts[]): string {
  const shown = checks.map(({ id, group, title, fails }) => ({ id, group, title, fails }));
  return `${reportJson({ format: "agentk-audit-list/1", checks: shown })}\n`;
}

export function auditListText(checks: readonly CheckFacts[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length), 0);
  return checks.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join("");
}
