/** Every condition, one row each, in the order of evaluation. The type makes a forgotten or misnamed row an error. */
import type { PolicyWhen } from "../ast.js";
import { act } from "./act.js";
import { agent } from "./agent.js";
import { budget } from "./budget.js";
import { capability } from "./capability.js";
import type { Compiles, Condition, Part, Scope } from "./condition.js";
import { descriptor } from "./descriptor.js";
import { every } from "./every.js";
import { history } from "./history.js";
import { intent } from "./intent.js";
import { labelsAll } from "./labels-all.js";
import { labelsAny } from "./labels-any.js";
import { labelsNone } from "./labels-none.js";
import { all, any, not } from "./nested.js";
import { only } from "./only.js";
import { risk } from "./risk.js";
import { server } from "./server.js";
import { some } from "./some.js";
import { syscalls } from "./syscalls.js";
import { target } from "./target.js";
import { time } from "./time.js";
import { tool } from "./tool.js";
import { under } from "./under.js";
import { url } from "./url.js";

export type ConditionName = keyof PolicyWhen;
export type NestingName = "all" | "any" | "not";
export type PlainName = Exclude<ConditionName, NestingName>;

/** The conditions that hold no nested tables. */
export const PLAIN_CONDITIONS: { readonly [K in PlainName]-?: Condition<NonNullable<PolicyWhen[K]>> } = {
  syscalls,
  agent,
  server,
  tool,
  target,
  url,
  under,
  act,
  risk,
  labels_any: labelsAny,
  labels_all: labelsAll,
  labels_none: labelsNone,
  capability,
  time,
  history,
  descriptor,
  only,
  every,
  some,
  intent,
  budget,
};

type Table = { readonly [K in ConditionName]-?: Compiles<NonNullable<PolicyWhen[K]>> };

export const CONDITIONS: Table = { ...PLAIN_CONDITIONS, all, any, not };

export const PLAIN_NAMES = Object.keys(PLAIN_CONDITIONS) as readonly PlainName[];
export const CONDITION_NAMES = Object.keys(CONDITIONS) as readonly ConditionName[];

/** What a rule's conditions may need of the whole policy; the place of the rule's `when` is `key`. */
export type RuleScope = Omit<Scope, "nested">;

/** The tests of a rule; all must hold. Those without an atom come first, each kind in the order of the table. */
export function compileWhen(when: PolicyWhen, rule: RuleScope): readonly Part[] {
  const scope: Scope = { ...rule, nested: (inner, key) => compileNested(inner, { ...rule, key }) };
  const parts = CONDITION_NAMES.flatMap((name) => {
    const value: unknown = when[name];
    // INVARIANT: the table's type pairs each row with the member of its own name.
    const row = CONDITIONS[name] as unknown as Compiles<unknown>;
    return value === undefined ? [] : row.compile(value, scope);
  });
  return [...parts.filter(({ isAtom }) => !isAtom), ...parts.filter(({ isAtom }) => isAtom)];
}

/** A nested table as one part. Its `syscalls` are empty and, as in any `when`, leave nothing to test. */
function compileNested(when: PolicyWhen, scope: RuleScope): Part {
  const parts = compileWhen(when, scope);
  return {
    isAtom: parts.some(({ isAtom }) => isAtom),
    test: (question, notes) => parts.every(({ test }) => test(question, notes)),
  };
}
