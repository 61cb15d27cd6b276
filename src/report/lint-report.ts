/** What lint found in a policy, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { LintFinding } from "../policy/check/lint.js";

export type LintJson = Readonly<Record<"code" | "severity" | "problem" | "means" | "hint", string>> &
  Readonly<Record<"line" | "column", number>>;

export function lintJson(findings: readonly LintFinding[]): readonly LintJson[] {
  return findings.map(({ code, severity, line, column, problem, means, hint }) => ({
    code,
    severity,
    line,
    column,
    problem,
    means,
    hint,
  }));
}

/** Two lines a finding, the first in the form that editors jump to. */
export function lintText(file: string, findings: readonly LintFinding[]): string {
  return findings
    .map(({ code, severity, line, column, problem, means, hint }) => {
      const place = `${visible(file)}:${String(line)}:${String(column)}`;
      return `${place}: ${severity}: ${visible(problem)} [${code}]\n    ${means} (${hint})\n`;
    })
    .join("");
}

/** ` (1 error, 2 warnings)`; empty when nothing was found. */
export function lintCounts(findings: readonly LintFinding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const counts = [plural(errors, "error"), plural(findings.length - errors, "warning")].flat();
  return counts.length === 0 ? "" : ` (${counts.join(", ")})`;
}

function plural(count: number, noun: string): readonly string[] {
  return count === 0 ? [] : [`${String(count)} ${noun}${count === 1 ? "" : "s"}`];
}
