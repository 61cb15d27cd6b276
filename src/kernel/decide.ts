/** From a request to a decision: admit, label, ask the policy. Pure; every fault is a deny. */
import { mayPass, type Decision, type KernelRule } from "../abi/decision.js";
import type { Labels } from "../abi/labels.js";
import type { PageArrival, SyscallRequest } from "../abi/request.js";
import { isSyscallName, RISKS, UNKNOWN_SYSCALL } from "../abi/syscalls.js";
import type { Act, Risk, SyscallKind, SyscallName } from "../abi/syscalls.js";
import { BOTTOM, impliedNames, join, labelsOf } from "../mmu/lattice.js";
import { classifySyscall } from "../policy/classify/act.js";
import type { Ruling } from "../policy/compile.js";
import { IndeterminateError, type PolicyQuestion } from "../policy/conditions/condition.js";
import { compileExpiry } from "../policy/expiry.js";
import { EMPTY_RECALL } from "../policy/recall.js";
import type { CallValues } from "./question.js";
import { isDriven, type Row } from "./row.js";
import { NO_PINS } from "./pins.js";
import { withholds, type PendingCall, type State } from "./state.js";
import { SYSCALLS } from "./table.js";
import { tracksValues } from "./values.js";

/** A request that the table knows and whose fields are right. */
export interface Admitted {
  readonly kind: SyscallName;
  readonly row: Row;
  readonly target: string;
  readonly tool: string | undefined;
  readonly prompt: string | undefined;
  readonly act: Act;
  readonly risk: Risk;
}

export interface Judgement {
  readonly kind: SyscallKind;
  readonly target: string;
  readonly labels: Labels;
  readonly risk: Risk;
  readonly ruling: Ruling;
  /** Present when the request was understood; its call waits for an outcome when the decision is an allow. */
  readonly admitted: Admitted | undefined;
}

/** What a decision is made on beside the state. */
export interface Evidence {
  /** Unix time in milliseconds. */
  readonly wall_ms: number;
  /** The values of the call, where they are at hand. */
  readonly values: CallValues | undefined;
  /** What the log recorded of them, where they are not. */
  readonly facts: ReadonlyMap<string, boolean> | undefined;
}

/** What is asked about, and in which session. */
type Known = Omit<PolicyQuestion, "labels" | "recall" | "grantsUsed" | "values"> & {
  readonly session: string;
  readonly labels: Labels;
  readonly values?: CallValues;
  /** The prompt that is got. */
  readonly prompt?: string;
};

const PRINTABLE_NAME = /^[A-Za-z0-9_$./:(){}-]{1,64}$/;

function ruled(decision: Decision): Ruling {
  return { decision, facts: [], spends: [] };
}

/** By a rule of the kernel's own: not in any policy, and no policy can weaken it. */
function denied(rule: KernelRule): Decision {
  return { reason: rule, rule, verdict: "deny" };
}

/** A kind that the table does not have: nothing could allow it. */
const UNKNOWN_KIND: Decision = { verdict: "deny", rule: "default-deny", reason: "unknown-syscall" };

/** Decides a request on the state as it stands. `labels` are labelsFor's. */
export function judge(state: State, request: SyscallRequest, labels: Labels, evidence: Evidence): Judgement {
  const admitted = admit(request, tracksValues(state));
  if ("verdict" in admitted) {
    const name = request.subject["name"];
    const target = typeof name === "string" && PRINTABLE_NAME.test(name) ? name : "(unprintable)";
    return { kind: UNKNOWN_SYSCALL, target, labels, risk: "high", ruling: ruled(admitted), admitted: undefined };
  }
  const { kind, row, target, risk } = admitted;
  const known = { ...knownOf(request, admitted), ...evidenceOf(evidence), labels };
  const ruling = decideAdmitted(state, admitted, request.from, known);
  return { kind, target: row.shown(target), labels, risk, ruling, admitted };
}

