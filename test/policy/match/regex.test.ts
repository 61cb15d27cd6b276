/** Regular expressions: the whole text, the syntax that is refused, the bounds, and that none go back for ever. */
import { beforeAll, describe, expect, it } from "vitest";
import { compileRegex, loadRegexFor } from "../../../src/policy/match/regex.js";

function regex(source: string): (text: string) => boolean {
  const compiled = compileRegex(source);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value;
}

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

  it("says of a pattern beyond a bound which one it is", () => {
    const faultOf = (source: string): string | undefined => {
      const compiled = compileRegex(source);
      return compiled.ok ? undefined : compiled.error;
    };
    expect([faultOf("a".repeat(512)), faultOf("a".repeat(513))]).toEqual([
      undefined,
      "it is longer than 512 characters",
    ]);
    expect([faultOf(".{998}"), faultOf(".{999}")]).toEqual([
      undefined,
      "it is too large when its repetitions are written out",
    ]);
  });

  it("throws for a text that is longer than the bound", () => {
    const any = regex("a*");
    expect(any("a".repeat(64 * 1024))).toBe(true);
    expect(() => any("a".repeat(64 * 1024 + 1))).toThrow(new RangeError("a text is too long for `matches`"));
  });

  it("takes a pattern for what it says, however many others there were since", () => {
    const names = Array.from({ length: 600 }, (_, index) => `n${String(index)}`);
    for (const round of [names, names])
      expect(round.filter((name) => regex(name)(name) && !regex(name)(`${name}x`))).toEqual(names);
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
