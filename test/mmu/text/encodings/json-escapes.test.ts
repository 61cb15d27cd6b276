/** Escapes of JSON to the character: what is one string literal, and what no escape. */
import { describe, expect, it } from "vitest";
import { jsonEscapes } from "../../../../src/mmu/text/encodings/json-escapes.js";

describe("escapes of JSON", () => {
  it.each([
    ['""', [""]],
    [' "a" ', ["a"]],
    ['"a\\nb"', ["a\nb", '"a\nb"']],
    ['"a\\\\"', ["a\\", '"a\\"']],
    ['"', []],
    ['"a', []],
    ['a"', []],
    ["'a'", []],
    ['"a"b"', []],
    ['"a"b', []],
    ['"a\\"', ['"a"']],
  ])("in the literal or none %j say %j", (text, readings) => {
    expect(jsonEscapes.decode(text)).toEqual(
      readings.map((reading) => ({ text: reading, start: 0, end: text.length })),
    );
  });

  it.each([
    ["\\b\\f\\n\\r\\t", "\b\f\n\r\t"],
    ["\\/\\\"\\\\\\'", "/\"\\'"],
    ["\\u{10ffff}\\u{110000}\\u{0}", "\u{10ffff}\\u{110000}\u0000"],
    ["\\x4a\\u{4B}\\u004c\\u00E9", "JKLé"],
    ["\\\\u0041 \\q", "\\u0041 \\q"],
  ])("%s say %j", (text, said) => {
    expect(jsonEscapes.decode(text)).toEqual([{ text: said, start: 0, end: text.length }]);
  });
});