/** The row and target of a request, or the denial of one that is not understood. */
function admit(request: SyscallRequest, goesByName: boolean): Admitted | Decision {
  if (request.refusal !== undefined) return denied(request.refusal);
  const { kind, subject } = request;
  if (!isSyscallName(kind)) return UNKNOWN_KIND;
  const row = SYSCALLS[kind];
  if (row.subject.check(subject, "") !== undefined) return denied("malformed");
  const [tool, prompt] = [subject["tool"], subject["prompt"]].map((name) =>
    typeof name === "string" ? name : undefined,
  );
  const known = classifySyscall(kind, tool);
  return {
    kind,
    row,
    target: row.target(subject, request.server),
    tool,
    prompt,
    act: known.act,
    // The first log version knew the risk of the kind alone; its runs must replay.
    risk: goesByName ? riskOf(row, known.risk) : row.risk,
  };
}

/** What a name says can raise the risk of its kind, and never lower it. */
function riskOf(row: Row, named: Risk): Risk {
  return RISKS.indexOf(named) > RISKS.indexOf(row.risk) ? named : row.risk;
}

/**
 * INVARIANT: never below what the session was handed. A claim joins, so a client can add taint and never remove it;
 * a claim that is no label at all was refused at the boundary, and counts as nothing here.
 */
export function labelsFor(state: State, request: SyscallRequest): Labels {
  const session = state.sessions.get(request.session)?.labels ?? BOTTOM;
  const claimed = request.claims === undefined ? undefined : labelsOf(request.claims.labels);
  return claimed === undefined ? session : join(session, claimed);
}

function knownOf(
  request: SyscallRequest,
  { kind, tool, prompt, target, act, risk }: Admitted,
): Omit<Known, "labels" | "wall_ms"> {
  const { session, agent, server } = request;
  const named = { ...(tool === undefined ? {} : { tool }), ...(prompt === undefined ? {} : { prompt }) };
  return { session, kind, agent, server, target, act, risk, ...named };
}

function evidenceOf({ wall_ms, values, facts }: Evidence): Pick<Known, "wall_ms" | "values" | "facts"> {
  return { wall_ms, ...(values === undefined ? {} : { values }), ...(facts === undefined ? {} : { facts }) };
}

function decideAdmitted(state: State, { row }: Admitted, from: SyscallRequest["from"], known: Known): Ruling {
  if (state.run !== undefined && waitingIn(state) >= state.run.limits.in_flight)
    return ruled(denied("in-flight-limit"));
  const ruling = askPolicy(state, known);
  const { verdict } = ruling.decision;
  const isMeant = mayPass(verdict) || verdict === "ask";
  if (isMeant && isQuarantined(state, known))
    return { ...ruled(denied("quarantined")), facts: [...ruling.facts, [QUARANTINED, true]] };
  return isMeant && !isDriven(row, from) ? { ...ruled(denied("no-driver")), facts: ruling.facts } : ruling;
}

/** How the log names the fact that a call was denied by: a replay without the listing's values goes by it. */
const QUARANTINED = "kernel.quarantined";

/**
 * INVARIANT: asked after the policy, and above it: no rule lets a call pass whose descriptor was withheld from the
 * client or, with a lock, is not the one that the operator has accepted. Without values the log's own fact answers, and
 * a name that is not pinned at all needs none.
 */
function isQuarantined(state: State, known: Known): boolean {
  if (!withholds(state) || (known.kind !== "tool.invoke" && known.kind !== "prompt.get")) return false;
  const { values, facts } = known;
  const isTool = known.kind === "tool.invoke";
  if (values !== undefined) return (isTool ? values.descriptor() : values.promptDescriptor()) === "quarantined";
  return facts?.get(QUARANTINED) === true || isUnpinned(state, known, isTool);
}

