/** The fewest changes after which a call would pass: which are offered, in what words, and what is taken for granted. */
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../src/abi/decision.js";
import type { ArgumentTest, PolicyDocument, PolicyRule, PolicyWhen } from "../../src/policy/ast.js";
import type { PolicyQuestion } from "../../src/policy/compile.js";
import type { RecordedLeaf, RecordedLeaves } from "../../src/policy/explain-known.js";
import { nearestAllows } from "../../src/policy/explain-search.js";
import { ask, policyOf } from "./fixture.js";

type Body = Omit<PolicyRule, "id">;
type Conditions = Omit<PolicyWhen, "syscalls">;

function rule(effect: Verdict, when: Conditions = {}): Body {
  return { effect, when: { syscalls: ["tool.invoke"], ...when } };
}

function listed(...leaves: readonly Partial<RecordedLeaf>[]): RecordedLeaves {
  return { listed: leaves.map((leaf) => ({ path: "/a", classes: [], labels: [], ...leaf })), more: 0 };
}

interface Denied {
  readonly labels?: readonly string[];
  readonly facts?: Readonly<Record<string, boolean>>;
  readonly leaves?: RecordedLeaves;
  readonly asked?: Partial<Omit<PolicyQuestion, "labels">>;
  readonly document?: Partial<PolicyDocument>;
}

function search(rules: readonly Body[], denied: Denied = {}): ReturnType<typeof nearestAllows> {
  const { labels = [], facts = {}, leaves, asked = {}, document } = denied;
  const question = { ...ask({ labels, ...asked }), facts: new Map(Object.entries(facts)) };
  return nearestAllows(policyOf(rules, document), question, leaves);
}

/** Each suggestion as its changes in words. */
function changes(...given: Parameters<typeof search>): readonly (readonly string[])[] {
  return search(...given).map((suggestion) => suggestion.changes.map(({ says }) => says));
}

const at = (place: string, test: Omit<ArgumentTest, "path">): ArgumentTest => ({ path: place, ...test });
const A = at("/a", { equals: "x" });
const B = at("/b", { equals: "y" });
const A_IS = "every value at `/a` is `x`";
const B_IS = "every value at `/b` is `y`";
const ONLY_A = "the arguments are no others than `a`";
const NOT_A = `it were not so that ${A_IS}`;
const NOT_B = `it were not so that ${B_IS}`;
const NOTHING = {
  poison: "nothing read looked like an attempt to steer",
  untrusted: "nothing untrusted was read",
  secret: "nothing secret was read",
  private: "nothing private was read",
  external: "nothing external was read",
};

describe("changes of labels", () => {
  it.each([
    ["poisoned-suspect", NOTHING.poison],
    ["untrusted", NOTHING.untrusted],
    ["secret", NOTHING.secret],
    ["private", NOTHING.private],
    ["external", NOTHING.external],
    ["pii", "nothing labelled `pii` was read"],
  ])("a denial for %s alone: %s", (label, says) => {
    const rules = [rule("deny", { labels_any: [label] }), rule("allow")];
    const decision = "allow:r1";
    expect(search(rules, { labels: [label] })).toEqual([{ changes: [{ kind: "label", says }], assumes: [], decision }]);
  });

  it("what is lower takes with it what it implies, and no more", () => {
    const labels = ["untrusted", "poisoned-suspect", "private", "secret"];
    const both = (names: readonly string[]): readonly Body[] => [rule("deny", { labels_any: names }), rule("allow")];
    expect(changes(both(["untrusted", "poisoned-suspect"]), { labels })).toEqual([[NOTHING.untrusted]]);
    expect(changes(both(["private", "secret"]), { labels })).toEqual([[NOTHING.private]]);
    expect(changes(both(["poisoned-suspect"]), { labels })).toEqual([[NOTHING.poison], [NOTHING.untrusted]]);
    expect(changes(both(["secret"]), { labels })).toEqual([[NOTHING.secret], [NOTHING.private]]);
  });

  it("what is not untrusted is trusted", () => {
    const rules = [rule("allow", { labels_any: ["trusted"] })];
    expect(changes(rules, { labels: ["untrusted"] })).toEqual([[NOTHING.untrusted]]);
  });

  it("a label that the session has not cannot go", () => {
    expect(changes([rule("allow", { labels_any: ["trusted"] })], { labels: ["private"] })).toEqual([]);
  });

  it("`trusted` is no label that one would want to lose", () => {
    const rules = [rule("deny", { labels_any: ["trusted"] }), rule("allow")];
    expect(changes(rules, { labels: ["trusted"] })).toEqual([]);
  });

  it("a recorded answer about labels of leaves goes with the label, and one about anything else stays", () => {
    const private_ = [at("/**", { labels_any: ["private"] })];
    const public_ = [at("/**", { labels_none: ["private"] })];
    const denied = { labels: ["private"], leaves: listed({ labels: ["private"] }) };
    const some = [rule("deny", { some: private_ }), rule("allow")];
    expect(changes(some, { ...denied, facts: { "r0.some.0": true } })).toEqual([
      [NOTHING.private],
      ["it were not so that some value at `/**` is labelled `private`"],
    ]);
    expect(changes([rule("allow", { every: public_ })], { ...denied, facts: { "r0.every.0": false } })).toEqual([
      [NOTHING.private],
      ["every value at `/**` is labelled with none of `private`"],
    ]);
    const only = [rule("deny", { not: { syscalls: [], only: ["a"] } }), ...some];
    const facts = { "r0.not.only": true, "r1.some.0": true };
    expect(changes(only, { ...denied, facts })[0]).toEqual([NOTHING.private]);
  });
});

