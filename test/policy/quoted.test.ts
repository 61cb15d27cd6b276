/** What an operator wrote, shown in a message: on one line, in backticks, not too long. */
import { describe, expect, it } from "vitest";
import { kindOf, plain, quoted } from "../../src/policy/quoted.js";

describe("quoted", () => {
  it.each([
    ["pay", "`pay`"],
    ["a\u0007b\u001b[2J", "`a\\u{7}b\\u{1b}[2J`"],
    ["two\nlines\u2028", "`two\\u{a}lines\\u{2028}`"],
    ["\u202Egnp.exe", "`\\u{202e}gnp.exe`"],
    ["half \ud800", "`half \\u{d800}`"],
    ["x".repeat(64), `\`${"x".repeat(64)}\``],
    ["x".repeat(65), `\`${"x".repeat(64)}...\``],
    ["\u{1F600}".repeat(64), `\`${"\u{1F600}".repeat(64)}\``],
    ["\u{1F600}".repeat(65), `\`${"\u{1F600}".repeat(64)}...\``],
  ])("shows %j as %j", (value, expected) => {
    expect(quoted(value)).toBe(expected);
  });

  it("tells what is no text by its kind", () => {
    expect(quoted(7)).toBe("a number");
  });
});

describe("plain", () => {
  it("keeps a sentence from elsewhere on one line", () => {
    expect(plain("missing ]: `[a\r\n`")).toBe("missing ]: `[a\\u{d}\\u{a}`");
  });

  it("cuts one that is too long", () => {
    expect([plain("x".repeat(200)), plain("x".repeat(201))]).toEqual(["x".repeat(200), "x".repeat(200)]);
  });
});

describe("kindOf", () => {
  it.each<[unknown, string]>([
    [[1], "a list"],
    [new Date(0), "a date"],
    [false, "true or false"],
    ["", "a string"],
    [0, "a number"],
    [{}, "a table"],
  ])("%j is %s", (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