/** Whether there is a lock, and no descriptor of this name is in it. */
function isUnpinned({ pins }: State, { server, tool, prompt }: Known, isTool: boolean): boolean {
  if (pins === undefined) return false;
  const { tools, prompts } = pins.get(server) ?? NO_PINS;
  return isTool ? !tools.has(tool ?? "") : !prompts.has(prompt ?? "");
}

/** Calls that wait for their outcome or for a human: each is held in memory until then. */
function waitingIn({ inFlight, sessions }: State): number {
  let waiting = inFlight;
  for (const { parked } of sessions.values()) waiting += parked.size;
  return waiting;
}

/** A page and what it is labelled, at a time. */
export interface Delivery {
  readonly page: PageArrival;
  readonly labels: Labels;
  /** Unix time in milliseconds. */
  readonly wall_ms: number;
}

/** Whether what a call brought back may reach the agent, for the labels of what it brought. */
export function judgeDelivery(state: State, call: PendingCall, { page, labels, wall_ms }: Delivery): Ruling {
  const { agent, server, target, tool } = call;
  const { session } = page;
  const kind = SYSCALLS[call.kind].response;
  const { act, risk } = classifySyscall(kind, tool);
  const named = tool === undefined ? {} : { tool };
  return ofPage(() => askPolicy(state, { session, kind, agent, server, target, act, risk, labels, wall_ms, ...named }));
}

/**
 * The same for a page that no call asked for, such as a server's instructions: it describes the server. One that
 * names a call which is not waiting has come too late, and is not handed on.
 */
export function judgeUncalled(state: State, { page, labels, wall_ms }: Delivery): Ruling {
  if (page.call !== undefined) return ruled(denied("lifecycle"));
  const { session, server, method } = page;
  const agent = state.run?.agent ?? "";
  const asked = { kind: "tool.describe", act: "read", risk: "low", target: `${server}/${method}` } as const;
  return ofPage(() => askPolicy(state, { ...asked, session, agent, server, labels, wall_ms }));
}

/** A page has no arguments, in no replay either: a rule that asks for some cannot be evaluated. */
function ofPage(ask: () => Ruling): Ruling {
  try {
    return binding(ask());
  } catch {
    return ruled(denied("policy-fault"));
  }
}

/** What has come cannot be asked about or put off: it is handed on, changed, or withheld. */
function binding(ruling: Ruling): Ruling {
  const { verdict, rule } = ruling.decision;
  if (verdict !== "ask" && verdict !== "defer") return ruling;
  return { ...ruling, decision: { verdict: "deny", rule, reason: "approval-unavailable" } };
}

/** The words of the user's, by a channel that the policy names; by any other they are nobody's. */
export function judgeUserWords(state: State, wall_ms: number): Decision {
  if (isExpired(state, wall_ms)) return denied("policy-expired");
  const trust = state.policy?.compiled.document.trust;
  const isNamed = trust?.client_prompt === "_meta" || trust?.context_socket === true;
  return isNamed ? { verdict: "allow", rule: "user-words", reason: "user-words" } : denied("no-contract");
}

/** Whether the policy in force has ended: then nothing that it says holds any more, whoever asks. */
export function isExpired(state: State, wall_ms: number): boolean {
  return compileExpiry(state.policy?.compiled.document.expires)(wall_ms);
}

/** Asks the policy in force. No policy, or one that throws, is a deny. */
function askPolicy(state: State, { session, labels, ...known }: Known): Ruling {
  if (state.policy === undefined) return ruled(denied("policy-fault"));
  try {
    return state.policy.compiled.decide({
      ...known,
      labels: impliedNames(labels),
      recall: state.sessions.get(session)?.recall ?? EMPTY_RECALL,
      grantsUsed: state.grantsUsed,
    });
  } catch (error) {
    // A replay that lacks a fact has not made this decision: that is for it to say.
    if (error instanceof IndeterminateError) throw error;
    return ruled(denied("policy-fault"));
  }
}
