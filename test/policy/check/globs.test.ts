import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globCovers, globsMeet } from "../../../src/policy/check/globs.js";
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
  ])("%s covers %s: %s", (wide, narrow, is) => {
    expect(globCovers(wide, narrow)).toBe(is);
  });

  test.each([
    ["a*", "*b", true],
    ["a*", "b*", false],
    ["a?", "ab", true],
    ["a?", "a", false],
    ["*", "", true],
  ])("%s meets %s: %s", (one, other, is) => {
    expect(globsMeet(one, other)).toBe(is);
  });
});
