/** Strict JSON: whatever two readers could understand differently is refused, by the quick way and the slow way alike. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonValue } from "../../src/base/json.js";
import { MAX_JSON_DEPTH } from "../../src/base/limits.js";
import { parseStrictJson } from "../../src/base/strict-json.js";
import { StrictReader, type JsonFaultCode } from "../../src/base/strict-reader.js";
import { JSON_BITS, strictValue } from "./values.js";

const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const deepObject = (depth: number): string => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);

const REFUSED: readonly (readonly [string, string, JsonFaultCode])[] = [
  ["a duplicate key", '{"a":1,"a":1}', "json-duplicate-key"],
  ["a duplicate key at depth", '[{"x":{"a":1,"b":2,"a":3}}]', "json-duplicate-key"],
  ["a duplicate key, one escaped", '{"a":1,"\\u0061":2}', "json-duplicate-key"],
  ["a duplicate key, escaped in two ways", '{"\\/":1,"\\u002F":2}', "json-duplicate-key"],
  ["a duplicate empty key", '{"":1,"":2}', "json-duplicate-key"],
  ["__proto__", '{"__proto__":{}}', "json-prototype-key"],
  ["__proto__ of null", '{"__proto__":null}', "json-prototype-key"],
  ["__proto__ escaped", '{"\\u005f_proto_\\u005F":1}', "json-prototype-key"],
  ["__proto__ at depth", '[1,{"a":{"__proto__":1}}]', "json-prototype-key"],
  ["constructor.prototype", '{"constructor":{"prototype":{"x":1}}}', "json-prototype-key"],
  ["constructor.prototype escaped", '{"c\\u006fnstructor":{"\\u0070rototype":1}}', "json-prototype-key"],
  ["1e400", "1e400", "json-unsafe-number"],
  ["-1e400", "[-1e400]", "json-unsafe-number"],
  ["1e-400", "1e-400", "json-unsafe-number"],
  ["0.0…1 with an exponent", "0.0001e-330", "json-unsafe-number"],
  ["20 digits", "12345678901234567890", "json-unsafe-number"],
  ["20 digits that a double holds", "12345678901234567168", "json-unsafe-number"],
  ["20 digits as a double prints them", "12345678901234567000", "json-unsafe-number"],
  ["25 digits", "1000000000000000000000000", "json-unsafe-number"],
  ["2^53", "9007199254740992", "json-unsafe-number"],
  ["-2^53", "[-9007199254740992]", "json-unsafe-number"],
  ["2^53+1", "9007199254740993", "json-unsafe-number"],
  ["2^53+1 as a decimal", "9007199254740993.0", "json-unsafe-number"],
  ["2^53+1 with an exponent", "9007199254740993e0", "json-unsafe-number"],
  ["1e17, whose canonical text is an unsafe integer", "1e17", "json-unsafe-number"],
  ["a raw lone surrogate", '"\ud800"', "json-lone-surrogate"],
  ["a raw lone low surrogate as a key", '{"\udc00":1}', "json-lone-surrogate"],
  ["an escaped lone surrogate", '"\\ud83d"', "json-lone-surrogate"],
  ["an escaped pair, the wrong way round", '"\\ude02\\ud83d"', "json-lone-surrogate"],
  ["129 lists", deep(MAX_JSON_DEPTH + 1), "json-too-deep"],
  ["129 objects", deepObject(MAX_JSON_DEPTH + 1), "json-too-deep"],
  ["100 000 lists", deep(100_000), "json-too-deep"],
  ["100 000 lists unclosed", "[".repeat(100_000), "json-too-deep"],
  ...(
    [
      ["a byte order mark", "\ufeff{}"],
      ["nothing", ""],
      ["white space alone", " \n"],
      ["a trailing comma in a list", "[1,]"],
      ["a trailing comma in an object", '{"a":1,}'],
      ["a leading comma", "[,1]"],
      ["a missing comma", "[1 2]"],
      ["a line comment", "[1] // one"],
      ["a block comment", "[/* */1]"],
      ["a raw control character", '"a\u0001b"'],
      ["a raw line break in a string", '"a\nb"'],
      ["a raw tab in a key", '{"a\tb":1}'],
      ["a NUL between tokens", "[1,\u00002]"],
      ["a no-break space between tokens", "[1,\u00a02]"],
      ["NaN", "NaN"],
      ["Infinity", "-Infinity"],
      ["undefined", "undefined"],
      ["a leading zero", "01"],
      ["a leading zero after minus", "-01"],
      ["a plus sign", "+1"],
      ["a point first", ".5"],
      ["a point last", "1."],
      ["an empty exponent", "1e"],
      ["minus alone", "-"],
      ["hexadecimal", "0x10"],
      ["single quotes", "'a'"],
      ["an unquoted key", "{a:1}"],
      ["a number as a key", "{1:1}"],
      ["an unterminated string", '"abc'],
      ["a string ending in a backslash", '"abc\\'],
      ["an unterminated list", "[1"],
      ["an unterminated object", '{"a":1'],
      ["an object without a value", '{"a"}'],
      ["an unknown escape", '"\\x41"'],
      ["an upper-case escape", '"\\U0041"'],
      ["a short escape", '"\\u12"'],
      ["an escape that is no own member", '"\\constructor"'],
      ["a word too long", "truest"],
      ["an upper-case word", "True"],
      ["two values", "{}{}"],
      ["two lines", "1\n2"],
    ] as const
  ).map(([name, source]) => [name, source, "json-syntax"] as const),
];

