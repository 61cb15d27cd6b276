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
