/** What a reachability question came to, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { ReachQuestion, ReachResult } from "../policy/reach.js";
import { shown } from "./explain-report.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

/** Said with every answer: what it does and does not mean. */
const SCOPE =
  "names, values, times and history are taken as free: a proof holds for every call, a witness is a way through the rules";

export function reachJson(file: string, question: ReachQuestion, result: ReachResult): string {
  return `${reportJson({
    format: "agentk-policy-reach/1",
    file,
    ok: result.outcome === "proved",
    from: question.from,
    to: question.to,
    tool: question.tool ?? null,
    outcome: result.outcome,
    states: result.states,
    why: result.why ?? null,
    witness: result.witness ?? null,
    scope: SCOPE,
  })}\n`;
}

export function reachText(file: string, question: ReachQuestion, result: ReachResult, { paint }: ReportLook): string {
  const tool = question.tool === undefined ? "" : ` of ${visible(question.tool)}`;
  const asked = `${paint.title("reach")}  ${visible(file)}: ${visible(question.from)} -> ${question.to}${tool}`;
  const verdict = result.outcome === "proved" ? paint.good(verdictOf(result)) : paint.bad(verdictOf(result));
  return `${[asked, "", verdict, ...witnessLines(result), "", paint.dim(SCOPE)].join("\n")}\n`;
}

function verdictOf({ outcome, states, why }: ReachResult): string {
  const count = String(states);
  if (outcome === "proved") return `proved: none of ${count} states passes`;
  if (outcome === "undecided") return `undecided: ${why ?? "the policy is too large"}; nothing is claimed`;
  return outcome === "reached" ? "it can pass" : `it can pass when a human approves, and only then (${count} states)`;
}

function witnessLines({ witness }: ReachResult): readonly string[] {
  if (witness === undefined) return [];
  const conditions = witness.conditions.map(({ says, holds }) => `  ${holds ? "yes" : "no "}     ${shown(says)}`);
  return [
    `  rule    ${visible(`${witness.verdict}:${witness.rule}`)}`,
    `  labels  ${visible(witness.labels.join(", "))}`,
    ...conditions,
  ];
}
