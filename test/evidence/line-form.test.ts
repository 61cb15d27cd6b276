/** One form of lines: what it takes for its own, with which value, and what it leaves to the reader of JSON. */
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../src/base/json.js";
import { anyObject, anything, flag, integer, listOf, oneOf, optional, record, text } from "../../src/base/shape.js";
import type { Shape } from "../../src/base/shape.js";
import { LineForm, NUMBER, skeletonOf, type Head } from "../../src/evidence/line-form.js";

const HEAD: Head = { source: `\\{"seq":${NUMBER},"value":`, groups: 1 };

function lineOf(value: JsonValue, seq = 7): string {
  return `{"seq":${String(seq)},"value":${JSON.stringify(value)}}`;
}

/** A form that has seen these values. */
function formOf(shape: Shape<unknown>, first: JsonValue, ...more: readonly JsonValue[]): LineForm {
  const form = new LineForm(HEAD, first, shape);
  for (const value of more) form.widen(value);
  return form;
}

/** Expects exactly these of the values to be read by the form, each as it is. */
function expectRead(form: LineForm, read: readonly JsonValue[], left: readonly JsonValue[]): void {
  expect(read.map((value) => form.read(lineOf(value))?.value)).toEqual(read);
  expect(left.filter((value) => form.read(lineOf(value)) !== undefined)).toEqual([]);
}

const HEX32 = "0123456789abcdef".repeat(2);
const OTHER32 = "f".repeat(32);

const mixed = record({
  at: integer(),
  id: text({ form: /^[0-9a-f]{32}$/ }),
  isLast: flag(),
  name: text(),
  none: anything(),
  tags: listOf(text()),
});
const MIXED = { at: 1, id: HEX32, isLast: true, name: "ann", none: null, tags: ["a", "b"] };

describe("a form", () => {
  test.each<readonly [string, Shape<unknown>, JsonValue]>([
    ["every sort of leaf", mixed, MIXED],
    ["nothing in it", record({}), {}],
    ["an empty list", record({ a: listOf(text()) }), { a: [] }],
    ["objects in lists", record({ a: listOf(record({ b: integer() })) }), { a: [{ b: 1 }, { b: 2 }] }],
    ["lists and objects that its shape says nothing of", record({ a: anything() }), { a: [[1], { b: { c: HEX32 } }] }],
    ["characters that mean something in an expression", record({ "a.(b)": text() }), { "a.(b)": "^$.*+?()[]{}|/" }],
  ])("reads the line that it was made of: one with %s", (_what, shape, value) => {
    expect(formOf(shape, value).read(lineOf(value))?.value).toEqual(value);
  });

  test("hands back what its head found, and no line with another head or with more behind it", () => {
    const form = formOf(mixed, MIXED);
    expect(form.read(lineOf(MIXED, 41))?.groups[1]).toBe("41");
    const line = lineOf(MIXED);
    for (const other of [`${line} `, `${line}\n`, ` ${line}`, line.replace("seq", "sqe"), line.slice(0, -1)])
      expect(form.read(other)).toBeUndefined();
  });

  test("takes names and texts letter by letter, whatever they mean in an expression", () => {
    const form = formOf(record({ "a.b": text() }), { "a.b": "x.*" });
    expectRead(form, [{ "a.b": "x.*" }], [{ "a.b": "xyz" }, { axb: "x.*" }]);
  });

  test("does not change what it read before", () => {
    const form = formOf(mixed, MIXED);
    const before = form.read(lineOf(MIXED))?.value;
    const other = { ...MIXED, at: 2, id: OTHER32 };
    expect(form.read(lineOf(other))?.value).toEqual(other);
    expect(before).toEqual(MIXED);
  });
});

test("what is the same on all lines of a form is one value, and no copy for each line", () => {
  const form = formOf(record({ n: integer(), tags: listOf(text()) }), { n: 1, tags: ["a"] });
  const [one, other] = [1, 2].map((n) => form.read(lineOf({ n, tags: ["a"] }))?.value as { readonly tags: unknown });
  expect(one?.tags).toEqual(["a"]);
  expect(one?.tags).toBe(other?.tags);
});

describe("where a number stood, a form takes", () => {
  const form = formOf(record({ n: integer(3, 900) }), { n: 5 });

  test("any whole number that the shape takes, and none that it does not", () => {
    expectRead(form, [{ n: 3 }, { n: 900 }], [{ n: 2 }, { n: 901 }, { n: "5" }, { n: 5.5 }, { n: -5 }]);
  });

  test.each(["05", "5.0", "5e1", "+5", "5 ", "", "true"])("nothing written as `%s`", (written) => {
    expect(form.read(lineOf({ n: 5 }).replace(":5", `:${written}`))).toBeUndefined();
  });

  test("none of more than 15 digits, which a double may round", () => {
    const wide = formOf(record({ n: integer() }), { n: 5 });
    expectRead(wide, [{ n: 999_999_999_999_999 }], [{ n: 1_000_000_000_000_000 }]);
  });
});

