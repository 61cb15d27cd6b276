/** Why a call was decided as it was, as text and as JSON. */
import { decisionName } from "../abi/decision.js";
import { visible } from "../evidence/visible.js";
import type { Explanation, PassedOver } from "../policy/explain.js";
import type { Suggestion } from "../policy/explain-search.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

export function explainJson(explanation: Explanation): string {
  const members = { format: "agentk-policy-explain/1", ...explanationMembers(explanation) };
  return `${reportJson({ ...members, provenance: explanation.provenance })}\n`;
}

/** The explanation with the names of JSON reports. The provenance is not among them: reports show it in their own ways. */
export function explanationMembers(explanation: Explanation): Readonly<Record<string, unknown>> {
  const { decision, rule, passedOver, wouldPass, again, reason, retryable } = explanation;
  return {
    decision: decisionName(decision),
    reason: decision.reason,
    says: reason,
    retryable,
    decided_again: again,
    rule: rule ?? null,
    passed_over: passedOver.map(({ failed, ...over }) => ({ ...over, failed: failed ?? null })),
    would_pass: wouldPass,
  };
}

export function explainText(explanation: Explanation, { paint }: ReportLook): string {
  const { decision, rule, passedOver, provenance, wouldPass, again } = explanation;
  const name = decisionName(decision);
  const title = `${decision.verdict === "allow" ? paint.good(name) : paint.bad(name)}  ${explanation.reason}`;
  const place = rule === undefined ? "a rule of the kernel's own" : `line ${String(rule.line)}: ${visible(rule.says)}`;
  const because = rule?.because === undefined ? [] : [`  because   ${visible(rule.because)}`];
  const doubt = again === name ? [] : [paint.warn(`  on what is recorded, the policy decides ${visible(again)}`)];
  return `${[
    title,
    `  rule      ${place}`,
    ...because,
    ...doubt,
    ...passedOver.map(overLine),
    ...provenance.map(
      ({ path, match, classes }) => `  argument  ${visible(path)}: ${match}, ${visible(classes.join(", "))}`,
    ),
    ...wouldPass.map((suggestion, index) => passLine(suggestion, index)),
  ].join("\n")}\n`;
}

function overLine({ id, line, failed }: PassedOver): string {
  const why = failed === undefined ? "not recorded which condition failed" : `not so that ${failed}`;
  return `  not       ${visible(id)} (line ${String(line)}): ${visible(why)}`;
}

function passLine({ changes, decision }: Suggestion, index: number): string {
  const words = changes.map(({ says }) => visible(says)).join(", and ");
  return `  ${index === 0 ? "would be" : "or     "}  ${visible(decision)} if ${words}`;
}
