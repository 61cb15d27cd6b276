/** From a line of a log, and the state before it, to the call that was decided: what the policy was asked, once more. */
import { KERNEL_RULES, REASONS, type Decision, type KernelRule } from "../../abi/decision.js";
import type { FlightLine, PageValue, SyscallValue } from "../../abi/event.js";
import { isUserWords, type PageArrival } from "../../abi/request.js";
import { isSyscallName } from "../../abi/syscalls.js";
import type { PendingCall, State } from "../../kernel/state.js";
import { SYSCALLS } from "../../kernel/table.js";
import { BOTTOM, impliedNames, labelsOf } from "../../mmu/lattice.js";
import type { PolicyDocument } from "../../policy/ast.js";
import { classifySyscall } from "../../policy/classify/act.js";
import type { DecidedCall, Explanation } from "../../policy/explain.js";
import { EMPTY_RECALL } from "../../policy/recall.js";

export type DecidedLine = Extract<FlightLine, { type: "syscall" | "page" }>;

/** Rules of the kernel's own by which it decides after the policy was asked. */
const AFTER_POLICY: readonly string[] = ["policy-fault", "policy-expired", "no-driver"] satisfies readonly KernelRule[];
const KERNELS: ReadonlySet<string> = new Set(KERNEL_RULES.filter((rule) => !AFTER_POLICY.includes(rule)));

export function recordedDecision(line: DecidedLine): Decision {
  return line.type === "syscall" ? line.value.decision : line.value.delivery;
}

/** What the policy was asked; undefined when the kernel decided alone. `state` is that before the line. */
export function decidedCall(line: DecidedLine, state: State): DecidedCall | undefined {
  const decision = recordedDecision(line);
  if (KERNELS.has(decision.rule) || decision.reason === "unknown-syscall") return undefined;
  const known = line.type === "syscall" ? ofSyscall(line.value) : ofPage(line.value, state);
  if (known === undefined) return undefined;
  return {
    ...known,
    labels: impliedNames(labelsOf(line.value.labels) ?? BOTTOM),
    wall_ms: line.time.wall_ms,
    decision,
    provenance: [],
    recall: state.sessions.get(line.value.session)?.recall ?? EMPTY_RECALL,
    grantsUsed: state.grantsUsed,
  };
}

type Known = Pick<DecidedCall, "kind" | "server" | "tool" | "agent" | "target" | "act" | "risk" | "held">;

function ofSyscall(value: SyscallValue): Known | undefined {
  const { kind, server, agent, target, risk } = value;
  if (!isSyscallName(kind)) return undefined;
  // As kernel/fold.ts: a descriptor's `item` is not a tool.
  const tool = SYSCALLS[kind].subjectOf(target, server)?.["tool"];
  const named = typeof tool === "string" ? tool : undefined;
  const { held = [], failed = [] } = value.facts ?? {};
  const facts = [...held.map((key) => [key, true] as const), ...failed.map((key) => [key, false] as const)];
  const act = value.act ?? classifySyscall(kind, named).act;
  return { kind, server, agent, target, act, risk, held: new Map(facts), ...withTool(named) };
}

/** As kernel/decide.ts asks about a page: as the answer to its call, or, where none asked for it, as a description. */
function ofPage(value: PageValue, state: State): Known | undefined {
  if (isUserWords(arrivalOf(value))) return undefined;
  if (value.call === undefined) {
    const names = { server: value.server, target: `${value.server}/${value.method}`, agent: state.run?.agent ?? "" };
    return { kind: "tool.describe", ...names, act: "read", risk: "low", held: new Map() };
  }
  const pending = state.sessions.get(value.session)?.calls.get(value.call);
  return pending === undefined ? undefined : answerTo(pending);
}

function answerTo(pending: PendingCall): Known {
  const { server, agent, target, tool } = pending;
  const kind = SYSCALLS[pending.kind].response;
  return { kind, server, agent, target, ...classifySyscall(kind, tool), held: new Map(), ...withTool(tool) };
}

function withTool(tool: string | undefined): Pick<Known, "tool"> {
  return tool === undefined ? {} : { tool };
}

function arrivalOf({ session, server, method, call, content }: PageValue): PageArrival {
  return {
    session,
    server,
    method,
    content: { kind: "sealed", signs: [], ...content },
    ...(call !== undefined && { call }),
  };
}

/** A decision for which no policy was asked. */
export function kernelExplanation(decision: Decision): Explanation {
  const { says, retryable } = REASONS[decision.reason];
  const again = `${decision.verdict}:${decision.rule}`;
  return { decision, reason: says, retryable, rule: undefined, passedOver: [], provenance: [], again, wouldPass: [] };
}

/**
 * The call with the decision that its rule stands for. A page cannot be asked about or put off, so the kernel withholds
 * it where the rule says ask or defer (kernel/decide.ts).
 */
export function asRuled(line: DecidedLine, call: DecidedCall, { rules }: PolicyDocument): DecidedCall {
  const { rule, reason } = call.decision;
  if (line.type !== "page" || reason !== "approval-unavailable") return call;
  const effect = rules.find(({ id }) => id === rule)?.effect;
  if (effect === "ask") return { ...call, decision: { verdict: "ask", rule, reason: "policy-ask" } };
  if (effect === "defer") return { ...call, decision: { verdict: "defer", rule, reason: "policy-defer" } };
  return call;
}