describe("a grant", () => {
  it.each(["bank/\\*", "bank/w*", "bank/w?", "C:\\tools\\", "plain"])("of the target %s is of that alone", (target) => {
    const asked = { target, agent: "agent://mcp/*\\" };
    const [found, ...others] = search([rule("allow", { capability: "present" })], { asked });
    expect(others).toEqual([]);
    expect(found?.decision).toBe("allow:r0");
    expect(found?.changes).toMatchObject([{ kind: "grant" }]);
    expect(found?.changes[0]?.says).toContain(`\`tool.invoke:${target}\``);
  });

  it("is offered beside those that the policy has", () => {
    const grants = [{ capability: { kind: "tool.invoke" as const, target: "other" } }];
    const rules = [rule("allow", { capability: "present", labels_none: ["private"] })];
    const [found] = changes(rules, { labels: ["private"], document: { grants } });
    expect(found).toEqual([NOTHING.private, "the operator granted `tool.invoke:fs/read_file` to `agent://mcp/one`"]);
  });
});

describe("changes that are needed together", () => {
  const TAGS = ["a1", "a2", "a3", "a4"];
  const each = (tags: readonly string[]): readonly Body[] => [
    ...tags.map((tag) => rule("deny", { labels_any: [tag] })),
    rule("allow"),
  ];
  const gone = (tag: string): string => `nothing labelled \`${tag}\` was read`;

  it("are offered once, in whatever order they could be made", () => {
    expect(changes(each(["a1", "a2"]), { labels: TAGS })).toEqual([[gone("a1"), gone("a2")]]);
    const rules = [rule("deny", { every: [A] }), rule("deny", { every: [B] }), rule("allow")];
    const facts = { "r0.every.0": true, "r1.every.0": true };
    expect(changes(rules, { facts })).toEqual([[NOT_A, NOT_B]]);
  });

  it("are three at most", () => {
    expect(changes(each(["a1", "a2", "a3"]), { labels: TAGS })).toEqual([[gone("a1"), gone("a2"), gone("a3")]]);
    expect(changes(each(TAGS), { labels: TAGS })).toEqual([]);
  });

  it("each of several answers that would do is offered, up to three, and a smaller choice alone", () => {
    const places = ["/a", "/b", "/c", "/d"];
    const rules = places.map((place) => rule("allow", { every: [at(place, { equals: "x" })] }));
    const facts = Object.fromEntries(places.map((_, index) => [`r${String(index)}.every.0`, false]));
    const says = (place: string): readonly string[] => [`every value at \`${place}\` is \`x\``];
    expect(changes(rules.slice(0, 2), { facts })).toEqual([says("/a"), says("/b")]);
    expect(changes(rules, { facts })).toEqual([says("/a"), says("/b"), says("/c")]);
  });

  it("those that take least for granted come first", () => {
    const rules = [rule("allow", { every: [A], some: [B] }), rule("allow", { intent: ["pay"] })];
    const facts = { "r0.every.0": false, "r1.intent": false };
    expect(search(rules, { facts }).map(({ assumes, decision }) => [decision, assumes.length])).toEqual([
      ["allow:r1", 0],
      ["allow:r0", 1],
    ]);
  });

  it("an answer that no condition of the policy asks for is no change", () => {
    const denied = { labels: ["private"], facts: { "r7.every.0": true } };
    expect(changes([rule("deny")], denied)).toEqual([]);
    expect(changes([rule("allow", { labels_none: ["private"] })], denied)).toEqual([[NOTHING.private]]);
  });
});

