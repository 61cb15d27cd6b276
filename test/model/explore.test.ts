/**
 * The model, exhaustively up to a bound. AGENTK_MODEL_STEPS=7 looks farther and takes minutes; docs/model.md has the
 * figures of such a run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BUGS } from "./bugs.js";
import { explore, told, type Bound } from "./explore.js";
import { Machine } from "./machine.js";
import { EMPTY_POLICY, POLICIES } from "./rules.js";

const MORE = Number(process.env["AGENTK_MODEL_STEPS"] ?? 0);
const LONG = 3_600_000;

/** What is explored under every policy. */
const BOUNDS: Readonly<Record<string, Bound>> = {
  "values and labels, one call at a time": { scope: "flows", steps: MORE === 0 ? 4 : MORE, sessions: 1, calls: 1 },
  "values and labels of two sessions": { scope: "flows", steps: MORE === 0 ? 3 : MORE - 2, sessions: 2, calls: 1 },
  "every order of the shell": { scope: "shell", steps: Infinity, sessions: 1, calls: MORE === 0 ? 1 : 2 },
  "every order of the shell, two calls": { scope: "shell", steps: MORE === 0 ? 7 : Infinity, sessions: 1, calls: 2 },
  "all at once": { scope: "whole", steps: MORE === 0 ? 2 : MORE - 2, sessions: 2, calls: 2 },
};

describe.each(POLICIES)("under the policy `$name`", (policy) => {
  // Claim: E1
  test.each(Object.entries(BOUNDS))("%s: no invariant is ever broken", { timeout: LONG }, (name, bound) => {
    const { counterexample, states, transitions, depth, isComplete } = explore(new Machine(policy), bound);
    expect(counterexample === undefined ? "" : told(counterexample)).toBe("");
    const beyond = isComplete ? "and there are no others" : "bound";
    const counts = `${String(states)} states, ${String(transitions)} transitions`;
    process.stdout.write(`model, ${policy.name}, ${name}: ${counts}, ${String(depth)} steps ${beyond}\n`);
    if (bound.steps === Infinity) expect(isComplete).toBe(true);
    else expect(depth).toBe(bound.steps);
  });
});

test("without a rule nothing is ever done", () => {
  const explored = explore(new Machine(EMPTY_POLICY), { scope: "whole", steps: 4, sessions: 1, calls: 1 });
  expect(explored.counterexample).toBeUndefined();
});

describe("a bug seeded into the model is found", () => {
  test.each(BUGS)("$name", ({ breaks, parts, scope }) => {
    const bound: Bound = { scope, steps: scope === "shell" ? 9 : 4, sessions: 1, calls: 1 };
    const broken = firstOf(POLICIES, (policy) => {
      const { counterexample } = explore(new Machine(policy, parts), bound);
      return counterexample?.invariant === breaks ? counterexample : undefined;
    });
    expect(broken === undefined ? "not found" : told(broken)).toMatch(/^I\d .*, after\n {2}1\. \w/);
  });
});

function firstOf<T, R>(all: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

test("the shortest way to a broken invariant is printed, an event a line", () => {
  const early = BUGS.find(({ name }) => name === "an effect before its receipt is on the disk");
  const [policy] = POLICIES;
  if (early === undefined || policy === undefined) throw new Error("there is none");
  const { counterexample } = explore(new Machine(policy, early.parts), {
    ...{ scope: "shell", steps: 9, sessions: 1, calls: 1 },
  });
  expect(counterexample === undefined ? "" : told(counterexample)).toMatchInlineSnapshot(`
    "I2 durable before the effect: call 0 was performed and its intent was not on the disk, after
      1. user, session 0, value ann
      2. ask, session 0, tool pay, value ann, form plain, claim none
      3. sign
      4. act, call 0"
  `);
});

test("the model takes nothing from the kernel", () => {
  const own = ["labels", "memory", "rules", "state", "machine", "ledger", "invariants", "explore", "bugs"];
  const folder = new URL(".", import.meta.url);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(own.map((name) => `${name}.ts`)));
  for (const name of own) expect(readFileSync(new URL(`${name}.ts`, folder), "utf8")).not.toMatch(/from "\.\.\//);
});
