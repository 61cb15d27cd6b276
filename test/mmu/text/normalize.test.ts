/** The normal form: what it makes equal, what it keeps apart, and the way back to the original. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalize, normalizeWithMap } from "../../../src/mmu/text/normalize.js";

/** Text with much of what normalisation is about. */
const awkward = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom(
        " ",
        "\t\n",
        "A",
        "é",
        "e\u0301",
        "\u0301",
        "\u0323",
        "\u200b",
        "ﬁ",
        "İ",
        "ς",
        "Σ",
        "ß",
        "ẞ",
        "カ\uff9e",
      ),
      fc.constantFrom(
        "\u1112",
        "\u1161",
        "\u11ab",
        "“",
        "–",
        "\u00a0",
        "\u2028",
        "\ufdfa",
        "\u0344",
        "\u0344".repeat(20),
        "\ud800",
        "\udc00",
        "´",
        "i\u0307",
      ),
    ),
  )
  .map((parts) => parts.join(""));

describe("normalize", () => {
  it.each([
    ["Pay  Mallory", "pay mallory"],
    [" pay mallory", "pay mallory"],
    ["pay mallory ", "pay mallory"],
    ["pay  mallory", "pay mallory"],
    ["\u00a0pay\u2028mallory\r\n", "pay mallory"],
    ["DE89\u200b 3704\u00ad", "de89 3704"],
    ["Ｐａｙ “now” – it’s late…", 'pay "now" - it\'s late...'],
    ["pay\u202emallory\u{e0041}", "paymallory"],
    ["e\u200b\u0301", "é"],
    ["ΟΔΟΣ, οδος", "οδοσ, οδοσ"],
    ["STRASSE Straße ẞ", "strasse straße ß"],
    ["İstanbul", "i̇stanbul"],
    ["\u0000pa\u0007y\u007f", "pay"],
    ["", ""],
    [" \n\u200b ", ""],
  ])("%j becomes %j", (text, normal) => {
    expect(normalize(text)).toBe(normal.normalize("NFKC"));
  });

  it("keeps apart what only looks alike", () => {
    expect(normalize("раураl")).not.toBe(normalize("paypal"));
    expect(normalize("ß")).not.toBe(normalize("ss"));
    expect(normalize("ı")).not.toBe(normalize("i"));
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(awkward, (text) => {
        const normal = normalize(text);
        expect(normalize(normal)).toBe(normal);
      }),
      { numRuns: 2000 },
    );
  });

  it("is idempotent on every assigned code point, before and after a letter and a mark", () => {
    const planes = [
      [0, 0x33fff],
      [0xe0000, 0xe0fff],
    ] as const;
    for (const [first, last] of planes) {
      for (let code = first; code <= last; code += 1) {
        const character = String.fromCodePoint(code);
        const normal = normalize(`a${character}b\u0301${character}\u0307 ${character}`);
        if (normalize(normal) !== normal) expect.fail(`U+${code.toString(16)}`);
      }
    }
  });

  it("gives ordinary lower-case text back as it is", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[!-@[-~]{1,9}$/)), (words) => {
        const text = words.join(" ");
        expect(normalize(text)).toBe(text);
      }),
    );
  });

  it("leaves nothing of the four steps to do", () => {
    fc.assert(
      fc.property(awkward, (text) => {
        const normal = normalize(text);
        expect(normal).not.toMatch(
          /^\s|\s$|\s\s|[^\S ]|[\u200b-\u200f\u202a-\u202e\u2060-\u2064]|[\u{e0000}-\u{e0fff}]/u,
        );
        expect(normal.toLowerCase().replaceAll("ς", "σ")).toBe(normal);
      }),
    );
  });

  it.each(["\u0301\u0323", "\ufdfa", "\u200b", "カ\uff9e", "\u0344", " ", "\u1112\u1161\u11ab", "\ud800"])(
    "stays within six times the input on %j, over and over",
    (unit) => {
      const text = `a${unit.repeat(100_000)}`;
      expect(normalize(text).length).toBeLessThanOrEqual(6 * text.length);
    },
  );
});

describe("normalizeWithMap", () => {
  it("gives the normal form and a monotone way back", () => {
    fc.assert(
      fc.property(awkward, (text) => {
        const { text: normal, at } = normalizeWithMap(text);
        expect(normal).toBe(normalize(text));
        for (let index = 0; index <= normal.length; index += 1) {
          expect(at(index)).toBeGreaterThanOrEqual(index === 0 ? 0 : at(index - 1));
          expect(at(index)).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("leads from each span of words back to text with the same normal form", () => {
    const word = fc.constantFrom(
      "Pay",
      "ｍａｌｌｏｒｙ",
      "caf\u0065\u0301",
      "“now”",
      "Größe",
      "漢字",
      "5\u200b000",
      "ΟΔΟΣ",
      "x",
    );
    const gap = fc.constantFrom(" ", "  ", "\r\n", "\u00a0", " \u200b ");
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 1 }), fc.nat(), fc.nat(), (pairs, from, to) => {
        const text = pairs.flat().join("");
        const { text: normal, at } = normalizeWithMap(text);
        const words = Array.from(normal.matchAll(/\S+/g));
        const [first, last] = [from % words.length, to % words.length]
          .sort((a, b) => a - b)
          .map((index) => words[index]);
        const start = first?.index ?? 0;
        const end = (last?.index ?? 0) + (last?.[0].length ?? 0);
        expect(normalize(text.slice(at(start), at(end)))).toBe(normal.slice(start, end));
      }),
    );
  });

  it.each([
    ["plain text", 6, 6],
    ["  Pay", 0, 2],
    ["Pay  Mallory", 4, 5],
    ["ﬁne", 2, 1],
    ["a\u200b\u200bB", 1, 3],
    ["漢字\u200b漢", 2, 3],
    ["Pay \n", 3, 3],
    ["Pay", 99, 3],
    ["Pay", -1, 0],
  ])("in %j, %i comes from %i", (text, index, original) => {
    expect(normalizeWithMap(text).at(index)).toBe(original);
  });
});