describe("what was never asked is taken for what helps", () => {
  const FIRST = rule("deny", { labels_any: ["private"] });
  const not = (when: Conditions): Conditions => ({ not: { syscalls: [], ...when } });
  const assumed = (...rules: readonly Body[]): readonly unknown[] => {
    return search([FIRST, ...rules], { labels: ["private"] }).map(({ assumes, decision }) => [decision, ...assumes]);
  };
  const both = { every: [A, B] };

  it.each<readonly [string, Body, readonly string[]]>([
    ["an allow holds", rule("allow", both), ["allow:r1", A_IS, B_IS]],
    ["all of an allow's conditions hold", rule("allow", { only: ["a"], every: [A] }), ["allow:r1", ONLY_A, A_IS]],
    ["a transform holds", { ...rule("transform", both), changes: [] }, ["transform:r1", A_IS, B_IS]],
    ["a denial does not", rule("deny", both), ["allow:r2", NOT_A]],
    ["a question does not", rule("ask", both), ["allow:r2", NOT_A]],
    ["what an allow excludes does not hold", rule("allow", not(both)), ["allow:r1", NOT_A]],
    ["what a denial excludes holds", rule("deny", not(both)), ["allow:r2", A_IS, B_IS]],
    ["what an allow does not exclude holds", rule("allow", not(not(both))), ["allow:r1", A_IS, B_IS]],
    ["what a denial does not exclude does not hold", rule("deny", not(not(both))), ["allow:r2", NOT_A]],
  ])("%s", (_, body, expected) => {
    expect(assumed(body, rule("allow"))).toEqual([expected]);
  });

  it("where that leads nowhere, the other answer is tried", () => {
    const least = at("/a", { max: 1 });
    const most = at("/a", { max: 9 });
    const rules = [
      FIRST,
      // Never met: the value is a stranger's.
      rule("allow", { every: [least, at("/a", { from: ["user"] })] }),
      rule("deny", { every: [most] }),
      rule("allow"),
    ];
    const found = search(rules, { labels: ["private"], leaves: listed({ classes: ["untrusted"] }) });
    const unsaid = (most: string): string => `it were not so that every value at \`/a\` is at most ${most}`;
    expect(found.map(({ assumes }) => assumes)).toEqual([[unsaid("1"), unsaid("9")]]);
  });

  it("an answer that follows from another is a change as well, and is not taken for granted", () => {
    const rules = [FIRST, rule("deny", { some: [at("/a", { from: ["untrusted"] })] }), rule("allow")];
    const found = search(rules, { labels: ["private"], leaves: listed({ classes: ["untrusted"] }) });
    expect(found).toEqual([
      {
        changes: [
          { kind: "label", says: NOTHING.private },
          { kind: "fact", says: "it were not so that some value at `/a` comes from `untrusted`" },
        ],
        assumes: [],
        decision: "allow:r2",
      },
    ]);
  });
});

describe("the search ends", () => {
  it("a choice is decided two hundred times at most", () => {
    const rules = (count: number): readonly Body[] => {
      const unknown = Array.from({ length: count }, (_, index) => at(`/a${String(index)}`, { labels_any: ["pii"] }));
      return [rule("allow", { some: unknown })];
    };
    expect(search(rules(199), { labels: ["pii"] })[0]?.assumes).toHaveLength(199);
    expect(search(rules(200), { labels: ["pii"] })).toEqual([]);
  });

  it("choices are made only while decisions are left for them", () => {
    const rules = Array.from({ length: 50 }, () => rule("deny", { intent: ["pay"] }));
    const facts = new Map(rules.map((_, index) => [`r${String(index)}.intent`, false]));
    expect(nearestAllows(policyOf(rules), { ...ask(), facts, labels: new Watched(1000) })).toEqual([]);
  });

  it("in all it is decided twelve thousand times at most", () => {
    // With a grant 155 changes, tried alone, then each with itself and those after it: t133 with t139 is the 12000th choice,
    // and what was found is not counted.
    const labels = Array.from({ length: 154 }, (_, index) => `t${String(index)}`);
    const without = (...gone: readonly string[]): Body => rule("allow", { labels_none: gone });
    const found = search([without("t133", "t139"), without("t133", "t141")], { labels });
    expect(found.map(({ decision }) => decision)).toEqual(["allow:r0"]);
  });
});

/** Labels that may be gone through so often: it is done once for each choice that others are made of. */
class Watched extends Set<string> {
  private left: number;

  constructor(most: number) {
    super();
    this.left = most;
  }

  override [Symbol.iterator](): ReturnType<Set<string>["values"]> {
    if (--this.left < 0) throw new Error("more choices were made than can be decided");
    return this.values();
  }
}
