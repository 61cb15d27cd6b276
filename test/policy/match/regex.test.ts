/** Regular expressions: the whole text, the syntax that is refused, the bounds, and that none go back for ever. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { compileRegex, loadRegexFor } from "../../../src/policy/match/regex.js";

function regex(source: string): (text: string) => boolean {
  const compiled = compileRegex(source);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value;
}

describe("loadRegexFor", () => {
  it.each([
    ['matches = "a"', true],
    ['"m\\u0061tches" = "a"', true],
    ['tool = "a"', false],
  ])("for %j: loaded is %j", async (source, expected) => {
    vi.resetModules();
    const fresh = await import("../../../src/policy/match/regex.js");
    expect(fresh.compileRegex("a")).toEqual({ ok: false, error: "the engine for `matches` is not loaded" });
    await fresh.loadRegexFor(source);
    expect(fresh.compileRegex("a").ok).toBe(expected);
  });
});

describe("compileRegex", () => {
  beforeAll(() => loadRegexFor("matches"));

  it.each([
    ["abc", "abc", true],
    ["abc", "xabc", false],
    ["abc", "abcx", false],
    ["^abc$", "abc", true],
    ["abc$", "abc\n", false],
    ["(?m)^a$", "a\nb", false],
    ["a|ab", "ab", true],
    ["", "", true],
    ["", "a", false],
    ["a.c", "a\nc", false],
    ["(?s)a.c", "a\nc", true],
    ["abc", "ABC", false],
    ["(?i)abc", "ABC", true],
    [".", "😀", true],
    ["\\d+", "١", false],
    ["\\pN+", "١", true],
    ["[A-Z]{2}\\d{2}[A-Z0-9]{10,30}", "DE89370400440532013000", true],
  ])("%j on %j is %j", (source, text, expected) => {
    expect(regex(source)(text)).toBe(expected);
  });

  it.each([
    ["(a)\\1", "invalid escape"],
    ["(?=a)", "unsupported"],
    ["(?<=a)b", "invalid"],
    ["[a", "missing closing ]"],
    ["(a", "missing closing )"],
    ["a{1001}", "repeat"],
    ["(a{100}){11}", "repeat"],
    ["(?:.{990}).{30}", "too large"],
    ["a".repeat(513), "longer than 512"],
  ])("refuses %j", (source, expected) => {
    const compiled = compileRegex(source);
    expect(compiled.ok ? "" : compiled.error).toContain(expected);
  });

  it("throws for a text that is longer than the bound", () => {
    const any = regex("a*");
    expect(any("a".repeat(64 * 1024))).toBe(true);
    expect(() => any("a".repeat(64 * 1024 + 1))).toThrow(RangeError);
  });

  it.each(["(a+)+b", "(a|a)*b", "(?:a?){50}a{50}b", "(a*)*b", "(.*)*b"])(
    "ends on %j and a text that makes others go back for ever",
    (source) => {
      expect(regex(source)("a".repeat(64 * 1024))).toBe(false);
    },
  );

  it("keeps nothing from one text to the next", () => {
    const test = regex("a+");
    expect([test("aaa"), test("b"), test("aaa"), test("a")]).toEqual([true, false, true, true]);
  });
});
