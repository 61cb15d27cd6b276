/** Each newer condition at its edges: clocks, counts, sums, dates, leaves, and what cannot be read. */
import { beforeAll, describe, expect, it } from "vitest";
import { DESCRIPTOR_STATES } from "../../src/abi/syscalls.js";
import { decisionName } from "../../src/abi/decision.js";
import type { ArgumentTest, HistoryTest, PolicyDocument, PolicyWhen } from "../../src/policy/ast.js";
import { compilePolicy, IndeterminateError, type PolicyQuestion, type Values } from "../../src/policy/compile.js";
import { loadRegexFor } from "../../src/policy/match/regex.js";
import { EMPTY_RECALL, spend, type Recall } from "../../src/policy/recall.js";
import { ask, NOON, policyOf, valuesOf, type StubLeaf } from "./fixture.js";

function documentWith(when: Partial<PolicyWhen>, more: Partial<PolicyDocument> = {}): PolicyDocument {
  return policyOf([{ id: "it", effect: "allow", when: { syscalls: ["tool.invoke"], ...when } }], more);
}

function holds(when: Partial<PolicyWhen>, changes: Parameters<typeof ask>[0] = {}): boolean {
  return compilePolicy(documentWith(when)).decide(ask(changes)).decision.rule === "it";
}

function every(test: Omit<ArgumentTest, "path">, ...leaves: readonly Omit<StubLeaf, "path">[]): boolean {
  const values = valuesOf(leaves.map((leaf, index) => ({ path: `/a/${String(index)}`, ...leaf })));
  return holds({ every: [{ path: "/a/*", ...test }] }, { values });
}

beforeAll(async () => {
  await loadRegexFor("matches");
});

describe("every and some", () => {
  const good: StubLeaf = { path: "/a/0", value: "x", classes: ["user"] };
  const bad: StubLeaf = { path: "/a/1", value: "y", classes: ["untrusted"] };
  const test: ArgumentTest = { path: "/a/*", from: ["user"] };
  it.each<[readonly StubLeaf[], boolean, boolean]>([
    [[], true, false],
    [[good], true, true],
    [[bad], false, false],
    [[good, bad], false, true],
    [[{ ...bad, path: "/b" }], true, false],
  ])("on %j: %s and %s", (leaves, all, one) => {
    const values = valuesOf(leaves);
    expect(holds({ every: [test] }, { values })).toBe(all);
    expect(holds({ some: [test] }, { values })).toBe(one);
  });
});

describe("what was too much to look at leaf by leaf", () => {
  const rest: StubLeaf = { path: "#rest", value: "b\nrm -r /", classes: ["user"] };
  const good: StubLeaf = { path: "/a", value: "ls", classes: ["user"] };
  const bad: StubLeaf = { path: "/a", value: "rm", classes: ["untrusted"] };
  const asking = (when: Partial<PolicyWhen>, ...leaves: readonly StubLeaf[]): (() => boolean) => {
    const values = valuesOf([...leaves, rest]);
    return () => holds(when, { values });
  };

  it.each(["/a", "/b", "/a/*", "/**", "/a#"])("leaves every test of %s without an answer", (path) => {
    const test = { path, from: ["user"] };
    const denial = { path, from_none: ["user"] };
    const whens: readonly Partial<PolicyWhen>[] = [{ every: [test] }, { some: [denial] }];
    for (const when of whens) {
      expect(asking(when, good)).toThrow(RangeError);
      expect(asking(when, good, good, good)).toThrow("more values than can be looked at");
      expect(asking({ not: { syscalls: [], ...when } }, good)).toThrow(RangeError);
    }
  });

  it("changes nothing where what was looked at decides", () => {
    expect(asking({ every: [{ path: "/a", from: ["user"] }] }, bad)()).toBe(false);
    expect(asking({ some: [{ path: "/a", from: ["untrusted"] }] }, bad)()).toBe(true);
  });
});

