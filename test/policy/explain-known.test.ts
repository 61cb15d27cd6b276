/** What a log answers of a condition that was never asked: a wrong answer would make up a decision. */
import { describe, expect, it } from "vitest";
import type { ArgumentTest, PolicyDocument, PolicyWhen } from "../../src/policy/ast.js";
import { KnownAtoms, type RecordedLeaf, type RecordedLeaves } from "../../src/policy/explain-known.js";
import { ask, policyOf } from "./fixture.js";

type Answer = boolean | undefined;
type Listed = Partial<RecordedLeaf>;
type Conditions = Partial<ArgumentTest>;

const NO_FACTS = new Map<string, boolean>();
const SOURCES = { sources: [{ path: ["/**"], labels: ["pii", "crm"] }] } satisfies Partial<PolicyDocument>;

function documentWith(when: Omit<PolicyWhen, "syscalls">, more: Partial<PolicyDocument> = {}): PolicyDocument {
  return policyOf([{ effect: "deny", when: { syscalls: ["tool.invoke"], ...when } }], { ...SOURCES, ...more });
}

function recorded(listed: readonly Listed[], more = 0, under?: PolicyDocument): RecordedLeaves {
  const leaves = listed.map((leaf) => ({ path: "/a", classes: [], labels: [], ...leaf }));
  return { listed: leaves, more, ...(under !== undefined && { under }) };
}

interface Asked {
  readonly labels?: readonly string[];
  readonly lowered?: readonly { readonly gone: readonly string[]; readonly come: readonly string[] }[];
  readonly more?: Partial<PolicyDocument>;
}

/** The answers to `every` and to `some` with the same test. */
function answers(test: Conditions, leaves: RecordedLeaves | undefined, asked: Asked = {}): readonly Answer[] {
  const whole = { path: "/a", ...test };
  const document = documentWith({ every: [whole], some: [whole] }, asked.more);
  const known = new KnownAtoms(document, ask({ labels: asked.labels ?? [] }), leaves);
  return ["r0.every.0", "r0.some.0"].map((key) => known.answer(key, NO_FACTS, asked.lowered ?? []));
}

const MANY = Array.from({ length: 16 }, (_, index) => `c${String(index)}`);

