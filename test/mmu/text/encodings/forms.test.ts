/** The steps of normalisation as rows: how much one character may become. */
import { describe, expect, it } from "vitest";
import { letterCase, space, unicode, zeroWidth } from "../../../../src/mmu/text/encodings/forms.js";

describe("a text of characters that are written out", () => {
  const SIX = "\u3316";
  const said = SIX.normalize("NFKC");

  it("is written out up to four times its length and 4096 characters", () => {
    expect(unicode.decode(SIX.repeat(2048))).toEqual([{ text: said.repeat(2048), start: 0, end: 2048 }]);
    expect(unicode.decode(SIX.repeat(3000))).toEqual([
      { text: said.repeat(3000).slice(0, 4 * 3000 + 4096), start: 0, end: 3000 },
    ]);
  });
});

describe("visible ASCII", () => {
  it("hides nothing and has one form, but has case and white space", () => {
    const text = "Pay  Mallory\t~";
    expect([zeroWidth, unicode].flatMap((row) => row.decode(text))).toEqual([]);
    expect([letterCase, space].flatMap((row) => row.decode(text).map((reading) => reading.text))).toEqual([
      "pay  mallory\t~",
      "Pay Mallory ~",
    ]);
  });
});