describe("a path into JSON text", () => {
  const test: ArgumentTest = { path: "/files/*/id", from: ["user"] };
  const inner = (path: string): Values => valuesOf([{ path, value: "19", classes: ["nowhere"] }]);
  it.each([
    ["/files/0/id", false],
    ["/files!/0/id", false],
    ["/files/0!/id", false],
    ["/files!/0!/id!/x", false],
    ["/files!/0/name", true],
    // The name `files!` is another.
    ["/files~3/0/id", true],
  ])("meets %s: passes %s", (path, passes) => {
    expect(holds({ every: [test] }, { values: inner(path) })).toBe(passes);
    expect(holds({ some: [{ path: "/files/*/id", from: ["nowhere"] }] }, { values: inner(path) })).toBe(!passes);
  });

  it("may still say the text that it means", () => {
    const into = { ...test, path: "/files!/*/id" };
    expect(holds({ every: [into] }, { values: inner("/files!/0/id") })).toBe(false);
    expect(holds({ every: [into] }, { values: inner("/files/0/id") })).toBe(true);
  });

  it("meets keys in it", () => {
    const keys = { path: "/files/**#", in: ["id"] };
    const values = valuesOf([{ path: "/files!/0/name#", value: "name" }]);
    expect(holds({ every: [keys] }, { values })).toBe(false);
  });
});

describe("only", () => {
  const only = ["to", "a/b", "c!d#"];
  it.each<[string, readonly string[], boolean]>([
    ["no arguments", [], true],
    ["the names", ["/to#", "/to", "/a~1b#", "/a~1b", "/c~3d~2#", "/c~3d~2"], true],
    ["what lies below", ["/to#", "/to/0/x#", "/to/0/x", "/to!/y", "/to!/y#"], true],
    ["another name", ["/to", "/cc"], false],
    ["another name of an empty object", ["/to", "/cc#"], false],
    ["another case", ["/To"], false],
    ["a space more", ["/to "], false],
    ["a name that goes on", ["/too"], false],
    ["a part of a name", ["/a"], false],
    ["the empty name", ["/"], false],
    ["more than is looked at", ["/to", "#rest"], false],
  ])("%s", (_, paths, expected) => {
    const values = valuesOf(paths.map((path) => ({ path, value: "x" })));
    expect(holds({ only }, { values })).toBe(expected);
  });

  it("counts an argument that is null", () => {
    expect(holds({ only }, { values: valuesOf([{ path: "/cc", value: null }]) })).toBe(false);
  });
});

