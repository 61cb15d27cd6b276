/** From a request to a decision: admit, label, ask the policy. Pure; every fault is a deny. */
import type { Decision, KernelRule } from "../abi/decision.js";
import type { Labels } from "../abi/labels.js";
import type { PageArrival, SyscallRequest } from "../abi/request.js";
import { isSyscallName, UNKNOWN_SYSCALL, type Risk, type SyscallKind, type SyscallName } from "../abi/syscalls.js";
import { BOTTOM, impliedNames, join, labelsOf } from "../mmu/lattice.js";
import type { PolicyQuestion } from "../policy/compile.js";
import type { Row } from "./row.js";
import type { PendingCall, State } from "./state.js";
import { SYSCALLS } from "./table.js";

/** A request that the table knows and whose fields are right. */
export interface Admitted {
  readonly kind: SyscallName;
  readonly row: Row;
  readonly target: string;
  readonly tool: string | undefined;
}

export interface Judgement {
  readonly kind: SyscallKind;
  readonly target: string;
  readonly labels: Labels;
  readonly risk: Risk;
  readonly decision: Decision;
  /** Present when the request was understood; its call waits for an outcome when the decision is an allow. */
  readonly admitted: Admitted | undefined;
}

const PRINTABLE_NAME = /^[A-Za-z0-9_$./:(){}-]{1,64}$/;

/** By a rule of the kernel's own: not in any policy, and no policy can weaken it. */
function denied(rule: KernelRule): Decision {
  return { reason: rule, rule, verdict: "deny" };
}

/** A kind that the table does not have: nothing could allow it. */
const UNKNOWN_KIND: Decision = { verdict: "deny", rule: "default-deny", reason: "unknown-syscall" };

/** Decides a request on the state as it stands. */
export function judge(state: State, request: SyscallRequest): Judgement {
  const labels = labelsFor(state, request);
  const admitted = admit(request);
  if ("verdict" in admitted) {
    const name = request.subject["name"];
    const target = typeof name === "string" && PRINTABLE_NAME.test(name) ? name : "(unprintable)";
    return { kind: UNKNOWN_SYSCALL, target, labels, risk: "high", decision: admitted, admitted: undefined };
  }
  const { kind, row, target } = admitted;
  const decision = decideAdmitted(state, request, admitted, labels);
  return { kind, target: row.shown(target), labels, risk: row.risk, decision, admitted };
}

/** The row and target of a request, or the denial of one that is not understood. */
function admit(request: SyscallRequest): Admitted | Decision {
  if (request.refusal !== undefined) return denied(request.refusal);
  const { kind, subject } = request;
  if (!isSyscallName(kind)) return UNKNOWN_KIND;
  const row = SYSCALLS[kind];
  if (row.subject.check(subject, "") !== undefined) return denied("malformed");
  const tool = subject["tool"];
  return { kind, row, target: row.target(subject, request.server), tool: typeof tool === "string" ? tool : undefined };
}

/**
 * INVARIANT: never below what the session was handed. A claim joins, so a client can add taint and never remove it;
 * a claim that is no label at all was refused at the boundary, and counts as nothing here.
 */
function labelsFor(state: State, request: SyscallRequest): Labels {
  const session = state.sessions.get(request.session)?.labels ?? BOTTOM;
  const claimed = request.claims === undefined ? undefined : labelsOf(request.claims.labels);
  return claimed === undefined ? session : join(session, claimed);
}

function decideAdmitted(state: State, request: SyscallRequest, admitted: Admitted, labels: Labels): Decision {
  if (state.run !== undefined && state.inFlight >= state.run.limits.in_flight) {
    return denied("in-flight-limit");
  }
  const decision = askPolicy(state, {
    kind: admitted.kind,
    agent: request.agent,
    server: request.server,
    target: admitted.target,
    labels: impliedNames(labels),
    ...(admitted.tool === undefined ? {} : { tool: admitted.tool }),
  });
  if (decision.verdict === "allow" && admitted.row.driver === "none") return denied("no-driver");
  return decision;
}

/** Whether what a call brought back may reach the agent, for the labels of what it brought. */
export function judgeDelivery(state: State, call: PendingCall, labels: Labels): Decision {
  const { agent, server, target, tool } = call;
  const kind = SYSCALLS[call.kind].response;
  return askPolicy(state, {
    kind,
    agent,
    server,
    target,
    labels: impliedNames(labels),
    ...(tool === undefined ? {} : { tool }),
  });
}

/**
 * The same for a page that no call asked for, such as a server's instructions: it describes the server. One that
 * names a call which is not waiting has come too late, and is not handed on.
 */
export function judgeUncalled(state: State, page: PageArrival, labels: Labels): Decision {
  if (page.call !== undefined) return denied("lifecycle");
  return askPolicy(state, {
    kind: "tool.describe",
    agent: state.run?.agent ?? "",
    server: page.server,
    target: `${page.server}/${page.method}`,
    labels: impliedNames(labels),
  });
}

/** Asks the policy in force. No policy, or one that throws, is a deny. */
function askPolicy(state: State, question: PolicyQuestion): Decision {
  if (state.policy === undefined) return denied("policy-fault");
  try {
    return state.policy.compiled.decide(question);
  } catch {
    return denied("policy-fault");
  }
}
