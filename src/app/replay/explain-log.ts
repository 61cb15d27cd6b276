/** `policy explain LOG#SEQ`: one decision of a recorded run, from its log alone. Performs no effect. */
import { DOMAINS } from "../../base/digest.js";
import type { ApprovalValue, FlightLine } from "../../abi/event.js";
import { isSyscallName } from "../../abi/syscalls.js";
import { whyTree, type WhyNode } from "../../evidence/why.js";
import { nodeDigests } from "../../host/digests.js";
import { fold } from "../../kernel/fold.js";
import { INITIAL_STATE, type State } from "../../kernel/state.js";
import { SYSCALLS } from "../../kernel/table.js";
import type { CompiledPolicy } from "../../policy/compile.js";
import { explainDecision, type DecidedCall, type Explanation } from "../../policy/explain.js";
import { asRuled, decidedCall, kernelExplanation, recordedDecision, type DecidedLine } from "./decided-call.js";
import { carried, proofOf, type Proof } from "./explain-proof.js";
import { lineAt, LogPrefix, parseLineRef, type LineRef } from "../log/prefix.js";
import { compileSource, readPolicy, readyForAnyPolicy } from "../policy/file.js";

export interface LogExplanation {
  /** The call or page, with where its argument leaves came from. */
  readonly tree: WhyNode;
  /** The policy that was in force. */
  readonly policy: { readonly name: string; readonly sha256: string } | undefined;
  readonly explanation: Explanation;
  /** Of a call that a human was asked about. */
  readonly approval: ApprovalValue | undefined;
  /** The log shows only a part of the target: what the policy says of the whole one is not known here. */
  readonly isRedacted: boolean;
  readonly proof: Proof | undefined;
  /** What another policy decides about the same call: `verdict:rule`, or `indeterminate`. */
  readonly under: { readonly file: string; readonly decision: string; readonly missing?: string } | undefined;
}

/** For the call's own argument leaves and their origins, and no more. */
const ONE_CALL = { depth: 1, nodes: 1024, composed: 0 };

/**
 * Explains the line `named` (`12`, `c12`, `p12`) of the log at `path`; `policyFile` is another policy to ask as well.
 * @throws AgentkError `usage` when the log has no such decision, `file-unreadable`; BrokenLog; PolicyInvalid
 */
export async function explainLog(path: string, named: string, policyFile?: string): Promise<LogExplanation> {
  const ref = parseLineRef(named);
  await readyForAnyPolicy();
  const other = policyFile === undefined ? undefined : await otherPolicy(policyFile);
  return new LogRun(path, ref, other).explain();
}

interface OtherPolicy {
  readonly file: string;
  readonly source: string;
  readonly compiled: CompiledPolicy;
}

async function otherPolicy(path: string): Promise<OtherPolicy> {
  const { file, source } = await readPolicy(path);
  return { file, source, compiled: compileSource(source, file) };
}

/** The run up to the line that was asked for, folded: with the recorded policies, and as if another had been in force. */
class LogRun {
  private readonly ref: LineRef;
  private readonly other: OtherPolicy | undefined;
  private readonly prefix: LogPrefix;
  /** Before the line. */
  private state: State = INITIAL_STATE;
  private otherState: State = INITIAL_STATE;
  private policy: { readonly name: string; readonly sha256: string; readonly source: string } | undefined;
  private approval: ApprovalValue | undefined;
  /** What is wrong with a line beside its form. */
  private fault: { readonly line: number; readonly detail: string } | undefined;

  constructor(path: string, ref: LineRef, other: OtherPolicy | undefined) {
    this.ref = ref;
    this.other = other;
    this.prefix = new LogPrefix(path, (line) => this.take(line));
  }

  /** Whether the line was the last that is needed. */
  private take(line: FlightLine): boolean {
    const { seq } = this.ref;
    if (line.seq < seq) {
      this.before(line);
      return this.fault !== undefined;
    }
    if (line.seq > seq) return this.isAnswer(line);
    // Only a call that a human was asked about has a later line that decides.
    return line.type !== "syscall" || line.value.decision.verdict !== "ask";
  }

