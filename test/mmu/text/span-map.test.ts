/** Normal forms are made chunk by chunk, and spans mapped back: both against the whole text at once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold, withoutSpaces } from "../../../src/mmu/text/folding.js";
import { keptForm, originalSpan } from "../../../src/mmu/text/kept-form.js";
import { normalize } from "../../../src/mmu/text/normalize.js";
import { SpanMap } from "../../../src/mmu/text/span-map.js";

const pieces = [
  ...Array.from("aBZe1- \t\n"),
  ...Array.from(
    "\u0000\u001f\u007f\u0301\u0307\u0345éÉİΣςſﬁ\u200b\u00ad\u202e\u00a0\u3000“—\uff2dｶﾞ\u1100\u1161\u11a8日½Åŉ",
  ),
  "  ",
  "\ud83d\ude00",
  "\ud800",
  "e\u0000\u0301",
];
const texts = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 16 });

describe("normalize", () => {
  it("folds chunk by chunk to what folding the whole gives", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(normalize(text)).toBe(withoutSpaces(fold(text)));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("SpanMap", () => {
  it.each([
    ["", [0]],
    ["Pay Mallory", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    ["Pay  You", [0, 1, 2, 3, 5, 6, 7, 8]],
    ["  Pay \n", [2, 3, 4, 5]],
    ["\n\na", [2, 3]],
    ["a\tb\rc\nd", [0, 1, 2, 3, 4, 5, 6, 7]],
    ["a \n b", [0, 1, 4, 5]],
    ["a\u00a0 b", [0, 1, 3, 4]],
    ["ab \u0085 cd", [0, 1, 2, 5, 6, 7]],
    ["a\u3000\u3000b", [0, 1, 3, 4]],
    ["\u3000é\u3000", [1, 2]],
    ["a\u200b b", [0, 2, 3, 4]],
    ["a \u200b b", [0, 1, 4, 5]],
    [" \n\u200b ", [4]],
    ["x\u200b", [0, 2]],
    ["\u0007ab", [1, 2, 3]],
    ["ab\u0080cd\u007fe", [0, 1, 3, 4, 6, 7]],
    ["one  two\u200b four  ", [0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14]],
    ["ﬁne", [0, 0, 1, 2, 3]],
    ["½ cup", [0, 0, 0, 1, 2, 3, 4, 5]],
    ["İx", [0, 0, 1, 2]],
    ["x´y", [0, 1, 1, 2, 3]],
    ["e\u0301x", [0, 2, 3]],
    ["~\u0301ab", [0, 0, 2, 3, 4]],
    ["日本 go", [0, 1, 2, 3, 4, 5]],
    ["日カ\uff9e本", [0, 1, 3, 4]],
    ["\u1112\u1161\u11ab!", [0, 3, 4]],
    // Compatibility jamo compose, though neither is a mark: their chunk is mapped as one.
    ["x\u3131\u314fy", [0, 0, 3, 4]],
    ["😀x", [0, 0, 2, 3]],
    ["aé\u200bü b", [0, 1, 3, 4, 5, 6]],
    ["é\u200b日\u00adａ-", [0, 2, 4, 5, 6]],
    ["漢  ﬁ x", [0, 1, 3, 3, 4, 5, 6]],
  ])("says of each unit of the normal form of %j where it came from", (text, origins) => {
    const map = new SpanMap(text);
    expect(Array.from({ length: normalize(text).length + 1 }, (_, unit) => map.at(unit))).toEqual(origins);
  });

  it("rises, ends where the text does, and has one index for each unit", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const normal = normalize(text);
        const map = new SpanMap(text);
        for (let i = 0; i < normal.length; i++) expect(map.at(i)).toBeLessThanOrEqual(map.at(i + 1));
        expect(map.at(normal.length)).toBe(map.at(normal.length + 5));
        expect(map.at(-1)).toBe(map.at(0));
        // What follows the end shows nothing.
        expect(normalize(text.slice(map.at(normal.length)))).toBe("");
      }),
      { numRuns: 2000 },
    );
  });

  it("cuts a text where its normal form is cut at blanks", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const normal = normalize(text);
        const map = new SpanMap(text);
        for (let at = normal.indexOf(" "); at >= 0; at = normal.indexOf(" ", at + 1)) {
          expect(normalize(text.slice(0, map.at(at)))).toBe(normal.slice(0, at));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("originalSpan", () => {
  it("names the words of a long text with odd spacing as they were written", () => {
    const text = `${"One  two\n\nthree — ﬁne.\t".repeat(40)}Target\u200b  Words`;
    const kept = keptForm(text);
    expect(kept.map).toBeDefined();
    const start = kept.normal.indexOf("target words");
    const span = originalSpan(kept, start, start + "target words".length);
    expect(text.slice(span.start, span.end)).toBe("Target\u200b  Words");
    const first = kept.normal.indexOf("fine.");
    const inner = originalSpan(kept, first, first + 5);
    expect(text.slice(inner.start, inner.end)).toContain("ﬁne.");
  });
});
