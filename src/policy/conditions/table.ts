/** Every condition, one row each. The type makes a forgotten or misnamed row an error. */
import type { PolicyWhen } from "../ast.js";
import { agent } from "./agent.js";
import { capability } from "./capability.js";
import type { Condition, HasCapability, Test } from "./condition.js";
import { labelsAll } from "./labels-all.js";
import { labelsAny } from "./labels-any.js";
import { labelsNone } from "./labels-none.js";
import { server } from "./server.js";
import { syscalls } from "./syscalls.js";
import { target } from "./target.js";
import { tool } from "./tool.js";

export type ConditionName = keyof PolicyWhen;

type Table = { readonly [K in ConditionName]-?: Condition<NonNullable<PolicyWhen[K]>> };

export const CONDITIONS: Table = {
  syscalls,
  agent,
  server,
  tool,
  target,
  labels_any: labelsAny,
  labels_all: labelsAll,
  labels_none: labelsNone,
  capability,
};

export const CONDITION_NAMES = Object.keys(CONDITIONS) as readonly ConditionName[];

/** The tests of a rule; all must hold. */
export function compileWhen(when: PolicyWhen, hasCapability: HasCapability): readonly Test[] {
  return CONDITION_NAMES.flatMap((name) => {
    const value: unknown = when[name];
    if (value === undefined) return [];
    // INVARIANT: the table's type pairs each row with the member of its own name.
    const row = CONDITIONS[name] as unknown as Condition<unknown>;
    return row.compile(value, hasCapability) ?? [];
  });
}