describe("a test on a leaf", () => {
  it.each<[string, Omit<ArgumentTest, "path">, Omit<StubLeaf, "path">, boolean]>([
    ["equals", { equals: 7 }, { value: 7 }, true],
    ["equals is strict", { equals: 7 }, { value: "7" }, false],
    ["in", { in: ["a", true] }, { value: true }, true],
    ["in is strict", { in: ["a", true] }, { value: "true" }, false],
    ["min at the bound", { min: 5 }, { value: 5 }, true],
    ["min below the bound", { min: 5 }, { value: 4.999 }, false],
    ["max at the bound", { max: 5 }, { value: "5.00" }, true],
    ["max above the bound", { max: 5 }, { value: "5.01" }, false],
    ["max on an exponent", { max: 5 }, { value: "1e3" }, false],
    ["max on words", { max: 5 }, { value: "four" }, false],
    ["max on an empty text", { max: 5 }, { value: "" }, false],
    ["max on white space around", { max: 5 }, { value: " 4" }, false],
    ["max on hex", { max: 5 }, { value: "0x1" }, false],
    ["max on an endless number", { max: 5 }, { value: "-1e999" }, false],
    ["max on a truth", { max: 5 }, { value: true }, false],
    ["lengths in code points", { max_length: 2, min_length: 2 }, { value: "😀😀" }, true],
    ["max_length above", { max_length: 2 }, { value: "abc" }, false],
    ["min_length below", { min_length: 3 }, { value: "😀😀" }, false],
    ["lengths of a number", { max_length: 9 }, { value: 1 }, false],
    ["matches the whole", { matches: "[a-z]+" }, { value: "abc" }, true],
    ["matches no part", { matches: "[a-z]+" }, { value: "abc1" }, false],
    ["url", { url: { host: ["*.a.example"] } }, { value: "https://x.a.example/y" }, true],
    ["url of another host", { url: { host: ["*.a.example"] } }, { value: "https://a.example.evil.example" }, false],
    ["under", { under: { under: ["/srv"] } }, { value: "/srv/x" }, true],
    ["under and out again", { under: { under: ["/srv"] } }, { value: "/srv/../etc" }, false],
    ["from", { from: ["user", "directory:x"] }, { value: "v", classes: ["directory:x", "trusted"] }, true],
    ["from nowhere", { from: ["user"] }, { value: "v", classes: ["nowhere"] }, false],
    ["from_none", { from_none: ["untrusted"] }, { value: "v", classes: ["user", "untrusted"] }, false],
    ["tokens all known", { tokens_from: ["user"] }, { value: "v", tokens: [["user"], ["user", "x"]] }, true],
    ["one token unknown", { tokens_from: ["user"] }, { value: "v", tokens: [["user"], ["nowhere"]] }, false],
    ["no tokens", { tokens_from: ["user"] }, { value: "v" }, true],
    ["one word unknown", { words_from: ["user"] }, { value: "v", words: [["user"], []] }, false],
    [
      "implied labels",
      { labels_all: ["untrusted", "private"] },
      { value: "v", labels: { integrity: "poisoned-suspect", confidentiality: "secret" } },
      true,
    ],
    ["one of all labels missing", { labels_all: ["pii", "private"] }, { value: "v", labels: { tags: ["pii"] } }, false],
    ["trusted indeed", { labels_any: ["trusted"] }, { value: "v" }, true],
    ["external", { labels_any: ["external"] }, { value: "v" }, false],
    ["labels_none", { labels_none: ["external"] }, { value: "v", labels: { origin: "external" } }, false],
    ["a tag", { labels_any: ["pii", "x"] }, { value: "v", labels: { tags: ["pii"] } }, true],
    ["no labels at all", { labels_any: [] }, { value: "v" }, true],
    ["trusted", { labels_any: ["trusted"] }, { value: "v", labels: { integrity: "untrusted" } }, false],
    ["both conditions", { max: 5, from: ["user"] }, { value: 4, classes: [] }, false],
  ])("%s", (_, test, leaf, expected) => {
    expect(every(test, leaf)).toBe(expected);
  });

  it("denies by throwing when a text is too long for an expression", () => {
    expect(() => every({ matches: "a*" }, { value: "a".repeat(70_000) })).toThrow(RangeError);
  });
});

describe("the target", () => {
  it.each<[Partial<PolicyWhen>, string, boolean]>([
    [{ url: { scheme: ["https"], host: ["a.example"], port: [443] } }, "https://A.example./x", true],
    [{ url: { scheme: ["https"] } }, "http://a.example", false],
    [{ under: { under: ["/srv"] } }, "/srv/a", true],
    [{ under: { under: ["/srv"] } }, "/srvx", false],
    [{ under: { under: ["/srv"], case: "insensitive" } }, "/SRV/a", true],
  ])("%j on %s: %s", (when, target, expected) => {
    expect(holds(when, { target })).toBe(expected);
  });
});

