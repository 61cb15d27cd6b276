import { describe, expect, it } from "vitest";
import type { ArgumentTest } from "../../../src/policy/ast.js";
import { leafClash, leafImplies, pathWithin, urlsMeet } from "../../../src/policy/check/leaf-tests.js";

type Conditions = Omit<ArgumentTest, "path">;

const at = (conditions: Conditions): ArgumentTest => ({ path: "/a", ...conditions });

describe("a test follows from another", () => {
  it.each<readonly [Conditions, Conditions]>([
    [{ max: 1 }, {}],
    [{ from: ["user"] }, { from: ["trusted", "user"] }],
    [{ from_none: ["nowhere", "untrusted"] }, { from_none: ["nowhere"] }],
    [{ tokens_from: ["user"] }, { tokens_from: ["user", "trusted"] }],
    [{ words_from: ["user"] }, { words_from: ["user", "trusted"] }],
    [{ said_with: ["pay"] }, { said_with: ["pay", "send"] }],
    [{ named: true }, { named: true }],
    [{ labels_any: ["a", "b"] }, { labels_any: ["a", "b", "c"] }],
    [{ labels_all: ["x", "a"] }, { labels_any: ["a", "b"] }],
    [{ labels_all: ["a", "b"] }, { labels_all: ["a"] }],
    [{ labels_none: ["a", "b"] }, { labels_none: ["a"] }],
    [{ equals: 1 }, { equals: 1 }],
    [{ equals: 1 }, { in: [1, 2] }],
    [{ in: [1] }, { equals: 1 }],
    [{ in: [1, 2] }, { in: [1, 2, 3] }],
    [{ min: 3 }, { min: 3 }],
    [{ in: [3, 4] }, { min: 3 }],
    [{ max: 3 }, { max: 3 }],
    [{ in: [3, 2] }, { max: 3 }],
    [{ min_length: 3 }, { min_length: 2 }],
    [{ max_length: 3 }, { max_length: 4 }],
    [{ min_length: 3, max_length: 3 }, { min_length: 3 }],
    [{ min_length: 3, max_length: 3 }, { max_length: 3 }],
    [{ matches: "a+" }, { matches: "a+" }],
    [{ url: { scheme: ["https"] } }, { url: { scheme: ["https", "http"] } }],
    [{ under: { under: ["/a"] } }, { under: { under: ["/a", "/b"] } }],
  ])("%j: %j", (known, wanted) => {
    expect(leafImplies(at(known), at(wanted))).toBe(true);
  });

  it.each<readonly [Conditions, Conditions]>([
    [{ from: ["user", "nowhere"] }, { from: ["user"] }],
    [{}, { from: ["user"] }],
    [{ from_none: ["nowhere"] }, { from_none: ["nowhere", "untrusted"] }],
    [{}, { from_none: ["nowhere"] }],
    [{ tokens_from: ["user", "nowhere"] }, { tokens_from: ["user"] }],
    [{ words_from: ["user", "nowhere"] }, { words_from: ["user"] }],
    [{ said_with: ["pay", "send"] }, { said_with: ["pay"] }],
    [{}, { named: true }],
    [{ labels_any: ["a", "x"] }, { labels_any: ["a"] }],
    [{ labels_any: [] }, { labels_any: ["a"] }],
    [{ labels_all: ["x"] }, { labels_any: ["a"] }],
    [{ labels_all: ["a"] }, { labels_all: ["a", "b"] }],
    [{}, { labels_all: ["a"] }],
    [{ labels_none: ["a"] }, { labels_none: ["a", "b"] }],
    [{}, { labels_none: ["a"] }],
    [{ equals: 1 }, { equals: 2 }],
    [{ in: [1, 2] }, { equals: 1 }],
    [{ in: [1, 4] }, { in: [1, 2, 3] }],
    [{ min: 3 }, { min: 4 }],
    [{}, { min: 4 }],
    [{ in: [2, 4] }, { min: 3 }],
    [{ in: ["4"] }, { min: 3 }],
    [{ max: 3 }, { max: 2 }],
    [{}, { max: 2 }],
    [{ in: [2, 4] }, { max: 3 }],
    [{ in: [2, true] }, { max: 3 }],
    [{ min_length: 2 }, { min_length: 3 }],
    [{ max_length: 4 }, { max_length: 3 }],
    [{}, { min_length: 1 }],
    [{}, { max_length: 9 }],
    [{ min_length: 9 }, { max_length: 9 }],
    [{ matches: "a+" }, { matches: "a*" }],
    [{}, { matches: "a*" }],
    [{}, { url: {} }],
    [{ url: { scheme: ["http"] } }, { url: { scheme: ["https"] } }],
    [{}, { under: { under: ["/a"] } }],
    [{ under: { under: ["/c"] } }, { under: { under: ["/a", "/b"] } }],
    [
      { max: 1, min: 0 },
      { max: 1, min: 1 },
    ],
  ])("not from %j: %j", (known, wanted) => {
    expect(leafImplies(at(known), at(wanted))).toBe(false);
  });
});

