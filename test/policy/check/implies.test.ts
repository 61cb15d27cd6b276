/** What follows, what clashes, and where nothing is claimed; that no claim is wrong is soundness.test.ts's. */
import { describe, expect, it } from "vitest";
import type { HistoryTest, PolicyWhen, TimeWindow } from "../../../src/policy/ast.js";
import { boundsOf, excludes, impliesAll, Steps } from "../../../src/policy/check/implies.js";
import { partsOf, type Part } from "../../../src/policy/check/parts.js";

/** A condition without its syscalls, which is what is compared. */
interface When extends Omit<PolicyWhen, "syscalls" | "any" | "not" | "all"> {
  readonly any?: readonly When[];
  readonly not?: When;
}
type Pair = readonly [string, When, When];

function whole({ any, not, ...rest }: When): PolicyWhen {
  const inner = { ...(any !== undefined && { any: any.map(whole) }), ...(not !== undefined && { not: whole(not) }) };
  return { syscalls: [], ...rest, ...inner };
}

const parts = (when: When): readonly Part[] => partsOf(whole(when));
const follows = (known: When, wanted: When): boolean => impliesAll(parts(known), parts(wanted), new Steps().begin());
const clash = (one: When, other: When): boolean => excludes(parts(one), parts(other), new Steps().begin());

const window = (from: number, to: number, more: Partial<TimeWindow> = {}): When => ({
  time: { from, to, utc_offset: 0, ...more },
});
const calls = (test: HistoryTest): When => ({ history: [test] });
const EVERY_SMALL: When = { every: [{ path: "/a", max: 3 }] };
const SOME_SMALL: When = { some: [{ path: "/a", max: 3 }] };
const BUDGET = { path: "/a", over: 1 };

const FOLLOWS: readonly Pair[] = [
  ["nothing", { tool: ["a"] }, {}],
  ["names within a glob", { tool: ["ab", "ac"] }, { tool: ["a*"] }],
  ["any server, agent and target", {}, { server: ["x", "**"], agent: ["*"], target: ["*"] }],
  ["acts within acts", { act: ["read"] }, { act: ["write", "read"] }],
  ["risks within risks", { risk: ["low"] }, { risk: ["low", "high"] }],
  ["a URL of fewer", { url: { scheme: ["https"], port: [443] } }, { url: { scheme: ["http", "https"] } }],
  ["a host and a port", { url: { host: ["a"], port: [1] } }, { url: { host: ["a", "b"], port: [1, 2] } }],
  ["a folder of several", { under: { under: ["/a"] } }, { under: { under: ["/a", "/b"] } }],
  ["every value of a place", { every: [{ path: "/**", max: 3 }] }, { every: [{ path: "/a", max: 9 }] }],
  ["some value anywhere", SOME_SMALL, { some: [{ path: "/**", max: 9 }] }],
  ["states within states", { descriptor: ["listed"] }, { descriptor: ["changed", "listed"] }],
  ["names within names", { only: ["a"] }, { only: ["a", "b"] }],
  ["phrases within phrases", { intent: ["pay"] }, { intent: ["pay", "send"] }],
  ["any words of the user", { intent: ["pay"] }, { intent: ["send", "*"] }],
  ["fewer calls at least", calls({ at_least: 3 }), calls({ at_least: 2 })],
  ["more calls at most", calls({ at_most: 2 }), calls({ at_most: 3 })],
  ["one call, where nothing is said", calls({ at_most: 4, at_least: 1 }), calls({})],
  ["wider bounds at one end", calls({ at_least: 2, at_most: 3 }), calls({ at_least: 2, at_most: 4 })],
  ["wider bounds at the other", calls({ at_least: 2, at_most: 3 }), calls({ at_least: 1, at_most: 3 })],
  ["a longer day", window(540, 1020), window(480, 1080)],
  ["a day that ends later", window(540, 1020), window(540, 1080)],
  ["a day that begins earlier", window(540, 1020, { days: ["mon"] }), window(480, 1020, { days: ["mon"] })],
  ["what is so in each case", { any: [{ tool: ["a"] }, { tool: ["b"] }] }, { tool: ["a", "b"] }],
  [
    "what is so in each case with the rest",
    { any: [{ tool: ["a"] }, { act: ["read"] }], tool: ["a"] },
    { tool: ["a"] },
  ],
  ["one of several", { tool: ["a"] }, { any: [{ server: ["s"] }, { tool: ["a"] }] }],
  ["that the other is not so", { tool: ["x"] }, { not: { tool: ["a*"] } }],
  ["a budget, from itself", { budget: BUDGET }, { budget: BUDGET }],
  ["a label of several", { labels_all: ["secret"] }, { labels_any: ["private", "pii"] }],
];