describe("act, risk and intent", () => {
  it("hold for what is listed", () => {
    expect(holds({ act: ["send", "read"] }, { act: "read" })).toBe(true);
    expect(holds({ act: ["send"] }, { act: "read" })).toBe(false);
    expect(holds({ risk: ["high"] }, { risk: "high" })).toBe(true);
    expect(holds({ risk: ["low"] }, { risk: "high" })).toBe(false);
  });

  it.each<[readonly string[], readonly string[], boolean]>([
    [["pay"], ["please", "pay"], true],
    [["Pay"], ["pay"], true],
    [["pay"], ["payment"], false],
    [["pay*"], ["payment"], true],
    [["p?y"], ["pay"], false],
    [["p?y*"], ["p?ying"], true],
    [["*"], [], false],
  ])("of one sentence: intent %j on %j: %s", (intent, user, expected) => {
    expect(holds({ intent }, { values: valuesOf([], user) })).toBe(expected);
  });
});

describe("intent", () => {
  it("holds when any one sentence of several says it", () => {
    const values: Values = {
      ...valuesOf([]),
      sentences: () => [
        ["good", "morning"],
        ["please", "pay"],
      ],
    };
    expect(holds({ intent: ["pay"] }, { values })).toBe(true);
    expect(holds({ intent: ["pay", "evening"] }, { values })).toBe(true);
    expect(holds({ intent: ["evening"] }, { values })).toBe(false);
  });
});

describe("descriptor", () => {
  it.each(DESCRIPTOR_STATES)("holds for a descriptor that is %s, when listed", (state) => {
    const values: Values = { ...valuesOf([]), descriptor: () => state };
    expect(holds({ descriptor: [state] }, { values })).toBe(true);
    const others = DESCRIPTOR_STATES.filter((other) => other !== state);
    expect(holds({ descriptor: others }, { values })).toBe(false);
  });
});

describe("time", () => {
  const night = { from: 22 * 60, to: 6 * 60, utc_offset: 0 };
  it.each<[PolicyWhen["time"], number, boolean]>([
    [{ from: 12 * 60, to: 13 * 60, utc_offset: 0 }, NOON, true],
    [{ from: 12 * 60, to: 13 * 60, utc_offset: 0 }, NOON - 1, false],
    [{ from: 12 * 60, to: 13 * 60, utc_offset: 0 }, NOON + 3_600_000 - 1, true],
    [{ from: 12 * 60, to: 13 * 60, utc_offset: 0 }, NOON + 3_600_000, false],
    [{ from: 13 * 60, to: 14 * 60, utc_offset: 60 }, NOON, true],
    [night, NOON + 10 * 3_600_000, true],
    [night, NOON - 6 * 3_600_000 - 1, true],
    [night, NOON - 6 * 3_600_000, false],
    [{ ...night, days: ["sat"] }, NOON + 13 * 3_600_000, true],
    [{ ...night, days: ["sun"] }, NOON + 13 * 3_600_000, false],
    [{ from: 0, to: 1440, days: ["mon", "tue", "wed", "thu", "fri"], utc_offset: 0 }, NOON, false],
  ])("%j at %d: %s", (time, wall_ms, expected) => {
    expect(holds({ time: time ?? night }, { wall_ms })).toBe(expected);
  });

  it("throws for a clock that cannot be read, so that the call is denied", () => {
    expect(() => holds({ time: night }, { wall_ms: Number.NaN })).toThrow(RangeError);
  });
});

