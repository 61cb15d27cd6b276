/** Globs against a naive oracle, and against the texts that break matchers. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compileGlob, compileGlobs, hasDanglingEscape, literalOf } from "../../src/policy/glob.js";
import { fits } from "./oracle.js";

const piece = fc.constantFrom("a", "b", "/", "*", "?", "\\", "😀", "\ud83d");
const patterns = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(""));
const texts = fc.array(fc.constantFrom("a", "b", "/", "*", "\\", "😀"), { maxLength: 9 }).map((all) => all.join(""));

test("the literal of a glob is the one text that it matches", () => {
  expect(["a\0b", "a\\*b", "a*", "?", "a\\"].map(literalOf)).toEqual(["a\0b", "a*b", undefined, undefined, "a\\"]);
});

describe("compileGlob", () => {
  it.each([
    ["*", "", true],
    ["*", "a/b:c", true],
    ["fs/*", "fs/a/b", true],
    ["fs/*", "fs/", true],
    ["fs/*", "fs", false],
    ["fs/*", "xfs/a", false],
    ["read_?", "read_x", true],
    ["read_?", "read_", false],
    ["read_?", "read_xy", false],
    ["?", "😀", true],
    ["??", "😀", false],
    ["read", "READ", false],
    ["read", "read ", false],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["{a,b}", "a", false],
    ["a|b", "a", false],
    ["^a$", "a", false],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a\\?", "a?", true],
    ["a\\\\*", "a\\b", true],
    ["*.txt", "a.txt\n", false],
    ["a*", "a\nb", true],
    ["**a**", "bab", true],
    ["*ab*ab", "abab", true],
    ["*ab*ab", "aab", false],
    // Half a surrogate pair is no part of a whole character, at either end of the halves there are.
    ["\ud800*", "\ud800\udc00", false],
    ["\ud800*", "\ud800a", true],
    ["*\udfff", "\ud83f\udfff", false],
    ["*\udfff", "a\udfff", true],
    ["*\ud83d*", "😀", false],
    ["*😀", "a😀", true],
    ["\uffff?", "\uffffa", true],
    ["\0*", "\0a", true],
    ["\0*", "a", false],
  ])("%j against %j is %j", (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  it("agrees with a naive recursive matcher", () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(compileGlob(pattern)(text)).toBe(fits(Array.from(pattern), Array.from(text)));
      }),
      { numRuns: 3000 },
    );
  });

  it("matches every text that is escaped into a pattern, and no other", () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        const glob = compileGlob(text.replace(/[*?\\]/g, "\\$&"));
        expect(glob(text)).toBe(true);
        expect(glob(other)).toBe(other === text);
      }),
    );
  });

  it("ends on a pattern and a text made to make matchers go back for ever", () => {
    // A matcher that goes back to every `*` would need more steps here than there are atoms.
    const glob = compileGlob(`${"*a".repeat(40)}*b`);
    expect(glob("a".repeat(2000))).toBe(false);
    expect(glob(`${"a".repeat(2000)}b`)).toBe(true);
  });
});

describe("compileGlobs", () => {
  it("says of a name what each of its globs says, however often and after however many others it is asked", () => {
    fc.assert(
      fc.property(
        fc.array(patterns, { minLength: 2, maxLength: 4 }),
        fc.array(texts, { maxLength: 12 }),
        (globs, some) => {
          const isMatch = compileGlobs(globs);
          const many = Array.from({ length: 300 }, (_, n) => `a${String(n)}`);
          for (const text of [...some, ...many, "b".repeat(300), ...some])
            expect(isMatch(text)).toBe(globs.some((glob) => compileGlob(glob)(text)));
        },
      ),
    );
  });

  it("holds when one of the globs does", () => {
    const test = compileGlobs(["read_*", "list"]);
    expect(["read_x", "list", "lists", "write"].map((text) => test(text))).toEqual([true, true, false, false]);
  });
});

describe("hasDanglingEscape", () => {
  it.each([
    ["a\\", true],
    ["\\", true],
    ["a\\\\\\", true],
    ["a\\\\", false],
    ["\\a", false],
    ["", false],
  ])("of %j is %j", (pattern, expected) => {
    expect(hasDanglingEscape(pattern)).toBe(expected);
  });
});
