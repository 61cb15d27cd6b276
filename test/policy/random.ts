/** Random policies and questions, of few words, so that rules and questions meet often. */
import fc from "fast-check";
import type { Labels } from "../../src/abi/labels.js";
import type { ArgumentTest, BudgetTest, HistoryTest, PolicyWhen } from "../../src/policy/ast.js";
import type { PolicyQuestion } from "../../src/policy/compile.js";
import { NOON, type StubLeaf } from "./fixture.js";

const kind = fc.constantFrom("tool.invoke", "tool.response", "network.send", "model.call");
const word = fc.constantFrom("a", "b", "ab", "fs/a", "fs/ab");
const glob = fc.constantFrom("a", "a*", "*b", "fs/*", "?", "*", "b");
const globs = fc.array(glob, { minLength: 1, maxLength: 2 });
const label = fc.constantFrom("untrusted", "private", "poisoned-suspect", "pii");
const labels = fc.uniqueArray(label, { maxLength: 2 });
const act = fc.constantFrom("read", "write", "send", "execute");
const risk = fc.constantFrom("low", "medium", "high");
const path = fc.constantFrom("/a", "/*", "/**", "/b/*", "/b/c");
const origin = fc.constantFrom("user", "trusted", "directory:x", "nowhere", "pii");
const origins = fc.uniqueArray(origin, { minLength: 1, maxLength: 2 });
const scalar = fc.constantFrom("me", "7", 7, 3, true, "long words");
const within = fc.constantFrom(1000, 5000);

const argumentTest: fc.Arbitrary<ArgumentTest> = fc.record(
  {
    path,
    from: origins,
    from_none: origins,
    tokens_from: origins,
    words_from: origins,
    said_with: fc.constantFrom(["pay"], ["re*"]),
    named: fc.constant(true as const),
    labels_any: labels,
    labels_none: labels,
    equals: scalar,
    in: fc.array(scalar, { minLength: 1, maxLength: 2 }),
    min: fc.constantFrom(1, 5),
    max: fc.constantFrom(5, 7),
    min_length: fc.constantFrom(2, 3),
    max_length: fc.constantFrom(2, 9),
  },
  { requiredKeys: ["path"] },
);
/** At most two conditions: more hold too seldom. */
const smallTest = fc
  .tuple(argumentTest, fc.nat(), fc.nat())
  .map(([test, first, second]): ArgumentTest => pick(test, [first, second]));

function pick(test: ArgumentTest, choices: readonly number[]): ArgumentTest {
  const { path: place, ...rest } = test;
  const entries = Object.entries(rest);
  return {
    path: place,
    ...Object.fromEntries(choices.map((choice) => entries[choice % entries.length] ?? ["max", 7])),
  };
}

const historyTest: fc.Arbitrary<HistoryTest> = fc.record(
  {
    syscalls: fc.uniqueArray(kind, { minLength: 1 }),
    tool: globs,
    act: fc.uniqueArray(act, { minLength: 1 }),
    at_least: fc.constantFrom(1, 2),
    at_most: fc.constantFrom(0, 1, 2),
    within_ms: within,
  },
  { requiredKeys: [] },
);
const budget: fc.Arbitrary<BudgetTest> = fc.record(
  { path, over: fc.constantFrom(0, 7, 12), tool: globs, within_ms: within },
  { requiredKeys: ["path", "over"] },
);

const plain = {
  agent: globs,
  server: globs,
  tool: globs,
  target: globs,
  act: fc.uniqueArray(act, { minLength: 1 }),
  risk: fc.uniqueArray(risk, { minLength: 1 }),
  labels_any: labels,
  labels_all: labels,
  labels_none: labels,
};
const atoms = {
  only: fc.uniqueArray(fc.constantFrom("a", "b", "e"), { minLength: 1, maxLength: 3 }),
  every: fc.array(smallTest, { minLength: 1, maxLength: 2 }),
  some: fc.array(smallTest, { minLength: 1, maxLength: 2 }),
  intent: fc.constantFrom(["pay"], ["re*"], ["x?"]),
  history: fc.array(historyTest, { minLength: 1, maxLength: 2 }),
  budget,
};

type Parts = Record<string, fc.Arbitrary<unknown>>;