describe("history", () => {
  /** Whether a test holds at noon, after calls so many milliseconds before. */
  const happened = (test: HistoryTest, ago: readonly number[], change: Partial<PolicyQuestion> = {}): boolean => {
    const policy = compilePolicy(documentWith({ history: [test] }));
    const recall = ago.reduce<Recall>(
      (known, ms) => policy.remember(known, { ...ask(), ...change, wall_ms: NOON - ms }),
      EMPTY_RECALL,
    );
    return policy.decide(ask({ recall })).decision.rule === "it";
  };
  it.each<[HistoryTest, readonly number[], boolean]>([
    [{}, [], false],
    [{}, [5], true],
    [{ at_least: 2 }, [5], false],
    [{ at_least: 2 }, [5, 4], true],
    [{ at_most: 2 }, [], true],
    [{ at_most: 2 }, [5, 4], true],
    [{ at_most: 2 }, [5, 4, 3], false],
    [{ at_most: 0 }, [1], false],
    [{ at_least: 1, at_most: 1 }, [2, 1], false],
    [{ at_most: 1, within_ms: 100 }, [100, 99], true],
    [{ at_most: 1, within_ms: 100 }, [99, 98], false],
    [{ at_least: 1, within_ms: 100 }, [100], false],
    [{ at_least: 1, within_ms: 100 }, [99], true],
    [{ at_most: 0, within_ms: 100 }, [-50], false],
  ])("%j after calls %j ms before: %s", (test, ago, expected) => {
    expect(happened(test, ago)).toBe(expected);
  });

  it.each<[HistoryTest, Partial<PolicyQuestion>, boolean]>([
    [{ tool: ["read_*"] }, {}, true],
    [{ tool: ["write_*"] }, {}, false],
    [{ server: ["fs"], target: ["fs/*"], act: ["read"], syscalls: ["tool.invoke"] }, {}, true],
    [{ act: ["send"] }, {}, false],
    [{ syscalls: ["resource.read"] }, {}, false],
    [{ syscalls: ["resource.read"] }, { kind: "resource.read" }, true],
  ])("%j counts a call %j: %s", (test, change, expected) => {
    expect(happened(test, [1], change)).toBe(expected);
  });

  it("never counts a call without a tool for a test on tools", () => {
    const policy = compilePolicy(documentWith({ history: [{ tool: ["*"] }] }));
    const { tool, ...toolless } = ask();
    expect(tool).toBeDefined();
    expect(policy.remember(EMPTY_RECALL, toolless)).toBe(EMPTY_RECALL);
  });
});

describe("a budget", () => {
  const budget = { path: "/amount", over: 100, within_ms: 1000 };
  const paying = (value: StubLeaf["value"], change: Parameters<typeof ask>[0] = {}): PolicyQuestion =>
    ask({ values: valuesOf([{ path: "/amount", value }]), ...change });
  /** Whether it is exceeded by an amount at noon, after one of 60 so long before. */
  const exceeded = (value: StubLeaf["value"], ago: number, change: Parameters<typeof ask>[0] = {}): boolean => {
    const policy = compilePolicy(
      policyOf([
        { id: "over", effect: "deny", when: { syscalls: ["tool.invoke"], budget } },
        { id: "pay", effect: "allow", when: { syscalls: ["tool.invoke"] } },
      ]),
    );
    const { spends } = policy.decide(paying(60));
    const recall = spend(EMPTY_RECALL, spends, NOON - ago);
    return policy.decide(paying(value, { recall, ...change })).decision.rule === "over";
  };
  it.each<[StubLeaf["value"], number, boolean]>([
    [40, 10, false],
    [41, 10, true],
    ["40", 10, false],
    ["40.01", 10, true],
    [100, 1000, false],
    [41, 999, true],
    [41, -5000, true],
    [-1, 10, true],
    ["forty", 10, true],
    [true, 10, true],
    [null, 10, true],
    ["1e400", 10, true],
  ])("with %j after 60 were spent %d ms before is exceeded: %s", (value, ago, expected) => {
    expect(exceeded(value, ago)).toBe(expected);
  });

  it("is each tool's own, and each server's", () => {
    expect(exceeded(100, 10, { tool: "other" })).toBe(false);
    expect(exceeded(100, 10, { server: "other" })).toBe(false);
    expect(exceeded(41, 10)).toBe(true);
  });

  it("that lists its tools is theirs together, and counts no other", () => {
    const shared = { ...budget, tool: ["pay_*"] };
    const policy = compilePolicy(policyOf([{ effect: "ask", when: { syscalls: ["tool.invoke"], budget: shared } }]));
    expect(policy.decide(paying(60, { tool: "pay_a" })).spends).toEqual([]);
    const observing = compilePolicy({ ...policy.document, mode: "observe" });
    const { spends } = observing.decide(paying(60, { tool: "pay_a" }));
    expect(spends).toEqual([{ key: "r0.budget", amount: 60 }]);
    const recall = spend(EMPTY_RECALL, spends, NOON);
    expect(policy.decide(paying(41, { tool: "pay_b", recall })).decision.verdict).toBe("ask");
    expect(policy.decide(paying(40, { tool: "pay_b", recall })).decision.verdict).toBe("deny");
    expect(policy.decide(paying(999, { tool: "read", recall })).decision.rule).toBe("default-deny");
  });

  it("takes an amount of nothing for one, and what is below it for none", () => {
    expect(exceeded(0, 10)).toBe(false);
    expect(exceeded(-0.01, 10)).toBe(true);
  });

  it("adds up every leaf that its path selects, and holds when there is none", () => {
    const policy = compilePolicy(documentWith({ budget: { path: "/items/*/price", over: 10 } }));
    const prices = (...all: readonly number[]): PolicyQuestion =>
      ask({ values: valuesOf(all.map((value, index) => ({ path: `/items/${String(index)}/price`, value }))) });
    expect(policy.decide(prices(5, 5)).decision.rule).toBe("default-deny");
    expect(policy.decide(prices(5, 6)).decision.rule).toBe("it");
    expect(policy.decide(prices()).decision.rule).toBe("it");
  });

  it.each(["#rest", "/items/1!/price", "/items/1/price/0", "/items!/1/price"])(
    "holds when an amount may stand at %s beside those that it adds up",
    (path) => {
      const policy = compilePolicy(documentWith({ budget: { path: "/items/*/price", over: 10 } }));
      const priced = (at: string): PolicyQuestion =>
        ask({
          values: valuesOf([
            { path: "/items/0/price", value: 1 },
            { path: at, value: 1 },
          ]),
        });
      expect(policy.decide(priced("/items/1/name")).decision.rule).toBe("default-deny");
      expect(policy.decide(priced(path)).decision.rule).toBe("it");
    },
  );
});