describe("what the leaves of a log answer, for every and for some", () => {
  it.each<readonly [string, Conditions, readonly Listed[], readonly Answer[]]>([
    ["of one origin", { from: ["user"] }, [{ classes: ["user"] }], [true, true]],
    ["of another origin", { from: ["nowhere"] }, [{ classes: ["untrusted"] }], [false, false]],
    ["of one of several", { from: ["nowhere", "untrusted"] }, [{ classes: ["untrusted"] }], [true, true]],
    ["of none", { from_none: ["nowhere"] }, [{ classes: ["untrusted"] }], [true, true]],
    ["of one, asked for none", { from_none: ["nowhere"] }, [{ classes: ["nowhere"] }], [false, false]],
    ["with a label", { labels_any: ["secret", "pii"] }, [{ labels: ["pii"] }], [true, true]],
    ["with all labels", { labels_all: ["secret", "pii"] }, [{ labels: ["pii", "secret"] }], [true, true]],
    ["with one of all", { labels_all: ["secret", "pii"] }, [{ labels: ["pii"] }], [false, false]],
    ["without labels", { labels_none: ["secret", "pii"] }, [{ labels: ["private"] }], [true, true]],
    ["with one of none", { labels_none: ["secret", "pii"] }, [{ labels: ["pii"] }], [false, false]],
    ["no labels asked for", { labels_any: [] }, [{}], [true, true]],
    ["what secret implies", { labels_all: ["private"] }, [{ labels: ["secret"] }], [true, true]],
    ["what poison implies", { labels_all: ["untrusted"] }, [{ labels: ["poisoned-suspect"] }], [true, true]],
    ["what neither implies", { labels_any: ["private", "untrusted"] }, [{ labels: ["pii"] }], [false, false]],
    ["one of two", { from: ["nowhere"] }, [{ classes: ["nowhere"] }, { classes: ["untrusted"] }], [false, true]],
    ["a value that is not in the log", { max: 1 }, [{}], [undefined, undefined]],
    ["a value that is not, of another origin", { from: ["nowhere"], max: 1 }, [{}], [false, false]],
    ["another place", { from: ["nowhere"] }, [{ path: "/b" }], [true, false]],
    ["a place below", { from: ["nowhere"] }, [{ path: "/a/0", classes: ["nowhere"] }], [true, true]],
    [
      "members below, with names of their own",
      { from: ["nowhere"] },
      [{ path: "/a/x", classes: ["nowhere"] }],
      [...[undefined, true]],
    ],
    ["a hidden place", { from: ["nowhere"] }, [{ path: "/?", classes: ["untrusted"] }], [undefined, false]],
    [
      "a hidden place that would pass",
      { from: ["nowhere"] },
      [{ path: "/?", classes: ["nowhere"] }],
      [true, undefined],
    ],
    ["the rest of many", { from: ["nowhere"] }, [{ path: "#?", classes: ["nowhere"] }], [undefined, undefined]],
    [
      "the rest, as the arguments have it",
      { from: ["nowhere"] },
      [{ path: "#rest", classes: ["nowhere"] }],
      [undefined, undefined],
    ],
    [
      "the rest, beside one that decides for some",
      { from: ["nowhere"] },
      [{ classes: ["nowhere"] }, { path: "#?", classes: ["user"] }],
      [undefined, true],
    ],
    ["an item of a long list", { from: ["nowhere"] }, [{ path: "/a/10", classes: ["nowhere"] }], [true, true]],
    ["members of another place", { from: ["nowhere"] }, [{ path: "/bb/x", classes: ["untrusted"] }], [true, false]],
    ["a place shown with marks", { from: ["nowhere"] }, [{ path: "/!a", classes: ["nowhere"] }], [true, true]],
    ["a list of classes that was cut", { from: ["nowhere"] }, [{ classes: MANY }], [undefined, undefined]],
    ["a list of labels that was cut", { labels_any: ["pii"] }, [{ labels: MANY }], [undefined, undefined]],
    ["a list that just was not", { from: ["nowhere"] }, [{ classes: MANY.slice(1) }], [false, false]],
    ["labels that just were not", { labels_any: ["pii"] }, [{ labels: MANY.slice(1) }], [false, false]],
    ["an origin that nothing gives", { from: ["directory:x"] }, [{ classes: MANY }], [false, false]],
    ["no leaf", { from: ["nowhere"] }, [], [true, false]],
  ])("%s", (_, test, listed, expected) => {
    expect(answers(test, recorded(listed))).toEqual(expected);
  });

  it("what a pattern selects may be about names, which no log lists", () => {
    const leaf = { path: "/b/c", classes: ["nowhere"] };
    expect(answers({ path: "/*", from: ["nowhere"] }, recorded([leaf]))).toEqual([undefined, true]);
    expect(answers({ path: "/**", from: ["untrusted"] }, recorded([leaf]))).toEqual([false, undefined]);
  });

  it("leaves that are not listed leave it open, unless none could be otherwise", () => {
    const one = [{ classes: ["nowhere"] }];
    expect(answers({ from: ["nowhere"] }, recorded(one, 1))).toEqual([undefined, true]);
    expect(answers({ from: ["untrusted"] }, recorded(one, 1))).toEqual([false, undefined]);
    expect(answers({ from: ["directory:x"] }, recorded([], 1))).toEqual([undefined, false]);
    expect(answers({ from_none: ["directory:x"] }, recorded([], 1))).toEqual([true, undefined]);
    expect(answers({ from: ["nowhere"] }, undefined)).toEqual([undefined, undefined]);
  });

  it("a leaf that is not listed has no label that its session has not, unless labels were released", () => {
    const none = recorded([], 1);
    expect(answers({ labels_any: ["pii"] }, none)).toEqual([undefined, false]);
    expect(answers({ labels_none: ["pii"] }, none)).toEqual([true, undefined]);
    expect(answers({ labels_any: ["pii"] }, none, { labels: ["pii"] })).toEqual([undefined, undefined]);
    expect(answers({ labels_any: ["trusted"] }, none)).toEqual([undefined, undefined]);
    const trust = { client_prompt: "none", context_socket: false, release: true } as const;
    expect(answers({ labels_any: ["pii"] }, none, { more: { trust } })).toEqual([undefined, undefined]);
  });

  it("labels taken for lower go and come, of every leaf", () => {
    const lowered = [{ gone: ["untrusted"], come: ["trusted"] }];
    const leaf = recorded([{ labels: ["untrusted"] }]);
    expect(answers({ labels_any: ["untrusted"] }, leaf, { lowered })).toEqual([false, false]);
    expect(answers({ labels_any: ["trusted"] }, leaf, { lowered })).toEqual([true, true]);
    expect(answers({ labels_any: ["private"] }, leaf, { lowered })).toEqual([false, false]);
  });

  it("what only the policy asked now gives is not known of a call under another", () => {
    const under = documentWith({}, { sources: [] });
    const leaf = { classes: ["nowhere"], labels: ["private"] };
    expect(answers({ from: ["crm"] }, recorded([leaf], 0, under))).toEqual([undefined, undefined]);
    expect(answers({ labels_any: ["pii"] }, recorded([leaf], 0, under))).toEqual([undefined, undefined]);
    expect(answers({ from: ["crm"] }, recorded([leaf]))).toEqual([false, false]);
  });
});