describe("why no value passes", () => {
  const LABELS = "a label is both asked for and ruled out";
  const ORIGINS = "every origin in `from` is ruled out by `from_none`";
  const NO_VALUE = "no value fits both `equals` and `in`";
  const OUTSIDE = "the values lie outside `min` and `max`";

  it.each<readonly [readonly Conditions[], string]>([
    [[{ min: 5, max: 4 }], "`min` is above `max`"],
    [[{ min: 5 }, { max: 4 }], "`min` is above `max`"],
    [[{ max: 9 }, { min: 5, max: 4 }, { min: 1 }], "`min` is above `max`"],
    [[{ min_length: 5 }, { max_length: 4 }], "`min_length` is above `max_length`"],
    [[{ labels_all: ["a", "b"] }, { labels_none: ["b"] }], LABELS],
    [[{ from: ["a", "b"] }, { from_none: ["b"] }, { from_none: ["a"] }], ORIGINS],
    [[{ in: [] }], "`in` is empty"],
    [[{ equals: 1 }, { in: [] }], "`in` is empty"],
    [[{ equals: 1, in: [2, 3] }], NO_VALUE],
    [[{ in: [1, 2] }, { in: [2, 3] }, { equals: 3 }], NO_VALUE],
    [[{ equals: "a" }, { equals: "" }], NO_VALUE],
    [[{ equals: 0 }, { equals: "" }], NO_VALUE],
    [[{ equals: " " }, { equals: "0" }], NO_VALUE],
    [[{ in: [1, 9], min: 2, max: 8 }], OUTSIDE],
    [[{ in: [1, 5] }, { equals: 1, min: 2 }], OUTSIDE],
  ])("%j", (tests, why) => {
    expect(leafClash(tests.map(at))).toBe(why);
  });

  it.each<readonly [readonly Conditions[]]>([
    [[{}]],
    [[{ min: 4, max: 4 }]],
    [[{ min_length: 4, max_length: 4 }]],
    [[{ min: 5, max_length: 4 }]],
    [[{ labels_all: ["a"], labels_none: ["b"] }]],
    [[{ from: ["a", "b"], from_none: ["b"] }]],
    [[{ from_none: ["b"] }]],
    [[{ equals: 1, in: [1, 2] }]],
    [[{ equals: 1 }, { equals: "1.0" }]],
    [[{ equals: " Yes" }, { equals: "yes " }]],
    [[{ equals: true }, { equals: "TRUE" }]],
    [[{ in: [1, 5], min: 2 }]],
    [[{ in: [2, 8], min: 2, max: 2 }]],
    [[{ equals: 8, min: 2, max: 8 }]],
    [[{ equals: "1", min: 2 }]],
  ])("some may pass %j", (tests) => {
    expect(leafClash(tests.map(at))).toBeUndefined();
  });
});

it.each([
  ["/a", "/a", true],
  ["/a", "/**", true],
  ["/**", "/a", false],
  ["/a", "/b", false],
])("the places %s are among %s: %s", (narrow, wide, is) => {
  expect(pathWithin(narrow, wide)).toBe(is);
});

it.each([
  [{ scheme: ["http"] }, { scheme: ["http", "https"] }, true],
  [{ scheme: ["http"] }, { scheme: ["https"] }, false],
  [{ scheme: ["http"], port: [1] }, { scheme: ["http"], port: [2] }, false],
  [{ scheme: ["http"], port: [1] }, { scheme: ["http"] }, true],
])("a URL may fit both %j and %j: %s", (one, other, is) => {
  expect(urlsMeet(one, other)).toBe(is);
});