describe("expires", () => {
  const END = "2026-11-21T12:00:00Z";
  it.each<[string | undefined, number, string]>([
    [undefined, NOON, "allow:it"],
    [END, NOON - 1, "allow:it"],
    [END, NOON, "deny:policy-expired"],
    ["2026-11-21T13:00:00+01:00", NOON - 1, "allow:it"],
    ["2026-11-21T13:00:00+01:00", NOON, "deny:policy-expired"],
    ["2020-01-01T00:00:00Z", NOON, "deny:policy-expired"],
    ["2999-01-01T00:00:00Z", NOON, "allow:it"],
    ["", NOON, "deny:policy-expired"],
    ["tomorrow", NOON, "deny:policy-expired"],
    ["2999-01-01", NOON, "deny:policy-expired"],
    ["2999-02-30T00:00:00Z", NOON, "deny:policy-expired"],
    ["2999-01-01T00:00:00Z", Number.NaN, "deny:policy-expired"],
  ])("%j at %d: %s", (expires, wall_ms, expected) => {
    for (const mode of ["enforce", "observe"] as const) {
      const policy = compilePolicy(documentWith({}, { mode, ...(expires === undefined ? {} : { expires }) }));
      const { decision } = policy.decide(ask({ wall_ms }));
      expect(decisionName(decision)).toBe(expected);
      if (decision.verdict === "deny") expect(decision.reason).toBe("policy-expired");
    }
  });
});