describe("where a text stood that no two lines have in common, a form takes", () => {
  test.each<readonly [string, Shape<unknown>, string, readonly string[], readonly string[]]>([
    ["digits of a form", text({ form: /^[0-9a-f]{32}$/ }), HEX32, [OTHER32], ["f".repeat(31), "g".repeat(32), ""]],
    ["a name of a form", text({ form: /^c\d+$/ }), "c1", ["c2", "c100"], ["p2", "c", "c2x", "undefined"]],
    ["a name in any letters", text({ form: /^[a-z]\d+$/i }), "c1", ["c2", "C3"], ["c", "undefined"]],
    ["a name of a form that is not of words", text({ form: /^.1*$/ }), "c1", ["x11", "c"], ["c2", "undefined"]],
    ["any text", text(), "p1", ["p2", "é ".repeat(9), ""], ["a\\", 'a"', "\u0001", "\ud800"]],
    ["a text up to its bound", text({ max: 3 }), "p1", ["abc"], ["abcd"]],
    ["one of some names", oneOf(["c1", "c2"]), "c1", ["c2"], ["c3", "undefined"]],
  ])("%s at once, and nothing else", (_what, shape, first, read, left) => {
    const valued = (values: readonly string[]): readonly JsonValue[] => values.map((a) => ({ a }));
    expectRead(formOf(record({ a: shape }), { a: first }), valued([first, ...read]), valued(left));
  });

  test("those in lists and in objects as well", () => {
    const form = formOf(record({ a: listOf(record({ id: text({ form: /^c\d+$/ }) })) }), { a: [{ id: "c1" }] });
    expectRead(form, [{ a: [{ id: "c2" }] }], [{ a: [{ id: "x" }] }, { a: [] }, { a: [{ id: "c2" }, { id: "c3" }] }]);
  });
});

describe("where its shape does not say what its parts are, a form takes nothing but what stood there", () => {
  test.each<readonly [string, Shape<unknown>, JsonValue, JsonValue]>([
    ["an object", anyObject(), { n: 1, id: HEX32 }, { n: 2, id: HEX32 }],
    ["an object of texts", anyObject(), { n: 1, id: HEX32 }, { n: 1, id: OTHER32 }],
    ["a list", anything(), [1, HEX32], [2, HEX32]],
    ["a list of lists", anything(), [[HEX32]], [[OTHER32]]],
    ["an object in an object", anything(), { a: { b: HEX32 } }, { a: { b: OTHER32 } }],
  ])("%s", (_what, shape, value, other) => {
    expectRead(formOf(record({ a: shape }), { a: value }, { a: other }), [{ a: value }], [{ a: other }]);
  });
});

describe("a text that lines may have in common", () => {
  const shape = record({ at: integer(), id: text(), isLast: optional(flag()), kind: oneOf(["x", "y"]), name: text() });
  const valueOf = (more: JsonObject = {}): JsonObject => ({
    ...{ at: 1, id: HEX32, isLast: true, kind: "x", name: "ann" },
    ...more,
  });

  test("is read as it was, until another was seen", () => {
    const form = formOf(shape, valueOf());
    expectRead(form, [valueOf({ at: 2, id: "z" })], [valueOf({ name: "bob" }), valueOf({ kind: "y" })]);
  });

  test("may be any that its shape takes from then on, and all else stays as it was", () => {
    const form = formOf(shape, valueOf());
    expect(form.read(lineOf(valueOf({ name: "cid" })))).toBeUndefined();
    expect(form.widen(valueOf({ name: "bob" }))).toBe(true);
    const read = [valueOf({ name: "cid" }), valueOf(), valueOf({ at: 2, id: "z", name: "dan" })];
    expectRead(form, read, [valueOf({ kind: "y" }), valueOf({ name: 'd"' }), valueOf({ name: 1 })]);
  });

  test("of a closed set is held to that set", () => {
    expectRead(formOf(shape, valueOf(), valueOf({ kind: "y" })), [valueOf({ kind: "y" })], [valueOf({ kind: "z" })]);
  });

  test("makes the form wider once: numbers, fresh texts and what varies already make it no wider", () => {
    const form = formOf(shape, valueOf());
    expect(form.widen(valueOf())).toBe(false);
    expect(form.widen(valueOf({ at: 9, id: "z" }))).toBe(false);
    expect(form.widen(valueOf({ name: "bob" }))).toBe(true);
    expect(form.widen(valueOf({ at: 8, name: "cid" }))).toBe(false);
  });

  test("is widened where nothing but a text may be: true and false are never taken for one another", () => {
    const form = formOf(shape, valueOf());
    expect(form.widen(valueOf({ isLast: false }))).toBe(false);
    expectRead(form, [valueOf(), valueOf({ at: 3 })], [valueOf({ isLast: false }), valueOf({ isLast: "x" })]);
  });
});

describe("skeletonOf", () => {
  test.each<readonly [string, JsonValue, JsonValue]>([
    ["numbers", { a: 1 }, { a: 2 }],
    ["texts", { a: ["x"] }, { a: ["y"] }],
    ["flags and nulls", { a: true, b: null }, { a: false, b: null }],
  ])("is one for values that differ in %s alone", (_what, one, other) => {
    expect(skeletonOf(one)).toBe(skeletonOf(other));
  });

  test.each<readonly [string, JsonValue, JsonValue]>([
    ["names", { a: 1 }, { b: 1 }],
    ["the types of their leaves", { a: 1 }, { a: "1" }],
    ["a text and a null", { a: "" }, { a: null }],
    ["the lengths of their lists", { a: ["x"] }, { a: ["x", "y"] }],
    ["what is in their lists", { a: ["x"] }, { a: [1] }],
    ["a list and an object", { a: ["x"] }, { a: { "0": "x" } }],
    ["where an object ends", { a: { b: 1 }, c: 1 }, { a: { b: 1, c: 1 } }],
    ["where a list ends", [[1], 1], [[1, 1]]],
    ["names that look like structure", { 'a":number,"b': 1 }, { a: 1, b: 1 }],
  ])("is another for values that differ in %s", (_what, one, other) => {
    expect(skeletonOf(one)).not.toBe(skeletonOf(other));
  });
});