const NOT_SHOWN: readonly Pair[] = [
  ["a name outside the glob", { tool: ["ab", "b"] }, { tool: ["a*"] }],
  ["another name of the call", { server: ["a"] }, { tool: ["a"] }],
  ["that there is a tool", {}, { tool: ["*"] }],
  ["one server", {}, { server: ["a*"] }],
  ["fewer acts", { act: ["read", "write"] }, { act: ["read"] }],
  ["fewer risks", { risk: ["low", "high"] }, { risk: ["low"] }],
  ["another scheme", { url: { scheme: ["http"] } }, { url: { scheme: ["https"] } }],
  ["another host", { url: { host: ["a"] } }, { url: { host: ["b"] } }],
  ["another port", { url: { port: [1] } }, { url: { port: [2] } }],
  ["a port that is not known", { url: { host: ["a"] } }, { url: { host: ["a"], port: [2] } }],
  ["another folder", { under: { under: ["/a", "/b"] } }, { under: { under: ["/a"] } }],
  [
    "a folder in other letters",
    { under: { under: ["/a"], case: "insensitive" } },
    { under: { under: ["/a"], case: "sensitive" } },
  ],
  ["every value anywhere", EVERY_SMALL, { every: [{ path: "/**", max: 9 }] }],
  ["every smaller value", { every: [{ path: "/**", max: 9 }] }, { every: [{ path: "/a", max: 3 }] }],
  ["some value at the place", { some: [{ path: "/**", max: 3 }] }, SOME_SMALL],
  ["some smaller value", { some: [{ path: "/a", max: 9 }] }, SOME_SMALL],
  ["that there is a value", EVERY_SMALL, SOME_SMALL],
  ["fewer states", { descriptor: ["listed", "changed"] }, { descriptor: ["listed"] }],
  ["fewer names", { only: ["a", "b"] }, { only: ["a"] }],
  ["another phrase", { intent: ["pay"] }, { intent: ["send"] }],
  ["words of the user", {}, { intent: ["*"] }],
  ["more calls", calls({ at_least: 1 }), calls({ at_least: 2 })],
  ["fewer calls", calls({ at_most: 3 }), calls({ at_most: 2 })],
  ["a call, where none need be", calls({ at_most: 3 }), calls({})],
  ["fewer at most", calls({ at_least: 2, at_most: 5 }), calls({ at_least: 2, at_most: 4 })],
  ["more at least", calls({ at_least: 1, at_most: 4 }), calls({ at_least: 2, at_most: 4 })],
  ...(
    [
      { syscalls: ["tool.invoke"] },
      { server: ["s"] },
      { tool: ["t"] },
      { target: ["t"] },
      { act: ["read"] },
      { within_ms: 1 },
    ] as const
  ).map((filter): Pair => [
    `calls of one ${Object.keys(filter).join()}`,
    calls({ at_least: 2 }),
    calls({ at_least: 1, ...filter }),
  ]),
  ["a day that begins later", window(420, 1020), window(480, 1080)],
  ["a day that ends earlier", window(540, 1140), window(480, 1080)],
  ["other days", window(540, 1020, { days: ["mon"] }), window(480, 1080, { days: ["tue"] })],
  ["another zone", window(540, 1020), window(480, 1080, { utc_offset: 60 })],
  ["a window of the day, by one over midnight", window(600, 300), window(300, 500)],
  ["what is so in one case", { any: [{ tool: ["a"] }, { tool: ["x"] }] }, { tool: ["a", "b"] }],
  ["none of several", { tool: ["x"] }, { any: [{ server: ["s"] }, { tool: ["a"] }] }],
  ["that the other is not so", { tool: ["*"] }, { not: { tool: ["a*"] } }],
  ["a part of it", { tool: ["a"] }, { tool: ["a"], server: ["s"] }],
  ["a budget of another rule", { budget: { path: "/a", over: 1 } }, { budget: { path: "/a", over: 1 } }],
];