describe("a grant with bounds", () => {
  const capability = { kind: "tool.invoke" as const, target: "fs/*" };
  const present: Partial<PolicyWhen> = { capability: "present" };
  const granted = (grants: PolicyDocument["grants"], change: Partial<PolicyQuestion>): number | undefined =>
    compilePolicy(documentWith(present, { grants })).decide({ ...ask(), ...change }).grant;

  it("covers until its uses are used up, and the next one after it", () => {
    const grants = [{ capability, uses: 2 }, { capability }];
    const used = (count: number): Partial<PolicyQuestion> => ({ grantsUsed: new Map([[0, count]]) });
    expect([0, 1, 2, 3].map((count) => granted(grants, used(count)))).toEqual([0, 0, 1, 1]);
    expect(granted([{ capability, uses: 1 }], used(1))).toBeUndefined();
  });

  it.each<[string, number, number | undefined]>([
    ["2026-11-21T12:00:00Z", NOON - 1, 0],
    ["2026-11-21T12:00:00Z", NOON, undefined],
    ["", NOON, undefined],
    ["soon", NOON, undefined],
  ])("that expires %j covers at %d: %s", (expires, wall_ms, expected) => {
    expect(granted([{ capability, expires }], { wall_ms })).toBe(expected);
  });

  it("is used by a rule that asked for it and may pass, not by one that denies or did not ask", () => {
    const used = (effect: "allow" | "ask" | "deny" | "defer", when: Partial<PolicyWhen>): number | undefined =>
      compilePolicy(
        policyOf([{ effect, when: { syscalls: ["tool.invoke"], ...when } }], { grants: [{ capability }] }),
      ).decide(ask()).grant;
    expect([used("allow", present), used("ask", present)]).toEqual([0, 0]);
    expect([used("deny", present), used("defer", present), used("allow", {})]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("a transform", () => {
  const changes = [{ kind: "quarantine" as const }];
  const document = policyOf([{ id: "t", effect: "transform", when: { syscalls: ["tool.invoke"] }, changes }]);

  it("hands its changes out, and none when the policy only observes", () => {
    expect(compilePolicy(document).decide(ask())).toMatchObject({
      decision: { verdict: "transform", rule: "t", reason: "policy-transform" },
      changes,
    });
    const observed = compilePolicy({ ...document, mode: "observe" }).decide(ask());
    expect(observed.decision).toEqual({ verdict: "allow", rule: "t", reason: "would-transform" });
    expect(observed.changes).toBeUndefined();
  });
});

describe("facts", () => {
  const when: Partial<PolicyWhen> = {
    labels_none: ["secret"],
    not: {
      syscalls: [],
      any: [
        { syscalls: [], tool: ["x"] },
        { syscalls: [], some: [{ path: "/a", max: 5 }] },
      ],
    },
    every: [{ path: "/a", min: 1 }],
    intent: ["pay"],
    budget: { path: "/a", over: 5 },
  };
  const policy = compilePolicy(documentWith(when));
  const values = valuesOf([{ path: "/a", value: 7 }], ["pay"]);

  it("are named by their place, in the order of evaluation", () => {
    expect(policy.decide(ask({ values })).facts).toEqual([
      ["r0.every.0", true],
      ["r0.intent", true],
      ["r0.budget", true],
      ["r0.not.any.1.some.0", false],
    ]);
  });

  it("stop at the first that does not hold, and are not asked after a cheap condition that does not", () => {
    expect(policy.decide(ask({ values: valuesOf([{ path: "/a", value: 0 }]) })).facts).toEqual([["r0.every.0", false]]);
    expect(policy.decide(ask({ values, labels: ["secret"] })).facts).toEqual([]);
  });

  it("answer for values that are gone, and a missing one throws with its place", () => {
    const facts = new Map([
      ["r0.every.0", true],
      ["r0.intent", false],
    ]);
    expect(policy.decide(ask({ facts })).decision.rule).toBe("default-deny");
    const missing = (): unknown => policy.decide(ask({ facts: new Map([["r0.every.0", true]]) }));
    expect(missing).toThrow(IndeterminateError);
    expect(missing).toThrow("no fact is recorded for `r0.intent`");
    expect(() => policy.decide(ask())).toThrow(IndeterminateError);
  });

  it("count for nothing beside the values", () => {
    const facts = new Map([["r0.every.0", false]]);
    expect(policy.decide(ask({ values, facts })).decision.rule).toBe("it");
  });
});