/** Of all these members, at most `most` at a time. */
function someOf(parts: Parts, most: number): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc
    .uniqueArray(fc.constantFrom(...Object.keys(parts)), { maxLength: most })
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, parts[name] ?? fc.constant(1)]))));
}

function nested(depth: number): fc.Arbitrary<PolicyWhen> {
  const inner = depth > 0 ? nestedParts(depth - 1) : {};
  return someOf({ ...plain, ...atoms, ...inner }, 2).map((when): PolicyWhen => ({ syscalls: [], ...when }));
}

function nestedParts(depth: number): Parts {
  const list = fc.array(nested(depth), { minLength: 1, maxLength: 2 });
  return { all: list, any: list, not: nested(depth) };
}

function whenOf(parts: Parts, most: number): fc.Arbitrary<PolicyWhen> {
  return fc
    .tuple(fc.uniqueArray(kind, { minLength: 1 }), someOf(parts, most))
    .map(([syscalls, rest]): PolicyWhen => ({ syscalls, ...rest }));
}

const capability = fc.constantFrom("present", "missing");
const effect = fc.constantFrom("allow", "deny", "ask", "transform", "defer");

/** Rules without their ids, which stand for their places. */
export const ruleBodies = fc.array(
  fc.record({ effect, when: whenOf({ ...plain, ...atoms, ...nestedParts(1), capability }, 3) }),
  { maxLength: 6 },
);

/** The same without conditions on values. */
export const cheapBodies = fc.array(fc.record({ effect, when: whenOf({ ...plain, capability }, 3) }), { maxLength: 6 });

export const grants = fc.array(
  fc.record(
    {
      capability: fc.record({ kind, target: glob }),
      agent: glob,
      uses: fc.constantFrom(1, 2),
      expires: fc.constantFrom("2026-11-21T12:00:03Z", "2030-01-01T00:00:00Z", "soon"),
    },
    { requiredKeys: ["capability"] },
  ),
  { maxLength: 3 },
);

const labelAxes: fc.Arbitrary<Partial<Labels>> = fc.record(
  {
    integrity: fc.constantFrom("trusted", "untrusted", "poisoned-suspect"),
    confidentiality: fc.constantFrom("public", "private", "secret"),
    tags: fc.constantFrom([], ["pii"]),
  },
  { requiredKeys: [] },
);
const classes = fc.uniqueArray(origin, { maxLength: 2 });

export const stubLeaf: fc.Arbitrary<StubLeaf> = fc.record({
  path: fc.constantFrom("/a", "/a/x", "/b/c", "/b/d/0", "/b!/c", "/e"),
  value: fc.constantFrom("me", "7", "long words", "-1", "😀😀", 7, 3, -1, true, null),
  classes,
  tokens: fc.array(classes, { maxLength: 2 }),
  words: fc.array(classes, { maxLength: 2 }),
  labels: labelAxes,
  sentences: fc.array(fc.uniqueArray(fc.constantFrom("pay", "refund", "tea"), { maxLength: 2 }), { maxLength: 2 }),
  named: fc.boolean(),
});

/** A question, and the stubs that its values are made of. */
export interface RandomCall {
  readonly question: Omit<PolicyQuestion, "values" | "recall" | "grantsUsed">;
  readonly stubs: readonly StubLeaf[];
  readonly user: readonly string[];
}

export const calls: fc.Arbitrary<RandomCall> = fc
  .record({
    base: fc.record(
      {
        kind,
        agent: word,
        server: word,
        tool: word,
        target: word,
        act,
        risk,
        labels: fc.uniqueArray(label),
        wall_ms: fc.nat({ max: 8 }).map((second) => NOON + 1000 * second),
      },
      { requiredKeys: ["kind", "agent", "server", "target", "act", "risk", "labels", "wall_ms"] },
    ),
    stubs: fc.uniqueArray(stubLeaf, { maxLength: 3, selector: (leaf) => leaf.path }),
    user: fc.uniqueArray(fc.constantFrom("pay", "refund", "x?", "tea"), { maxLength: 2 }),
  })
  .map(({ base, stubs, user }) => ({
    question: { ...base, labels: new Set<string>(base.labels) },
    stubs,
    user,
  }));
