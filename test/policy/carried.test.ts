/** Facts of one policy under another: only what says the same, and only what both policies know alike. */
import { describe, expect, it } from "vitest";
import type { ArgumentTest, PolicyWhen } from "../../src/policy/ast.js";
import { factCarrier, placesOf, type Shared } from "../../src/policy/carried.js";
import { policyOf } from "./fixture.js";

const when = (more: Partial<PolicyWhen>): PolicyWhen => ({ syscalls: ["tool.invoke"], ...more });
const documentOf = (...whens: readonly Partial<PolicyWhen>[]): ReturnType<typeof policyOf> =>
  policyOf(whens.map((more) => ({ effect: "deny", when: when(more) })));

const ONLY_TO = { only: ["to"] };
const ONLY_CC = { only: ["cc"] };
const SMALL: ArgumentTest = { path: "/amount", max: 5 };

/** What is carried of the fact that each condition of the document held, to the same document. */
function carriedAlike(more: Partial<PolicyWhen>, shared: Shared): number {
  const document = documentOf(more);
  const facts = new Map(placesOf(document).map(([key]) => [key, true] as const));
  const carried = factCarrier(document, document)(facts, shared);
  expect(facts.size).toBe(1);
  return carried.size;
}

describe("placesOf", () => {
  it("names every condition by its rule and its way, those within others too", () => {
    const places = placesOf(
      documentOf({ tool: ["a"], any: [{ syscalls: [], every: [SMALL] }] }, { not: { syscalls: [], ...ONLY_TO } }),
    );
    expect(places.map(([key, { on }]) => [key, on])).toEqual([
      ["r0.tool", "globs"],
      ["r0.any", "any"],
      ["r0.any.0.every.0", "every"],
      ["r1.not", "not"],
      ["r1.not.only", "only"],
    ]);
  });
});

describe("factCarrier", () => {
  it("carries an answer to every place that says the same, and to no other", () => {
    const carry = factCarrier(
      documentOf(ONLY_TO, ONLY_CC),
      documentOf(ONLY_CC, { every: [SMALL], not: { syscalls: [], ...ONLY_TO } }, ONLY_TO),
    );
    const facts = new Map([
      ["r0.only", true],
      ["r1.only", false],
    ]);
    expect(carry(facts, "labels")).toEqual(
      new Map([
        ["r1.not.only", true],
        ["r2.only", true],
        ["r0.only", false],
      ]),
    );
  });

  it("carries no answer of a condition that the new policy does not have, or that the old one never had", () => {
    const carry = factCarrier(documentOf(ONLY_TO), documentOf(ONLY_CC));
    const facts = new Map([
      ["r0.only", true],
      ["r7.only", true],
    ]);
    expect(carry(facts, "labels").size).toBe(0);
  });

  it("leaves everything as it is between calls that one document judged", () => {
    const facts = new Map([["r0.budget", true]]);
    expect(factCarrier(documentOf(ONLY_TO), documentOf(ONLY_TO))(facts, "all")).toEqual(facts);
  });

  it.each<[string, Partial<PolicyWhen>, labels: number, listings: number, args: number]>([
    ["the names of the arguments", ONLY_TO, 1, 1, 1],
    ["the value of each argument", { every: [SMALL] }, 1, 1, 1],
    ["the value of some argument", { some: [SMALL] }, 1, 1, 1],
    ["what a tool's listing says", { descriptor: ["changed"] }, 1, 1, 0],
    ["what the user said", { intent: ["pay"] }, 1, 0, 0],
    ["a budget", { budget: { path: "/amount", over: 5 } }, 0, 0, 0],
    ["earlier calls", { history: [{ tool: ["pay"] }] }, 0, 0, 0],
    ["the time", { time: { from: 0, to: 60, utc_offset: 0 } }, 0, 0, 0],
    ["the tool's name", { tool: ["pay"] }, 0, 0, 0],
    ["a label", { labels_all: ["untrusted"] }, 0, 0, 0],
  ])("carries an answer about %s as far as both policies know it alike", (_what, more, labels, listings, args) => {
    expect([carriedAlike(more, "labels"), carriedAlike(more, "listings"), carriedAlike(more, "arguments")]).toEqual([
      labels,
      listings,
      args,
    ]);
  });

  it.each<Omit<ArgumentTest, "path">>([
    { from: ["user"] },
    { from_none: ["user"] },
    { tokens_from: ["user"] },
    { words_from: ["user"] },
    { said_with: ["pay"] },
    { named: true },
    { labels_any: ["untrusted"] },
    { labels_all: ["untrusted"] },
    { labels_none: ["untrusted"] },
  ])("carries %j of an argument only between policies that label alike", (origin) => {
    const tests = [{ ...SMALL, ...origin }];
    for (const more of [{ every: tests }, { some: tests }])
      expect([carriedAlike(more, "labels"), carriedAlike(more, "listings"), carriedAlike(more, "arguments")]).toEqual([
        1, 0, 0,
      ]);
  });
});
