/** Hashes of keys: equal for what is equal, whole or in pieces, and spread over both numbers for what is not. */
import { describe, expect, it } from "vitest";
import { Hasher, mix } from "../../../src/mmu/index/hash.js";
import { LEAF_SORT, TOKEN_SORT, TYPED_SORT, WORD_SORT } from "../../../src/mmu/index/sorts.js";

const TEXT = "pay münchen 42, now";
const SORTS = [LEAF_SORT, WORD_SORT, TOKEN_SORT, TYPED_SORT];

/** A copy: the hasher's own is overwritten by the next. */
const hashOf = (text: string, { seed = 7, sort = LEAF_SORT } = {}): { a: number; b: number } => ({
  ...new Hasher(seed).of(text, 0, text.length, sort),
});

describe("Hasher", () => {
  it("hashes a span as the text that stands there", () => {
    const from = TEXT.indexOf("42");
    expect({ ...new Hasher(7).of(TEXT, from, from + 2, LEAF_SORT) }).toEqual(hashOf("42"));
    expect(hashOf("42")).not.toEqual(hashOf("24"));
  });

  it("hashes a key taken in pieces, and asked in between, as the whole key", () => {
    const hasher = new Hasher(7);
    hasher.start(LEAF_SORT);
    hasher.take(TEXT, 0, 5);
    expect({ ...hasher.end() }).toEqual(hashOf(TEXT.slice(0, 5)));
    hasher.take(TEXT, 5, TEXT.length);
    expect({ ...hasher.end() }).toEqual(hashOf(TEXT));
    expect({ ...hasher.last }).toEqual(hashOf(TEXT));
  });

  it.each([
    [0, "pay"],
    [1, "ay"],
    [4, "münchen"],
    [12, "42"],
    [16, "now"],
    [3, ""],
    [TEXT.length, ""],
  ])("takes from %i on the word %j", (start, word) => {
    const hasher = new Hasher(7);
    hasher.start(WORD_SORT);
    expect(hasher.takeWord(TEXT, start)).toBe(start + word.length);
    expect({ ...hasher.end() }).toEqual(hashOf(word, { sort: WORD_SORT }));
  });

  it("lets keys of different sorts never meet, nor those of different seeds", () => {
    const all = ["", "a", "42", TEXT].flatMap((text) =>
      [1, 2, 3].flatMap((seed) => SORTS.map((sort) => hashOf(text, { seed, sort }))),
    );
    expect(new Set(all.map(({ a }) => a)).size).toBe(all.length);
    expect(new Set(all.map(({ b }) => b)).size).toBe(all.length);
  });

  it("spreads ten thousand keys that are nearly alike over all values of each number", () => {
    const hashes = Array.from({ length: 10_000 }, (_, i) => hashOf(`key ${String(i)} of them`));
    for (const numbers of [hashes.map(({ a }) => a), hashes.map(({ b }) => b)]) {
      expect(new Set(numbers).size).toBeGreaterThan(9_990);
      for (const shift of [0, 8, 16, 24]) expect(new Set(numbers.map((one) => (one >>> shift) & 0xff)).size).toBe(256);
    }
  });

  it("tells apart keys that differ in one character anywhere", () => {
    const changed = Array.from(TEXT, (_, i) => hashOf(`${TEXT.slice(0, i)}\u4e00${TEXT.slice(i + 1)}`));
    const all = [hashOf(TEXT), ...changed];
    expect(new Set(all.map(({ a }) => a)).size).toBe(all.length);
    expect(new Set(all.map(({ b }) => b)).size).toBe(all.length);
  });

  it("has an odd base for every seed, and not one for all", () => {
    const bases = [0, 1, -1, 7, 0x7fffffff, 2 ** 32 + 5].map((seed) => new Hasher(seed).base);
    expect(bases.map((base) => base & 1)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(new Set(bases).size).toBe(bases.length);
  });
});

describe("mix", () => {
  // Known answers of fmix32 of MurmurHash3.
  it.each([
    [0, 0],
    [1, 0x514e28b7],
    [2, 0x30f4c306],
    [0x12345678, 0xe37cd1bc],
    [-1, 0x81f16f39],
  ])("of %i is %i", (value, mixed) => {
    expect(mix(value)).toBe(mixed | 0);
  });
});
