/** One decision of a recorded run: the call and its values, why it was decided so, and what would allow it. */
import { decisionName, REASONS } from "../abi/decision.js";
import type { ApprovalValue } from "../abi/event.js";
import { visible } from "../evidence/visible.js";
import type { WhyNode } from "../evidence/why.js";
import type { Explanation } from "../policy/explain.js";
import { explainText, explanationMembers, shown } from "./explain-report.js";
import { reportJson } from "./json.js";
import type { Paint } from "./style.js";
import type { ReportLook } from "./verify-report.js";
import { branchLines, itemLine, nodeMembers, paintedDecision } from "./why-report.js";

/** What is known of one line of a log. */
export interface ExplainedLine {
  readonly tree: WhyNode;
  readonly policy: { readonly name: string; readonly sha256: string } | undefined;
  readonly explanation: Explanation;
  readonly approval: ApprovalValue | undefined;
  readonly isRedacted: boolean;
  readonly proof: { readonly adds: readonly string[]; readonly decision: string } | undefined;
  readonly under: { readonly file: string; readonly decision: string; readonly missing?: string } | undefined;
}

const REDACTED = "the log shows only a part of the target; conditions on it may have held for the whole";

export function explainLogText(log: string, line: ExplainedLine, look: ReportLook): string {
  const { tree, policy, explanation, isRedacted } = line;
  const { paint } = look;
  return [
    `${paint.title("flight log")}  ${visible(log)}`,
    "",
    itemLine(tree, paint),
    ...branchLines(tree, paint),
    ...whoLines(tree, paint),
    ...(policy === undefined ? [] : [fact("policy", `${visible(policy.name)} ${policy.sha256.slice(0, 12)}`, paint)]),
    ...(isRedacted ? [fact("note", REDACTED, paint)] : []),
    "",
    explainText(explanation, look).trimEnd(),
    ...afterLines(line, paint),
    "",
  ].join("\n");
}

function whoLines(item: WhyNode, paint: Paint): readonly string[] {
  if (item.on === "call") {
    const { agent, session, act, risk } = item.value;
    const does = act === undefined ? `risk ${risk}` : `${act}, risk ${risk}`;
    return [fact("agent", `${visible(agent)}, session ${visible(session)}`, paint), fact("act", does, paint)];
  }
  return item.on === "page" ? [fact("session", visible(item.value.session), paint)] : [];
}

function afterLines({ approval, proof, under }: ExplainedLine, paint: Paint): readonly string[] {
  return [
    ...(approval === undefined ? [] : [fact("approval", approvalWords(approval, paint), paint)]),
    ...(proof === undefined ? [] : proofLines(proof, paint)),
    ...(under === undefined ? [] : [fact("under", underWords(under), paint)]),
  ];
}

function underWords({ file, decision, missing }: NonNullable<ExplainedLine["under"]>): string {
  const lost = missing === undefined ? "" : `; not recorded: ${shown(missing)}`;
  return `${visible(file)}, what is recorded is decided ${visible(decision)}${lost}`;
}

function approvalWords({ answer, decision }: ApprovalValue, paint: Paint): string {
  return `${answer}: ${paintedDecision(decision, paint)}, ${REASONS[decision.reason].says}`;
}

function proofLines({ adds, decision }: NonNullable<ExplainedLine["proof"]>, paint: Paint): readonly string[] {
  const says = `with these lines at the end of the policy, the call is decided ${paint.good(visible(decision))}`;
  return [fact("proof", says, paint), ...adds.map((text) => fact("", visible(text), paint))];
}

function fact(name: string, words: string, paint: Paint): string {
  return `  ${paint.dim(name.padEnd(8))}  ${words}`;
}

export function explainLogJson(log: string, line: ExplainedLine): string {
  const { tree, policy, explanation, approval, isRedacted, proof, under } = line;
  return `${reportJson({
    format: "agentk-explain-log/1",
    // The provenance stands in the tree.
    ...explanationMembers(explanation),
    log,
    line: nodeMembers(tree),
    policy: policy ?? null,
    redacted: isRedacted,
    approval: approval === undefined ? null : approvalMembers(approval),
    proof: proof ?? null,
    under: under ?? null,
  })}\n`;
}

function approvalMembers({ answer, decision }: ApprovalValue): Readonly<Record<string, unknown>> {
  return { answer, decision: decisionName(decision), reason: decision.reason };
}
