/** Turns a policy into closures once, so that a decision is a few set tests and string matches. */
import type { Decision } from "../abi/decision.js";
import type { SyscallName } from "../abi/syscalls.js";
import { DEFAULT_DENY, type PolicyDocument, type PolicyGrant, type PolicyRule } from "./ast.js";
import type { HasCapability, PolicyQuestion, Test } from "./conditions/condition.js";
import { compileWhen } from "./conditions/table.js";
import { compileGlob } from "./glob.js";

export type { PolicyQuestion } from "./conditions/condition.js";

export interface CompiledPolicy {
  readonly document: PolicyDocument;
  /** The first rule that holds decides; `deny:default-deny` when none does. Pure: equal questions, equal decisions. */
  readonly decide: (question: PolicyQuestion) => Decision;
  /** Whether a grant covers this kind, target and agent. */
  readonly hasCapability: HasCapability;
}

interface CompiledRule {
  readonly tests: readonly Test[];
  readonly decision: Decision;
}

/**
 * INVARIANT: what no rule allows is denied, whatever the document's last rule says:
 * the answer of last resort is here, not in the data.
 */
const NO_RULE: Decision = Object.freeze({ reason: "no-rule", rule: DEFAULT_DENY, verdict: "deny" });
const NO_RULES: readonly CompiledRule[] = [];

export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const hasCapability = compileGrants(document.grants);
  const byKind = new Map<SyscallName, CompiledRule[]>();
  for (const rule of document.rules) {
    const compiled = { tests: compileWhen(rule.when, hasCapability), decision: decisionOf(rule) };
    for (const kind of new Set(rule.when.syscalls)) append(byKind, kind, compiled);
  }
  return {
    document,
    hasCapability,
    decide: (question) => {
      for (const { tests, decision } of byKind.get(question.kind) ?? NO_RULES) {
        if (tests.every((test) => test(question))) return decision;
      }
      return NO_RULE;
    },
  };
}

function decisionOf({ effect, id }: PolicyRule): Decision {
  const isAllowed = effect === "allow";
  return Object.freeze({
    reason: isAllowed ? "policy-allow" : "policy-deny",
    rule: id,
    verdict: isAllowed ? "allow" : "deny",
  });
}

function compileGrants(grants: readonly PolicyGrant[]): HasCapability {
  const byKind = new Map<SyscallName, ((target: string, agent: string) => boolean)[]>();
  for (const grant of grants) {
    const isTarget = compileGlob(grant.capability.target);
    const isAgent = compileGlob(grant.agent ?? "*");
    append(byKind, grant.capability.kind, (target, agent) => isTarget(target) && isAgent(agent));
  }
  return (kind, target, agent) => byKind.get(kind)?.some((covers) => covers(target, agent)) ?? false;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
