/** Percent-encoding to the character: bytes that are no text, blanks of forms, and what is no form. */
import { describe, expect, it } from "vitest";
import { percent, percentSigns, plusSigns } from "../../../../src/mmu/text/encodings/percent.js";

const textsOf = (text: string): readonly string[] => percent.decode(text).map((reading) => reading.text);

describe("percent-encoding", () => {
  it.each([
    ["%e2%82%ac", ["€"]],
    ["x%F0%9F%98%80y%ffz%41", ["x😀y%ffzA"]],
    ["%c3%a9%c3", ["é%c3"]],
    ["%00%ff%00", ["\u0000%ff\u0000"]],
    ["%ff%c3%a9%41", ["%fféA"]],
    ["%e2%82%41", ["%e2%82A"]],
    ["%e2%82", []],
    ["%u00e9%U0041", ["éA"]],
    ["%4 %", []],
  ])("of %s says %j", (text, readings) => {
    expect(textsOf(text)).toEqual(readings);
  });

  it.each([
    ["ab+cd+ef", ["ab cd ef"]],
    ["ab+c+ef", []],
    ["ab+cd ef", []],
    ["a+%41", ["a+A", "a A"]],
    ["%41+b c", ["A+b c", "A b c"]],
    ["%2B+%2b", ["+++", "+ +"]],
    ["%+abcdefg", []],
    ["abcdefgh", []],
    ["%41bcdefgh", ["Abcdefgh"]],
  ])("of the form %s says %j", (text, readings) => {
    expect(textsOf(text)).toEqual(readings);
  });

  it("is the text as a whole, in both of its parts", () => {
    expect(percentSigns.decode("a+%41")).toEqual([{ text: "a+A", start: 0, end: 5 }]);
    expect(plusSigns.decode("a+%41")).toEqual([{ text: "a A", start: 0, end: 5 }]);
  });
});
