/** What a rule rules, by its effect and the policy's mode: the decision whole, what it changes, spends and uses. */
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../src/abi/decision.js";
import type { PolicyDocument, PolicyMode, PolicyRule, PolicyWhen } from "../../src/policy/ast.js";
import { compilePolicy, type Ruling } from "../../src/policy/compile.js";
import { ask, policyOf, valuesOf } from "./fixture.js";

const T = { syscalls: ["tool.invoke"] } as const;

function ruled(rules: readonly Omit<PolicyRule, "id">[], more: Partial<PolicyDocument> = {}): Ruling {
  return compilePolicy(policyOf(rules, more)).decide(ask({ values: valuesOf([{ path: "/a", value: 1 }]) }));
}

it.each<readonly [Verdict, PolicyMode, string]>([
  ["allow", "enforce", "allow policy-allow"],
  ["deny", "enforce", "deny policy-deny"],
  ["ask", "enforce", "ask policy-ask"],
  ["defer", "enforce", "defer policy-defer"],
  ["allow", "observe", "allow policy-allow"],
  ["deny", "observe", "allow would-deny"],
  ["ask", "observe", "allow would-ask"],
  ["transform", "observe", "allow would-transform"],
  ["defer", "observe", "allow would-defer"],
])("%s under %s: %s, and nothing to change", (effect, mode, expected) => {
  const [verdict, reason] = expected.split(" ");
  expect(ruled([{ effect, when: T }], { mode })).toStrictEqual({
    decision: { verdict, rule: "r0", reason },
    facts: [],
    spends: [],
  });
});

it("a transform has its changes, and none when its rule says none", () => {
  const changes = [{ kind: "redact", path: "/a" }] as const;
  const decision = { verdict: "transform", rule: "r0", reason: "policy-transform" };
  const rest = { decision, facts: [], spends: [] };
  expect(ruled([{ effect: "transform", when: T, changes }])).toStrictEqual({ ...rest, changes });
  expect(ruled([{ effect: "transform", when: T }])).toStrictEqual({ ...rest, changes: [] });
});

it.each<readonly [PolicyMode, string, string]>([
  ["enforce", "deny", "no-rule"],
  ["observe", "allow", "would-deny"],
])("what no rule is about is, under %s, %s for %s", (mode, verdict, reason) => {
  const decision = { verdict, rule: "default-deny", reason };
  for (const rules of [[], [{ effect: "allow" as const, when: { ...T, tool: ["other"] } }]])
    expect(ruled(rules, { mode })).toStrictEqual({ decision, facts: [], spends: [] });
});

describe("a call spends and uses what is its own only where it may pass", () => {
  const grants = [{ capability: { kind: "tool.invoke", target: "*" } }] as const;
  const meter = { effect: "deny", when: { ...T, budget: { path: "/a", over: 9 } } } as const;
  const present: PolicyWhen = { ...T, capability: "present" };

  it.each<readonly [Verdict, PolicyMode, number, number | undefined]>([
    ["allow", "enforce", 1, 0],
    ["ask", "enforce", 1, 0],
    ["transform", "enforce", 1, 0],
    ["deny", "enforce", 0, undefined],
    ["defer", "enforce", 0, undefined],
    ["allow", "observe", 1, 0],
    ["deny", "observe", 1, undefined],
    ["defer", "observe", 1, undefined],
  ])("%s under %s: %d spends, grant %s", (effect, mode, spends, grant) => {
    const ruling = ruled([meter, { effect, when: present }], { mode, grants });
    expect([ruling.spends.length, ruling.grant]).toEqual([spends, grant]);
  });

  it("also where no rule holds and the policy only observes", () => {
    expect(ruled([meter]).spends).toEqual([]);
    expect(ruled([meter], { mode: "observe" }).spends).toHaveLength(1);
    expect(ruled([meter], { mode: "observe", grants })).not.toHaveProperty("grant");
  });

  it("and never for a budget that lists other tools", () => {
    const others = { effect: "deny", when: { ...T, budget: { path: "/a", over: 9, tool: ["pay_*"] } } } as const;
    expect(ruled([others, { effect: "allow", when: T }]).spends).toEqual([]);
  });
});

describe("the facts of nested conditions", () => {
  const nested = (when: Omit<PolicyWhen, "syscalls">): PolicyWhen => ({ syscalls: [], ...when });
  const factsOf = (when: Omit<PolicyWhen, "syscalls">): Ruling["facts"] =>
    ruled([{ effect: "deny", when: { ...T, ...when } }]).facts;

  it.each<readonly [string, Omit<PolicyWhen, "syscalls">, readonly string[]]>([
    [
      "all",
      { all: [nested({ only: ["a"] }), nested({ some: [{ path: "/a", max: 1 }] })] },
      ["r0.all.0.only", "r0.all.1.some.0"],
    ],
    ["one", { descriptor: ["unknown"], only: ["a"], intent: ["pay"] }, ["r0.descriptor", "r0.only", "r0.intent"]],
    ["any", { any: [nested({ only: ["b"] }), nested({ only: ["a"] })] }, ["r0.any.0.only", "r0.any.1.only"]],
    ["not", { not: nested({ all: [nested({ only: ["a"] })] }) }, ["r0.not.all.0.only"]],
  ])("are named by their place in %s", (_, when, expected) => {
    expect(factsOf(when).map(([key]) => key)).toEqual(expected);
  });

  it("are none where a condition without values, wherever it stands, does not hold", () => {
    const other = nested({ tool: ["other"] });
    const same = nested({ tool: ["read_file"] });
    for (const cheap of [{ all: [other] }, { any: [other] }, { not: same }])
      expect(factsOf({ ...cheap, intent: ["pay"] })).toEqual([]);
  });

  it("come after those of the rule's own conditions on values", () => {
    const any = [nested({ tool: ["other"] }), nested({ only: ["a"] })];
    expect(factsOf({ any, some: [{ path: "/a", max: 1 }] }).map(([key]) => key)).toEqual([
      "r0.some.0",
      "r0.any.1.only",
    ]);
  });
});

it("what was too much to look at leaf by leaf has no name, not even the empty one", () => {
  const document = policyOf([{ effect: "allow", when: { ...T, only: [""] } }]);
  const ruleFor = (path: string): string =>
    compilePolicy(document).decide(ask({ values: valuesOf([{ path, value: "x" }]) })).decision.rule;
  expect([ruleFor("/"), ruleFor("/#"), ruleFor("#rest")]).toEqual(["r0", "r0", "default-deny"]);
});