const ACCEPTED: readonly (readonly [string, string, JsonValue])[] = [
  ["-0 as 0", "-0", 0],
  ["-0.0e5 as 0", "[-0.0e5]", [0]],
  ["1.0", "1.0", 1],
  ["1e3", "1e3", 1000],
  ["1E+3", "1E+3", 1000],
  ["0e-999", "0e-999", 0],
  ["2^53-1", "9007199254740991", 9007199254740991],
  ["a large double in its canonical form", "1e+300", 1e300],
  ["the smallest double", "5e-324", 5e-324],
  ["128 lists", deep(MAX_JSON_DEPTH), JSON.parse(deep(MAX_JSON_DEPTH)) as JsonValue],
  ["integer-like keys out of order", '{"10":1,"9":2,"b":3,"1":4}', { 1: 4, 9: 2, 10: 1, b: 3 }],
  ["keys that differ in case", '{"a":1,"A":2}', { a: 1, A: 2 }],
  ["the same key in two objects", '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
  ["a constructor that is a word", '{"constructor":"Brunel"}', { constructor: "Brunel" }],
  ["a constructor without a prototype", '{"constructor":{"name":"x"}}', { constructor: { name: "x" } }],
  ["inherited names", '{"toString":1,"hasOwnProperty":2}', { toString: 1, hasOwnProperty: 2 }],
  ["an escaped pair", '"\\ud83d\\ude02"', "😂"],
  ["every short escape", '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
  ["an escaped NUL", '"\\u0000"', "\u0000"],
  ["white space", ' \t\r\n[ 1 , { "a" : null } ]\n', [1, { a: null }]],
  ["line separators in strings", '"\u2028\u2029"', "\u2028\u2029"],
];

function slow(source: string): ReturnType<StrictReader["read"]> {
  return new StrictReader(source, MAX_JSON_DEPTH).read();
}

describe("parseStrictJson refuses", () => {
  it.each(REFUSED)("%s", (_name, source, code) => {
    const read = parseStrictJson(source);
    expect(read.ok ? "accepted" : read.error.code).toBe(code);
    expect(slow(source).ok).toBe(false);
    // Wherever it stands: the reader behind may be the one that fails open.
    const inside = parseStrictJson(`{"b":[0,${source}],"a":1}`);
    expect(inside.ok).toBe(false);
  });

  it("says where", () => {
    const read = parseStrictJson('{"a":1,"b":{"c":1,"c":2}}');
    expect(read.ok ? undefined : read.error).toEqual({ code: "json-duplicate-key", offset: 18 });
  });
});

describe("parseStrictJson accepts", () => {
  it.each(ACCEPTED)("%s", (_name, source, value) => {
    const read = parseStrictJson(source);
    expect(read.ok && read.value.value).toEqual(value);
    expect(read.ok && read.value.canonical).toBe(canonicalJson(value));
    expect(slow(source)).toEqual({ ok: true, value });
  });

  it("hands out objects that are not polluted", () => {
    const read = parseStrictJson('{"toString":1}');
    expect(Object.getPrototypeOf(read.ok ? read.value.value : undefined)).toBe(Object.prototype);
  });

  it("a smaller depth when asked to", () => {
    expect(parseStrictJson("[[1]]", 2).ok).toBe(true);
    expect(parseStrictJson("[[[1]]]", 2).ok).toBe(false);
    expect(parseStrictJson("1", 0).ok).toBe(true);
  });
});

/** What both ways say of a text, and JSON.parse with them when they accept. */
function expectAgreement(source: string): void {
  const quick = parseStrictJson(source);
  const whole = slow(source);
  expect(quick.ok).toBe(whole.ok);
  if (!quick.ok || !whole.ok) {
    expect(quick).toEqual(whole);
    return;
  }
  expect(quick.value.value).toEqual(whole.value);
  expect(quick.value.canonical).toBe(canonicalJson(whole.value));
  // Negative zero reads as zero, the one value that JSON.parse gives otherwise.
  expect(JSON.stringify(quick.value.value)).toBe(JSON.stringify(JSON.parse(source)));
  expect(canonicalJson(JSON.parse(source) as JsonValue)).toBe(quick.value.canonical);
}

describe("properties of parseStrictJson", () => {
  it("reads back what JSON.stringify wrote", () => {
    fc.assert(
      fc.property(strictValue, fc.constantFrom(undefined, 1), (value, space) => {
        const read = parseStrictJson(JSON.stringify(value, undefined, space));
        expect(read.ok && JSON.stringify(read.value.value)).toBe(JSON.stringify(value));
        expect(read.ok && read.value.canonical).toBe(canonicalJson(value));
      }),
    );
  });

  it("is one reader: quick and slow ways agree on any JSON text", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), expectAgreement), { numRuns: 300 });
  });

  it("also on numbers in every form", () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,24})(?:\.\d{1,4})?(?:[eE][+-]?\d{1,3})?$/);
    fc.assert(fc.property(digits, expectAgreement), { numRuns: 500 });
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), expectAgreement));
  });

  it("also on texts with a few characters changed", () => {
    const bit = fc.constantFrom(...JSON_BITS, "u");
    const edit = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 2 }), bit);
    const edited = fc.tuple(fc.json(), fc.array(edit, { minLength: 1, maxLength: 3 })).map(([json, edits]) =>
      edits.reduce((text, [where, cut, put]) => {
        const at = Math.floor(where * text.length);
        return text.slice(0, at) + put + text.slice(at + cut);
      }, json),
    );
    fc.assert(fc.property(edited, expectAgreement), { numRuns: 1000 });
  });

  it("also on objects whose keys repeat in other spellings", () => {
    const spelt = fc.constantFrom('"a"', '"\\u0061"', '"b"', '"__proto__"', '"\\u005f_proto__"', '"constructor"');
    const value = fc.constantFrom("1", '{"prototype":1}', '{"\\u0070rototype":1}', "{}");
    const object = fc
      .array(fc.tuple(spelt, value), { maxLength: 4 })
      .map((members) => `{${members.map(([key, member]) => `${key}:${member}`).join(",")}}`);
    fc.assert(fc.property(object, expectAgreement), { numRuns: 500 });
  });
});
