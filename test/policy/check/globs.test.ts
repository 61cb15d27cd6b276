import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitsAll, globCovers, globListsMeet, globsCover, globsMeet } from "../../../src/policy/check/globs.js";
import { compileGlob } from "../../../src/policy/glob.js";

const glob = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\*", "😀"), minLength: 1, maxLength: 5 });
const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "😀"), maxLength: 5 });

describe("globs as sets", () => {
  test("what covers fits all that is covered; what does not meet has no text in common", () => {
    fc.assert(
      fc.property(glob, glob, fc.array(text, { minLength: 20, maxLength: 20 }), (one, other, texts) => {
        const [isOne, isOther] = [compileGlob(one), compileGlob(other)];
        if (globCovers(one, other)) expect(texts.filter((t) => isOther(t) && !isOne(t))).toEqual([]);
        if (!globsMeet(one, other)) expect(texts.filter((t) => isOther(t) && isOne(t))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["*", "a*b", true],
    ["a*", "a*b", true],
    ["a*b", "a*", false],
    ["?", "a", true],
    ["a", "?", false],
    ["*a*", "*a", true],
    ["?*", "*", false],
    ["\\*", "*", false],
    ["a\\?", "a\\?", true],
    ["a?", "a\\*", true],
    ["\\**", "\\*b", true],
    ["a\\", "a\\\\", true],
    ["**", "a", true],
    ["a**b", "a*b", true],
    ["", "", true],
    ["", "a", false],
    ["a", "", false],
    ["?", "\u{1f600}", true],
    ["ab", "ac", false],
    ["a*", "b*", false],
    ["*b", "a*", false],
  ])("%s covers %s: %s", (wide, narrow, is) => {
    expect(globCovers(wide, narrow)).toBe(is);
  });

  test.each([
    ["a*", "*b", true],
    ["a*", "b*", false],
    ["a?", "ab", true],
    ["a?", "a", false],
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a", "ab", false],
    ["\\*", "a", false],
    ["a?c", "?bc", true],
    ["a*c", "ab", false],
    ["**", "x", true],
  ])("%s meets %s: %s", (one, other, is) => {
    expect(globsMeet(one, other)).toBe(is);
  });

  test("what is too long to compare is not said to cover, nor to have nothing in common", () => {
    const [wide, narrow] = [`${"a".repeat(199)}*`, `${"a".repeat(199)}b`];
    expect(globCovers(wide, narrow)).toBe(true);
    expect(globCovers(wide, `${narrow}b`)).toBe(false);
    expect(globsMeet(narrow, `c${narrow.slice(1)}`)).toBe(false);
    expect(globsMeet(narrow, `c${narrow}`)).toBe(true);
  });

  test("a list covers what lies within one of it, each of the other", () => {
    expect(globsCover(["a*", "b*"], ["bc", "ad"])).toBe(true);
    expect(globsCover(["a*", "b*"], ["bc", "c"])).toBe(false);
    expect(globsCover(["a?"], ["a*"])).toBe(false);
  });

  test("lists meet where one of each does", () => {
    expect(globListsMeet(["a*", "b*"], ["c", "bc"])).toBe(true);
    expect(globListsMeet(["a*", "b*"], ["c", "dc"])).toBe(false);
  });

  test.each([
    ["*", true],
    ["***", true],
    ["?", false],
    ["*?", false],
    ["\\*", false],
    ["", false],
    ["a", false],
  ])("%s fits every text: %s", (pattern, is) => {
    expect(fitsAll(pattern)).toBe(is);
  });
});
