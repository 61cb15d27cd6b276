/** Why a call was decided as it was, as text and as JSON. */
import { decisionName, mayPass } from "../abi/decision.js";
import { visible } from "../evidence/visible.js";
import type { Explanation, NearestRule, PassedOver } from "../policy/explain.js";
import type { Suggestion } from "../policy/explain-search.js";
import { reportJson } from "./json.js";
import { shortLists } from "./short-lists.js";
import type { ReportLook } from "./verify-report.js";

export function explainJson(explanation: Explanation): string {
  const members = { format: "agentk-policy-explain/1", ...explanationMembers(explanation) };
  return `${reportJson({ ...members, provenance: explanation.provenance })}\n`;
}

/** The explanation with the names of JSON reports. The provenance is not among them: reports show it in their own ways. */
export function explanationMembers(explanation: Explanation): Readonly<Record<string, unknown>> {
  const { decision, rule, passedOver, wouldPass, again, missing, nearest, reason, retryable } = explanation;
  return {
    decision: decisionName(decision),
    reason: decision.reason,
    says: reason,
    retryable,
    decided_again: again,
    missing: missing ?? null,
    rule: rule ?? null,
    passed_over: passedOver.map(({ failed, ...over }) => ({ ...over, failed: failed ?? null })),
    would_pass: wouldPass,
    nearest: nearest ?? null,
  };
}

export function explainText(explanation: Explanation, { paint }: ReportLook): string {
  const { decision, rule, passedOver, provenance, again, missing } = explanation;
  const name = decisionName(decision);
  const title = `${decision.verdict === "allow" ? paint.good(name) : paint.bad(name)}  ${explanation.reason}`;
  const place = rule === undefined ? "a rule of the kernel's own" : `line ${String(rule.line)}: ${shown(rule.says)}`;
  const because = rule?.because === undefined ? [] : [`  because   ${visible(rule.because)}`];
  const lost = missing === undefined ? "" : `; not recorded: ${shown(missing)}`;
  const doubt =
    again === name ? [] : [paint.warn(`  on what is recorded, the policy decides ${visible(again)}${lost}`)];
  return `${[
    title,
    `  rule      ${place}`,
    ...because,
    ...doubt,
    ...passedOver.map(overLine),
    ...provenance.map(
      ({ path, match, classes }) => `  argument  ${visible(path)}: ${match}, ${visible(classes.join(", "))}`,
    ),
    ...passLines(explanation),
  ].join("\n")}\n`;
}

function overLine({ id, line, failed }: PassedOver): string {
  const why = failed === undefined ? "not recorded which condition failed" : `not so that ${failed}`;
  return `  not       ${visible(id)} (line ${String(line)}): ${shown(why)}`;
}

function passLines(explanation: Explanation): readonly string[] {
  const { wouldPass, decision, again, nearest } = explanation;
  const [first] = wouldPass;
  if (first !== undefined)
    return [
      ...(first.changes.length > 1 ? ["  no single change to what is recorded would allow it; the nearest:"] : []),
      ...wouldPass.flatMap((suggestion, index) => passLine(suggestion, index)),
    ];
  if (mayPass(decision.verdict) || again !== decisionName(decision)) return [];
  return [`  no single change to a label, a grant or a condition would allow it${nearestWords(nearest)}`];
}

/** Up to three changes are tried together. */
function nearestWords(nearest: NearestRule | undefined): string {
  if (nearest === undefined) return ", nor up to three together: no rule lets calls of this kind through";
  const { id, line, lacks } = nearest;
  const rule = `${visible(id)} (line ${String(line)})`;
  if (lacks.length === 0) return `, nor up to three together; the nearest rule is ${rule}, and an earlier one decides`;
  return `, nor up to three together; the nearest rule is ${rule}, if ${lacks.map(shown).join(", and ")}`;
}

function passLine({ changes, assumes, decision }: Suggestion, index: number): readonly string[] {
  const words = changes.map(({ says }) => shown(says)).join(", and ");
  return [`  ${index === 0 ? "would be" : "or     "}  ${visible(decision)} if ${words}`, ...assumedLines(assumes)];
}

/** What the log cannot tell, a few of it. */
function assumedLines(assumes: readonly string[]): readonly string[] {
  const lines = assumes.slice(0, MAX_ASSUMED).map((says) => `              ${shown(says)}`);
  const more = assumes.length - lines.length;
  if (lines.length === 0) return [];
  return [
    "            and if, which was never asked in the run,",
    ...lines,
    ...(more > 0 ? [`              and ${String(more)} more`] : []),
  ];
}

const MAX_ASSUMED = 3;

/** Text of a condition, which may list many names. */
export function shown(says: string): string {
  return visible(shortLists(says));
}