describe("what the answers to other conditions tell", () => {
  const document = documentWith({
    every: [
      { path: "/a", max: 1 },
      { path: "/a", max: 9 },
      { path: "/b", max: 1 },
    ],
    some: [{ path: "/a", min: 5 }],
    intent: ["pay"],
  });
  const known = (): KnownAtoms => new KnownAtoms(document, ask(), undefined);

  it.each<readonly [string, readonly (readonly [string, boolean])[], Answer]>([
    ["r0.every.1", [["r0.every.0", true]], true],
    ["r0.every.0", [["r0.every.1", false]], false],
    ["r0.every.0", [["r0.every.1", true]], undefined],
    ["r0.some.0", [["r0.every.0", true]], false],
    ["r0.every.2", [["r0.every.0", true]], undefined],
    ["r0.every.1", [["r7.every.0", true]], undefined],
    ["r0.intent", [], false],
    ["r9.every.0", [], undefined],
  ])("%s after %j: %s", (key, facts, expected) => {
    expect(known().answer(key, new Map(facts), [])).toBe(expected);
  });

  it("the user has said nothing where no channel of theirs is named, and is not known to have where one is", () => {
    const trust = { client_prompt: "_meta", context_socket: false, release: false } as const;
    const answer = (more: Partial<PolicyDocument>): Answer =>
      new KnownAtoms(documentWith({ intent: ["pay"] }, more), ask(), undefined).answer("r0.intent", NO_FACTS, []);
    expect([answer({}), answer({ trust })]).toEqual([false, undefined]);
  });

  it("a condition is found under its key, also within others", () => {
    const nested = documentWith({ not: { syscalls: [], only: ["a"] } });
    const atoms = new KnownAtoms(nested, ask(), undefined);
    expect(atoms.part("r0.not.only")).toMatchObject({ on: "only", names: ["a"] });
    expect(atoms.part("r1.not.only")).toBeUndefined();
  });
});

it.each<readonly [Conditions, Answer]>([
  [{ labels_any: ["private"] }, false],
  [{ labels_all: ["private"] }, false],
  [{ labels_none: ["private"] }, true],
  [{ from: ["nowhere"] }, undefined],
])("lower labels answer only what is asked of labels: %j: %s", (test, expected) => {
  const document = documentWith({ some: [{ path: "/a", ...test }], only: ["a"] });
  const leaves = recorded([{ labels: ["private"], classes: ["nowhere"] }]);
  const known = new KnownAtoms(document, ask({ labels: ["private"] }), leaves);
  expect(known.byLabels("r0.some.0", [{ gone: ["private"], come: [] }])).toBe(expected);
  expect(known.byLabels("r0.only", [])).toBeUndefined();
});
