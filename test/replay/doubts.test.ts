/** A policy that is asked while not everything is known: what it asked for is noted, and nothing else. */
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import type { CompiledPolicy, PolicyQuestion } from "../../src/policy/compile.js";
import { Asking, type Doubt } from "../../src/replay/doubts.js";
import { compile, policyOf, type RuleParts } from "../kernel/fixture.js";
import { ask, NOON, valuesOf } from "../policy/fixture.js";

const ANY: RuleParts = { id: "any", effect: "allow", syscalls: ["tool.invoke"] };
const deny = (more: string): RuleParts => ({ id: "first", effect: "deny", syscalls: ["tool.invoke"], more });
const granted = (...tables: readonly string[]): string =>
  tables.map((table) => `[[grants]]\n${table}\n`).join("") + policyOf({ ...ANY, more: 'capability = "present"' });

const TAINTED = policyOf(deny('labels_any = ["untrusted"]'), ANY);
const COUNTED = policyOf(deny("history = [{ at_least = 2 }]"), ANY);
const VALUES = policyOf(deny('every = [{ path = "/to", equals = "x" }]'), ANY);
const ALL: readonly Doubt[] = ["labels", "counts", "grants"];

interface Said {
  readonly decision: string;
  readonly missing: readonly unknown[];
}

function said(policy: string, doubts: readonly Doubt[], question: PolicyQuestion = ask()): Said {
  const asking = new Asking();
  asking.begin(new Set(doubts));
  const { decision } = asking.watch(compile(policy)).decide(question);
  return { decision: decisionName(decision), missing: asking.missing };
}

describe("what a rule asks for", () => {
  it.each([
    ["labels", TAINTED, "labels"],
    ["counts", COUNTED, "counts"],
    ["uses of a grant", granted('capability = "tool.invoke:*"\nuses = 1'), "grants"],
  ] as const)("%s: is missing once, where it is not known, and only there", (_name, policy, why) => {
    expect(said(policy, [why])).toEqual({ decision: "allow:any", missing: [{ why }] });
    expect(said(policy, ALL).missing).toEqual([{ why }]);
    expect(said(policy, []).missing).toEqual([]);
    const others = ALL.filter((doubt) => doubt !== why);
    expect(said(policy, others)).toEqual({ decision: "allow:any", missing: [] });
  });

  it("several things are missing each for itself", () => {
    const both = policyOf(deny('labels_any = ["pii"]'), { ...ANY, more: "history = [{ at_most = 2 }]" });
    expect(said(both, ALL).missing).toEqual([{ why: "labels" }, { why: "counts" }]);
  });

  it("the sum of a budget is missing, where its session's counts are not known", () => {
    const limited = policyOf(deny('budget = { path = "/amount", over = 100 }'), ANY);
    const values = valuesOf([{ path: "/amount", value: 5 }]);
    expect(said(limited, ALL, ask({ values }))).toEqual({ decision: "allow:any", missing: [{ why: "counts" }] });
  });

  it("uses of a grant that has no bound are never missing", () => {
    const unbound = granted('capability = "tool.invoke:*"', 'capability = "tool.invoke:other"\nuses = 1');
    expect(said(unbound, ALL)).toEqual({ decision: "allow:any", missing: [] });
  });

  it("nothing, where an earlier rule decided", () => {
    const first = { ...ANY, id: "reading", more: 'tool = "read_file"' };
    expect(said(policyOf(first, deny('labels_any = ["pii"]')), ALL).missing).toEqual([]);
  });
});

describe("the answer", () => {
  it("is made of the labels, counts and uses that are taken for true", () => {
    expect(said(TAINTED, ALL, ask({ labels: ["untrusted"] })).decision).toBe("deny:first");
    const recall = { calls: new Map([["r0.history.0", [NOON, NOON]]]), spent: new Map() };
    expect(said(COUNTED, ALL, ask({ recall })).decision).toBe("deny:first");
    const used = granted('capability = "tool.invoke:*"\nuses = 1');
    expect(said(used, ALL, ask({ grantsUsed: new Map([[0, 1]]) })).decision).toBe("deny:default-deny");
  });

  it("where a fact is missing lets nothing pass, and names the condition", () => {
    expect(said(VALUES, [], ask({ facts: new Map() }))).toEqual({
      decision: "deny:policy-fault",
      missing: [{ why: "value", at: "r0.every.0" }],
    });
  });

  it("forgets what the decision before it lacked", () => {
    const asking = new Asking();
    const policy = asking.watch(compile(VALUES));
    asking.begin(new Set(ALL));
    policy.decide(ask({ facts: new Map() }));
    asking.begin(new Set());
    expect(asking.missing).toEqual([]);
    policy.decide(ask({ facts: new Map([["r0.every.0", false]]) }));
    expect(asking.missing).toEqual([]);
  });

  it("notes two conditions of two questions each", () => {
    const asking = new Asking();
    const two = policyOf(
      deny('tool = "read_file"\nevery = [{ path = "/to", equals = "x" }]'),
      { ...deny('tool = "send"\nevery = [{ path = "/cc", equals = "x" }]'), id: "second" },
      ANY,
    );
    const policy = asking.watch(compile(two));
    for (const tool of ["read_file", "send"]) policy.decide(ask({ tool, facts: new Map() }));
    expect(asking.missing).toEqual([
      { why: "value", at: "r0.every.0" },
      { why: "value", at: "r1.every.0" },
    ]);
  });

  it("of a page, which has no facts in any run, is the policy's fault and not unknown", () => {
    const asking = new Asking();
    expect(() => asking.watch(compile(VALUES)).decide(ask())).toThrow("no fact is recorded for `r0.every.0`");
    expect(asking.missing).toEqual([]);
  });

  it("of a policy that breaks is thrown on", () => {
    const broken: CompiledPolicy = {
      ...compile(VALUES),
      decide: () => {
        throw new TypeError("broken");
      },
    };
    const asking = new Asking();
    expect(() => asking.watch(broken).decide(ask({ facts: new Map() }))).toThrow("broken");
    expect(asking.missing).toEqual([]);
  });
});
