/** What a policy holds, or what is wrong with it, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { PolicyDocument } from "../policy/ast.js";
import type { PolicyFault } from "../policy/parse.js";
import { reportJson } from "./json.js";

const FORMAT = "agentk-policy-check/1";

export function policyJson(file: string, policy: PolicyDocument): string {
  const counts = { rules: policy.rules.length, grants: policy.grants.length };
  return `${reportJson({ format: FORMAT, file, ok: true, ...counts, faults: [] })}\n`;
}

export function policyText(file: string, policy: PolicyDocument): string {
  return `${visible(file)}: valid, ${String(policy.rules.length)} rules, ${String(policy.grants.length)} grants\n`;
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