describe("what follows", () => {
  it.each(FOLLOWS)("%s", (_, known, wanted) => {
    expect(follows(known, wanted)).toBe(true);
  });

  it.each(NOT_SHOWN)("is not %s", (_, known, wanted) => {
    expect(follows(known, wanted)).toBe(false);
  });
});

const CLASH: readonly Pair[] = [
  ["names", { tool: ["a*"] }, { tool: ["b*", "c"] }],
  ["acts", { act: ["read"] }, { act: ["write", "send"] }],
  ["risks", { risk: ["low"] }, { risk: ["high"] }],
  ["states", { descriptor: ["listed"] }, { descriptor: ["changed"] }],
  ["capability", { capability: "present" }, { capability: "missing" }],
  ["schemes", { url: { scheme: ["http"] } }, { url: { scheme: ["https"] } }],
  ["ports", { url: { port: [80] } }, { url: { port: [443] } }],
  ["more and fewer calls", calls({ at_least: 3 }), calls({ at_most: 2 })],
  ["times of day", window(480, 540), window(540, 600)],
  ["labels", { labels_all: ["secret"] }, { labels_none: ["private"] }],
  ["a name and its denial", { tool: ["ab"] }, { not: { tool: ["a*"] } }],
  ["a name and each of several", { tool: ["x"] }, { any: [{ tool: ["a"] }, { tool: ["b"] }] }],
  ["every value and some value", { every: [{ path: "/**", max: 4 }] }, { some: [{ path: "/a", min: 5 }] }],
  ["each case with something", { any: [{ tool: ["a"] }, { act: ["read"] }] }, { tool: ["b"], act: ["send"] }],
];

const NO_CLASH: readonly Pair[] = [
  ["names", { tool: ["a*"] }, { tool: ["*b"] }],
  ["names of different things", { tool: ["a"] }, { server: ["b"] }],
  ["acts", { act: ["read", "send"] }, { act: ["write", "send"] }],
  ["risks", { risk: ["low", "high"] }, { risk: ["medium", "high"] }],
  ["states", { descriptor: ["listed", "unknown"] }, { descriptor: ["changed", "unknown"] }],
  ["capability", { capability: "present" }, { capability: "present" }],
  ["schemes", { url: { scheme: ["http", "ftp"] } }, { url: { scheme: ["https", "ftp"] } }],
  ["a scheme and a port", { url: { scheme: ["http"] } }, { url: { port: [443] } }],
  ["hosts, of which two spellings can be one", { url: { host: ["a"] } }, { url: { host: ["b"] } }],
  ["as many calls as both allow", calls({ at_least: 2 }), calls({ at_most: 2 })],
  ["calls of different tools", calls({ at_least: 3, tool: ["a"] }), calls({ at_most: 2 })],
  ["times of day", window(480, 541), window(540, 600)],
  ["times on different days", window(480, 540, { days: ["mon"] }), window(540, 600, { days: ["tue"] })],
  ["times of different zones", window(480, 540), window(540, 600, { utc_offset: 60 })],
  ["a time over midnight", window(300, 500), window(600, 400)],
  ["a name and the denial of some of it", { tool: ["a*"] }, { not: { tool: ["a"] } }],
  ["a name and one of several", { tool: ["x"] }, { any: [{ tool: ["a"] }, { tool: ["x"] }] }],
  ["every value of one place and some value anywhere", EVERY_SMALL, { some: [{ path: "/**", min: 5 }] }],
  ["values that pass both", { every: [{ path: "/**", max: 5 }] }, { some: [{ path: "/a", min: 5 }] }],
  ["every and every, where there may be no value", EVERY_SMALL, { every: [{ path: "/a", min: 5 }] }],
  ["some and some, which may be two values", SOME_SMALL, { some: [{ path: "/a", min: 5 }] }],
  ["one case of several", { any: [{ tool: ["a"] }, { act: ["read"] }] }, { tool: ["b"] }],
];

