/** Hosts in ASCII are read by hand: they must be what the pattern says, which other text is read by. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost } from "../../../src/mmu/tokens/host.js";

const HOST = /^(?:[\p{L}\p{N}_-]{1,63}\.){1,32}([\p{L}]{2,24}|xn--[a-z0-9-]{1,59})\.?(?::\d{1,5})?([/?#]\S*)?$/iu;

describe("parseHost", () => {
  it.each([
    ["a.example", "example", false],
    ["A.B.EXAMPLE.", "EXAMPLE", false],
    ["a.example:8080/x", "example", true],
    ["a.example:65535", "example", false],
    ["a.example/8080", "example", true],
    [`${"a".repeat(40)}.${"b".repeat(40)}.example`, "example", false],
    ["a_b-c.example?x", "example", true],
    ["a.xn--p1ai", "xn--p1ai", false],
    ["bücher.example", "example", false],
    ["a.рф/x", "рф", true],
  ])("reads %j", (text, last, hasTail) => {
    expect(parseHost(text)).toEqual({ last, hasTail });
  });

  it.each([
    "",
    "example",
    "a..b",
    ".a.b",
    "a.b1",
    "a.b",
    "a.example:",
    "a.example:123456",
    "a.example,",
    "a.example,80",
    "a.bxn--p1ai",
    "a b.example",
  ])("refuses %j", (text) => {
    expect(parseHost(text)).toBeUndefined();
  });

  it("agrees with the pattern on anything that looks like one", () => {
    const pieces = [
      "a",
      "bc",
      "9",
      "-",
      "_",
      ".",
      "..",
      ":",
      ":80",
      "/",
      "?",
      "#",
      "xn--",
      "é",
      "x".repeat(24),
      " ",
      "@",
    ];
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 9 }), (text) => {
        const match = HOST.exec(text);
        const expected = match === null ? undefined : { last: match[1], hasTail: match[2] !== undefined };
        expect(parseHost(text)).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it("bounds labels as the pattern does", () => {
    const label = (size: number): string => "a".repeat(size);
    for (const text of [
      `${label(63)}.com`,
      `${label(64)}.com`,
      `a.${label(24)}`,
      `a.${label(25)}`,
      `${"a.".repeat(32)}com`,
      `${"a.".repeat(33)}com`,
      `a.xn--${label(59)}`,
      `a.xn--${label(60)}`,
    ]) {
      expect(parseHost(text) !== undefined).toBe(HOST.test(text));
    }
  });
});