  private before(line: FlightLine): void {
    if (line.type === "policy") {
      const { sha256, source } = line.value;
      if (nodeDigests.sha256Hex(DOMAINS.policy + source) !== sha256) {
        this.fault = { line: line.seq + 1, detail: "holds a policy that does not hash to the digest it states" };
        return;
      }
      this.policy = line.value;
    }
    try {
      this.fold(line);
    } catch (error) {
      this.fault = { line: line.seq + 1, detail: `cannot be taken up: ${error instanceof Error ? error.message : ""}` };
    }
  }

  /** @throws Error for a policy or pins that are none. */
  private fold(line: FlightLine): void {
    const recorded = { event: line, hash: line.hash, time: line.time };
    this.state = fold(this.state, recorded, (source) => compileSource(source));
    const { other } = this;
    if (other !== undefined) this.otherState = fold(this.otherState, recorded, () => other.compiled);
  }

  private isAnswer(line: FlightLine): boolean {
    if (line.type !== "approval" || line.value.call !== `c${String(this.ref.seq)}`) return false;
    this.approval = line.value;
    return true;
  }

  explain(): LogExplanation {
    const line = this.checkedLine();
    const tree = whyTree(this.prefix, line.seq, ONE_CALL);
    if (tree === undefined) throw this.prefix.broken("is gone", line.seq + 1);
    const isRedacted = isShownInPart(line);
    const facts = { tree, policy: named(this.policy), approval: this.approval, isRedacted };
    const call = withLeaves(line, decidedCall(line, this.state));
    const document = this.state.policy?.compiled.document;
    if (call === undefined || this.policy === undefined || document === undefined) {
      const explanation = kernelExplanation(recordedDecision(line));
      return { ...facts, explanation, proof: undefined, under: undefined };
    }
    const { source } = this.policy;
    const explanation = recorded(explainDecision(document, source, asRuled(line, call, document)), line);
    // A grant for what is shown would not cover the whole target.
    const proof = isRedacted ? undefined : proofOf(source, call, explanation);
    return { ...facts, explanation, proof, under: this.underOther(line, call) };
  }

  private checkedLine(): DecidedLine {
    const { prefix, fault, state } = this;
    if (fault !== undefined) throw prefix.broken(fault.detail, fault.line);
    const line = lineAt(prefix, this.ref);
    if (line.type === "syscall" && state.policy !== undefined && line.value.policy !== state.policy.sha256) {
      throw prefix.broken("names another policy than the one in force", line.seq + 1);
    }
    return line;
  }

  private underOther(line: DecidedLine, call: DecidedCall): LogExplanation["under"] {
    const { other, state } = this;
    if (other === undefined || state.policy === undefined) return undefined;
    const { document } = other.compiled;
    const was = state.policy.compiled.document;
    const moved = decidedCall(line, this.otherState) ?? call;
    const leaves = call.leaves && { ...call.leaves, under: was };
    const asked = { ...moved, ...carried(was, document, call), ...(leaves !== undefined && { leaves }) };
    const { again, missing } = explainDecision(document, other.source, asked);
    return { file: other.file, decision: again, ...(missing !== undefined && { missing }) };
  }
}

/** With what the line says of the call's arguments. A page has none. */
function withLeaves(line: DecidedLine, call: DecidedCall | undefined): DecidedCall | undefined {
  if (call === undefined || line.type !== "syscall") return call;
  const { provenance, more_leaves: more = 0 } = line.value;
  return provenance === undefined ? call : { ...call, leaves: { listed: provenance, more } };
}

function isShownInPart(line: DecidedLine): boolean {
  return line.type === "syscall" && isSyscallName(line.value.kind) && SYSCALLS[line.value.kind].isRedacted;
}

/** With the decision that the line holds, where asRuled has put another in its place. */
function recorded(explanation: Explanation, line: DecidedLine): Explanation {
  const decision = recordedDecision(line);
  if (explanation.decision === decision) return explanation;
  const { reason, retryable } = kernelExplanation(decision);
  const isKnown = explanation.again === `${explanation.decision.verdict}:${explanation.decision.rule}`;
  const again = isKnown ? `${decision.verdict}:${decision.rule}` : explanation.again;
  return { ...explanation, decision, reason, retryable, again };
}

function named(policy: { readonly name: string; readonly sha256: string } | undefined): LogExplanation["policy"] {
  return policy === undefined ? undefined : { name: policy.name, sha256: policy.sha256 };
}
