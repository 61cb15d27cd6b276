/** `budget`: with what this call spends, the sum over the calls that passed exceeds a bound. */
import { z } from "../zod.js";
import { checked } from "../checked.js";
import { compilePath, REST_PATH } from "../../base/pointer.js";
import type { BudgetTest } from "../ast.js";
import { compileGlobs } from "../glob.js";
import { spentOn } from "../recall.js";
import { compileReach } from "./argument-test.js";
import { atom } from "./atom.js";
import { globsSchema, type Condition, type PolicyQuestion, type Values } from "./condition.js";
import { pathSchema } from "./path.js";
import { durationSchema, numberOf, numberSchema } from "./quantity.js";

const budgetShape = {
  path: pathSchema,
  over: numberSchema("over").refine((over) => over >= 0, "`over` must not be negative"),
  tool: globsSchema.exactOptional(),
  within: durationSchema.exactOptional(),
};

/** Stands for an amount that cannot be read. Finite, so that it can be recorded; it exhausts every budget. */
const UNREADABLE = Number.MAX_VALUE;

export const budget: Condition<BudgetTest> = {
  schema: z
    .strictObject(budgetShape)
    .transform(({ within, ...test }) => ({ ...test, ...(within === undefined ? {} : { within_ms: within }) })),
  keys: { "": Object.keys(budgetShape) },
  compile: (test, scope) => {
    const key = `${scope.key}.budget`;
    const keyOf = accountOf(test, key);
    const amountOf = compileAmount(test.path);
    scope.meter({
      kinds: scope.kinds,
      spendOf: (question, values) => {
        const account = keyOf(question);
        return account === undefined ? undefined : { key: account, amount: amountOf(values) };
      },
    });
    return [
      atom(key, (question, values) => {
        const account = keyOf(question);
        if (account === undefined) return false;
        const amount = amountOf(values);
        const before = spentOn(question.recall, account, question.wall_ms, test.within_ms);
        return amount === UNREADABLE || before + amount > test.over;
      }),
    ];
  },
};

/** Which sum a call adds to: the shared one of the tools listed, or its own tool's; undefined for a tool not listed. */
function accountOf({ tool }: BudgetTest, key: string): (question: PolicyQuestion) => string | undefined {
  if (tool === undefined) return (question) => JSON.stringify([key, question.kind, question.server, question.tool]);
  const isTool = compileGlobs(tool);
  return (question) => (question.tool !== undefined && isTool(question.tool) ? key : undefined);
}

/**
 * The sum of the leaves that a path selects.
 * INVARIANT: fails closed: no leaf, or one that is no finite number of zero or more, is an amount beyond every bound.
 * Attacker-controlled: the arguments; an amount below the place or in JSON text, where a server may read it all the
 * same, or among what was too much to look at, would else be spent and not counted.
 */
function compileAmount(path: string): (values: Values) => number {
  const { matches } = checked(compilePath(path));
  const mayBeRead = compileReach(path);
  return (values) => {
    let sum = 0;
    let count = 0;
    for (const leaf of values.leaves()) {
      if (!matches(leaf.path)) {
        if (leaf.path === REST_PATH || mayBeRead(leaf.path)) return UNREADABLE;
        continue;
      }
      const amount = numberOf(leaf.value);
      if (amount === undefined || amount < 0) return UNREADABLE;
      sum += amount;
      count++;
    }
    return count === 0 ? UNREADABLE : Math.min(sum, UNREADABLE);
  };
}
