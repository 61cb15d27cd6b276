/** What a policy holds, or what is wrong with it, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { PolicyDocument } from "../policy/ast.js";
import type { LintFinding } from "../policy/check/lint.js";
import type { PolicyFault } from "../policy/parse.js";
import { reportJson } from "./json.js";
import { lintCounts, lintJson, lintText } from "./lint-report.js";

const FORMAT = "agentk-policy-check/1";

/** A policy that loads, and what lint found in it. */
export interface CheckedPolicy {
  readonly document: PolicyDocument;
  readonly findings: readonly LintFinding[];
  readonly ok: boolean;
}

export function policyJson(file: string, { document, findings, ok }: CheckedPolicy): string {
  const counts = { rules: document.rules.length, grants: document.grants.length };
  return `${reportJson({ format: FORMAT, file, ok, ...counts, faults: [], findings: lintJson(findings) })}\n`;
}

export function policyText(file: string, { document, findings, ok }: CheckedPolicy): string {
  const rules = `${String(document.rules.length)} rules, ${String(document.grants.length)} grants`;
  const verdict = ok ? "valid" : "not accepted";
  return `${lintText(file, findings)}${visible(file)}: ${verdict}, ${rules}${lintCounts(findings)}\n`;
}

export function policyFaultsJson(file: string, faults: readonly PolicyFault[]): string {
  return `${reportJson({ format: FORMAT, file, ok: false, faults })}\n`;
}

/** One fault a line, in the form that editors jump to. */
export function policyFaultsText(file: string, faults: readonly PolicyFault[]): string {
  return faults
    .map(({ line, column, problem, hint }) => {
      const advice = hint === undefined ? "" : ` (${visible(hint)})`;
      return `${visible(file)}:${String(line)}:${String(column)}: ${visible(problem)}${advice}\n`;
    })
    .join("");
}
