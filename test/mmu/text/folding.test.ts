/** The steps of normalisation take short cuts; they give what the steps give without any. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withChunks } from "../../../src/mmu/text/chunks.js";
import { fold, isDisguised, isVisibleAscii, withoutForms, withoutHidden } from "../../../src/mmu/text/folding.js";

const HIDDEN = /(?:\p{Cc}|\p{Default_Ignorable_Code_Point}|[\ufff0-\ufffb])(?<![\t-\r\u0085])/gu;

function plainForms(text: string): string {
  let current = text;
  for (let length = -1; length !== current.length;) {
    length = current.length;
    current = current.replace(/([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]{1,1000}/gu, "$1");
  }
  return current
    .replace(/[^\ufdfa\ufdfb]+/g, (part) => part.normalize("NFKC"))
    .replace(/[\u02b9\u02bc\u2018-\u201b\u2032\u2035\u2039\u203a\u275b\u275c]/g, "'")
    .replace(/[\u00ab\u00bb\u201c-\u201f\u275d\u275e\u301d-\u301f]/g, '"')
    .replace(/[\u2010-\u2015\u2212\u2e3a\u2e3b]/g, "-");
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const odd = fc.constantFrom(
  ...["a", " ", "Z", "\n", "\u0007", "\u0085", "\u00ad", "\u0301", "\u0345", "\u200b", "\u2018", "\u201d", "\u2014"],
  ...["\ufdfa", "\ufb01", "\uff21", "\uff9e", "\u1160", "\uac00", "\ud800", "\udc00", "日本", "😀"],
  ...["\u{e0041}", "\u{1d173}", "\u{1bca0}", "\u{1d165}"],
);
const texts = fc
  .array(fc.tuple(odd, fc.constantFrom(1, 1, 1, 2, 29, 30, 31, 32, 63)), { maxLength: 12 })
  .map((parts) => parts.map(([part, times]) => part.repeat(times)).join(""));

describe("short cuts of normalisation", () => {
  it("leave out no hidden character", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(withoutHidden(text)).toBe(text.replace(HIDDEN, ""));
      }),
      { numRuns: 1000 },
    );
  });

  it("take out the same single characters", () => {
    const kept: number[] = [];
    for (const code of [...range(0, 0xffff), ...range(0x1b000, 0x1d200), ...range(0xdfff0, 0xe1010)]) {
      const text = `a${String.fromCodePoint(code)}b`;
      if (withoutHidden(text) !== text.replace(HIDDEN, "")) kept.push(code);
    }
    expect(kept).toEqual([]);
  });

  it("leave out no form, nor any run of marks", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(withoutForms(text)).toBe(plainForms(text));
      }),
      { numRuns: 1000 },
    );
  });

  it("fold chunk by chunk to what the whole folds to", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(withChunks(text, fold, Infinity)?.toLowerCase()).toBe(fold(text));
        const chunks = text.match(/[\t-\r -~]?[^\t-\r -~]+/g) ?? [];
        expect(withChunks(text, (chunk) => `<${chunk}>`, chunks.length)).toBe(
          text.replace(/[\t-\r -~]?[^\t-\r -~]+/g, (chunk) => `<${chunk}>`),
        );
        if (chunks.length > 0) expect(withChunks(text, fold, chunks.length - 1)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});

describe("isDisguised", () => {
  it.each([
    ["a zero-width character alone", "\u200b"],
    ["a soft hyphen", "pay\u00adpal"],
    ["a tag character", "pay\u{e0041}"],
    ["a control character", "pay\u0007"],
    ["a line feed", "pay\nmallory"],
    ["a tab", "pay\tmallory"],
    ["a line separator", "pay\u2028mallory"],
    ["a no-break space", "pay\u00a0mallory"],
    ["a ligature", "ﬁ"],
    ["a letter of full width", "Ｐay"],
    ["an Arabic ligature that is kept in one", "\ufdfa"],
    ["a letter that is not composed", "cafe\u0301"],
    ["more marks than any language stacks", `q${"\u0323".repeat(31)}`],
  ])("holds for %s", (_, text) => {
    expect(isDisguised(text)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["visible ASCII", " Pay ~ Mallory! "],
    ["composed letters", "café"],
    ["other scripts", "日本"],
    ["a letter beyond U+FFFF", "😀"],
    ["typographic quotation marks and dashes", "“now” – ’tis"],
    ["as many marks as may be stacked", `q${"\u0323".repeat(30)}`],
  ])("does not hold for %s", (_, text) => {
    expect(isDisguised(text)).toBe(false);
  });
});

describe("isVisibleAscii", () => {
  it("holds for what is only visible ASCII and its white space", () => {
    const isVisible = (code: number): boolean => isVisibleAscii(`a${String.fromCharCode(code)}b`);
    expect(range(0, 0x2ff).filter(isVisible)).toEqual([...range(0x09, 0x0d), ...range(0x20, 0x7e)]);
    expect(isVisibleAscii("")).toBe(true);
  });
});

describe("a run of marks", () => {
  const MARKS = ["\u0323", "\uff9e", "\u{1e130}"];

  it.each(MARKS)("of %j is cut to thirty, wherever it stands and however long it is", (mark) => {
    const thirty = mark.repeat(30).normalize("NFKC");
    for (const before of range(0, 31)) {
      const text = `${"x".repeat(before)}q`;
      for (const marks of [30, 31, 32, 61])
        expect(withoutForms(`${text}${mark.repeat(marks)}z`)).toBe(`${text}${thirty}z`);
    }
    expect(withoutForms(`q${mark.repeat(40_000)}z`)).toBe(`q${thirty}z`);
  });

  it("is counted anew behind a letter", () => {
    const text = `q${"\u0323".repeat(30)}`;
    expect(withoutForms(text.repeat(3))).toBe(text.repeat(3));
  });
});
