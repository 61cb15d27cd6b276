/** What each rule rules, worked out before the first question: shared, frozen values. */
import type { Decision, ReasonCode, Verdict } from "../abi/decision.js";
import { DEFAULT_DENY, type Change, type PolicyMode, type PolicyRule } from "./ast.js";
import type { Fact } from "./conditions/condition.js";
import type { Spend } from "./recall.js";

/** A decision and what follows from it for the log and the session. */
export interface Ruling {
  readonly decision: Decision;
  /** Whether each atom held that was evaluated, in the order of evaluation. */
  readonly facts: readonly Fact[];
  /** Index of the grant of which the call takes one use if it passes. */
  readonly grant?: number;
  /** What to change; present exactly when the verdict is `transform`. */
  readonly changes?: readonly Change[];
  /** What the call adds to budgets of the policy if it passes. Empty when the question has no values. */
  readonly spends: readonly Spend[];
}

export interface Ruled {
  /** The ruling of a call that evaluated no atom, used no grant and spends nothing. */
  readonly plain: Ruling;
  /** Whether the call may pass by it, perhaps after an approval. */
  readonly mayPass: boolean;
  /** Whether a call that passes by it takes one use of a grant. */
  readonly usesGrant: boolean;
}

const REASONS: Readonly<Record<Verdict, ReasonCode>> = {
  allow: "policy-allow",
  deny: "policy-deny",
  ask: "policy-ask",
  transform: "policy-transform",
  defer: "policy-defer",
};

const OBSERVED: Readonly<Record<Verdict, ReasonCode>> = {
  allow: "policy-allow",
  deny: "would-deny",
  ask: "would-ask",
  transform: "would-transform",
  defer: "would-defer",
};

/** What an effect that is no denial may still become: an act, after an approval perhaps. */
const PASSING: ReadonlySet<Verdict> = new Set(["allow", "ask", "transform"]);

export function ruledBy(rule: PolicyRule, mode: PolicyMode): Ruled {
  const { effect, id } = rule;
  const isEnforced = mode === "enforce";
  const decision = isEnforced ? decisionOf(effect, id, REASONS[effect]) : decisionOf("allow", id, OBSERVED[effect]);
  const changes = isEnforced && effect === "transform" ? { changes: rule.changes ?? [] } : {};
  return {
    plain: Object.freeze({ decision, facts: [], spends: [], ...changes }),
    mayPass: !isEnforced || PASSING.has(effect),
    usesGrant: PASSING.has(effect) && rule.when.capability === "present",
  };
}

/**
 * INVARIANT: what no rule allows is denied, whatever the document's last rule says:
 * the answer of last resort is here, not in the data. Only `mode = "observe"` lets it pass, and marks it.
 */
export function noRuleRuling(mode: PolicyMode): Ruled {
  const isEnforced = mode === "enforce";
  const decision = isEnforced
    ? decisionOf("deny", DEFAULT_DENY, "no-rule")
    : decisionOf("allow", DEFAULT_DENY, "would-deny");
  return { plain: Object.freeze({ decision, facts: [], spends: [] }), mayPass: !isEnforced, usesGrant: false };
}

function decisionOf(verdict: Verdict, rule: string, reason: ReasonCode): Decision {
  return Object.freeze({ reason, rule, verdict });
}
