/** What the operator did: answered a question about a call, or lowered a session's labels. */
import type { Decision } from "../abi/decision.js";
import type { EventValues } from "../abi/event.js";
import type { Approval, Release } from "../abi/request.js";
import { declassify, endorse } from "../mmu/declassify.js";
import { BOTTOM, labelNames } from "../mmu/lattice.js";
import { isExpired } from "./decide.js";
import type { PendingCall, State } from "./state.js";
import type { Made, Making } from "./made.js";
import { withoutCallContext } from "./values.js";

/**
 * INVARIANT: an answer binds only a call that is parked in that session; to any other it is a denial. A policy that has
 * ended since it asked lets nothing pass, whatever the answer.
 */
export function approvalStep(
  state: State,
  { call, session, answer }: Approval,
  { wall_ms, history }: Pick<Making, "wall_ms" | "history">,
): Made {
  const pending = state.sessions.get(session)?.parked.get(call);
  const decision = decisionOn(pending, answer, isExpired(state, wall_ms));
  const event = { type: "approval", value: { answer, call, decision, session } } as const;
  // A parked call that will not happen has no result that could echo it.
  const { verdict } = history?.decision ?? decision;
  const isOver = pending !== undefined && verdict !== "allow";
  return isOver ? { event, settle: (next) => withoutCallContext(next, { call, session }) } : { event };
}

function decisionOn(pending: PendingCall | undefined, answer: Approval["answer"], hasEnded: boolean): Decision {
  if (pending === undefined) return { reason: "lifecycle", rule: "lifecycle", verdict: "deny" };
  if (hasEnded && answer === "approved") return { reason: "policy-expired", rule: "policy-expired", verdict: "deny" };
  return { ...ANSWERED[answer], rule: pending.rule };
}

const ANSWERED: Readonly<Record<Approval["answer"], Omit<Decision, "rule">>> = {
  approved: { reason: "approved", verdict: "allow" },
  refused: { reason: "approval-refused", verdict: "deny" },
  unavailable: { reason: "approval-unavailable", verdict: "deny" },
};

export function releaseValue(state: State, { session, axis, by }: Release): EventValues["release"] {
  const before = state.sessions.get(session)?.labels ?? BOTTOM;
  const after = axis === "integrity" ? endorse(before) : declassify(before);
  return { after: labelNames(after), axis, before: labelNames(before), by, session };
}