describe("what clashes", () => {
  it.each(CLASH)("%s, whichever comes first", (_, one, other) => {
    expect([clash(one, other), clash(other, one)]).toEqual([true, true]);
  });

  it.each(NO_CLASH)("is not %s, whichever comes first", (_, one, other) => {
    expect([clash(one, other), clash(other, one)]).toEqual([false, false]);
  });
});

describe("how far is looked", () => {
  const yes = (): boolean => true;
  const nested = (depth: number): When => (depth === 0 ? { tool: ["a*"] } : { not: nested(depth - 1) });

  it("goes into what is denied again and again, and gives up beyond sixty levels", () => {
    const [shallow, deep] = [new Steps(), new Steps()];
    expect(impliesAll(parts({ tool: ["ab"] }), parts(nested(20)), shallow.begin())).toBe(true);
    expect(shallow.hasRunOut).toBe(false);
    expect(impliesAll(parts({ tool: ["ab"] }), parts(nested(200)), deep.begin())).toBe(false);
    expect(deep.hasRunOut).toBe(true);
  });

  it("answers within levels that were left again", () => {
    const steps = new Steps().begin();
    for (let times = 0; times < 100; times++) expect(steps.take(0, yes)).toBe(true);
    let levels = 0;
    const enter = (): boolean => steps.take(0, () => (levels++, enter()));
    expect([enter(), levels, steps.hasRunOut]).toEqual([false, 60, true]);
  });

  it.each([
    [[19_998], true],
    [[19_999], false],
    [[9_998, 9_998], true],
    [[9_999, 9_999], false],
  ])("a question that looks at %j parts is answered: %s", (sizes, is) => {
    const steps = new Steps().begin();
    expect(sizes.every((size) => steps.take(size, yes))).toBe(is);
    expect(steps.hasRunOut).toBe(!is);
    expect(steps.begin().take(1, yes)).toBe(true);
  });

  it("what is asked for counts as much as what is known", () => {
    const clashing = (["has", "lacks"] as const).map((on): Part => ({ on, label: "pii", at: [] }));
    const many = Array.from({ length: 9_999 }, () => clashing).flat();
    const ask = (known: readonly Part[], others: readonly Part[]): readonly boolean[] => {
      const steps = new Steps().begin();
      return [excludes(known, others, steps), steps.hasRunOut];
    };
    expect(ask(many, [])).toEqual([true, false]);
    expect(ask([], many)).toEqual([true, false]);
    expect(ask(clashing, many)).toEqual([false, true]);
  });

  it("all questions together look at four million parts", () => {
    const steps = new Steps();
    for (let times = 0; times < 200; times++) expect(steps.begin().take(19_998, yes)).toBe(true);
    expect(steps.hasRunOut).toBe(false);
    expect([steps.begin().take(198, yes), steps.begin().take(1, yes)]).toEqual([true, false]);
    expect(steps.hasRunOut).toBe(true);
  });
});

it.each([
  [{}, [1, Infinity]],
  [{ at_least: 3 }, [3, Infinity]],
  [{ at_most: 3 }, [0, 3]],
  [{ at_least: 0, at_most: 0 }, [0, 0]],
])("the calls of %j are %j", (test, bounds) => {
  expect(boundsOf(test)).toEqual(bounds);
});
