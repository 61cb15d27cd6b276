/** RFC 8785: the RFC's own vectors, and the laws that hashing relies on. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, CanonicalError } from "../../src/base/canonical.js";
import type { JsonObject, JsonValue } from "../../src/base/json.js";
import { MAX_JSON_DEPTH } from "../../src/base/limits.js";
import { parseStrictJson } from "../../src/base/strict-json.js";
import { nested, strictValue } from "./values.js";

interface Vectors {
  readonly values: readonly { readonly name: string; readonly input: string; readonly canonical: string }[];
  readonly numbers: readonly (readonly [string, string])[];
  readonly notNumbers: readonly string[];
}
const vectors = JSON.parse(readFileSync(new URL("../vectors/rfc8785.json", import.meta.url), "utf8")) as Vectors;

function doubleOf(bits: string): number {
  return Buffer.from(bits, "hex").readDoubleBE();
}

describe("canonicalJson on the vectors of RFC 8785", () => {
  it.each(vectors.values)("$name", ({ input, canonical }) => {
    expect(canonicalJson(JSON.parse(input) as JsonValue)).toBe(canonical);
    const read = parseStrictJson(input);
    expect(read.ok && read.value.canonical).toBe(canonical);
  });

  it.each(vectors.numbers)("number %s is %s", (bits, text) => {
    expect(canonicalJson(doubleOf(bits))).toBe(text);
  });

  it.each(vectors.notNumbers)("number %s has no form", (bits) => {
    expect(() => canonicalJson(doubleOf(bits))).toThrow(CanonicalError);
  });
});

describe("canonicalJson refuses what JSON cannot carry", () => {
  const lone = "a\ud800b";
  it.each<[string, unknown]>([
    ["a lone surrogate", lone],
    ["a lone surrogate as a key", { [lone]: 1 }],
    ["a low surrogate first", ["\udc00\ud800"]],
    ["a lone surrogate behind keys out of order", { b: 1, a: lone }],
    ["a lone surrogate in a list, behind keys out of order", [{ b: 1, a: 2 }, lone]],
    ["a depth behind keys out of order", [{ b: 1, a: 2 }, nested(MAX_JSON_DEPTH)]],
    ["undefined", undefined],
    ["undefined in a list", [1, undefined]],
    ["a bigint", 1n],
    ["a function", [(): number => 1]],
    ["NaN deep down", { b: [Number.NaN], a: 1 }],
    ["one level too many", nested(MAX_JSON_DEPTH + 1)],
  ])("%s", (_name, value) => {
    expect(() => canonicalJson(value as JsonValue)).toThrow(CanonicalError);
  });

  it("takes the deepest value that the reader takes", () => {
    expect(canonicalJson(nested(MAX_JSON_DEPTH))).toHaveLength(2 * MAX_JSON_DEPTH);
  });
});

describe("the laws of canonicalJson", () => {
  it("is a fixed point: what is read from it is written the same", () => {
    fc.assert(
      fc.property(strictValue, (value) => {
        const text = canonicalJson(value);
        const read = parseStrictJson(text);
        expect(read.ok && read.value.canonical).toBe(text);
        expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
      }),
    );
  });

  it("does not depend on the order of members", () => {
    const keys = fc.uniqueArray(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("10", "9", "", "Z", "a")), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        keys.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          const objectOf = (names: readonly string[]): JsonObject =>
            Object.fromEntries(names.map((name) => [name, { [name]: 1, "": 0 }]));
          expect(canonicalJson(objectOf(shuffled))).toBe(canonicalJson(objectOf(list)));
        },
      ),
    );
  });

  it("gives different values different texts", () => {
    fc.assert(
      fc.property(strictValue, strictValue, (a, b) => {
        const isSame = canonicalJson(a) === canonicalJson(b);
        expect(isSame).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      }),
    );
  });
});

/** Naive oracle: members as a list of pairs, sorted. */
function sorted(value: JsonValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sorted);
  const object = value as JsonObject;
  return {
    pairs: Object.keys(object)
      .sort()
      .map((key) => [key, sorted(object[key] as JsonValue)]),
  };
}
