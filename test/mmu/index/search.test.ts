/** The index against a scan of all that it holds: what it finds, what it must not, and what it says when it gives up. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Labels } from "../../../src/abi/labels.js";
import { GRAM_CHARS, MAX_CANDIDATES, RUN_CHARS } from "../../../src/mmu/bounds.js";
import type { Kind } from "../../../src/mmu/index/places.js";
import { findWhole, type SearchOptions } from "../../../src/mmu/index/search.js";
import type { Segment, Span } from "../../../src/mmu/index/segment.js";
import { BOTTOM, OUTSIDE } from "../../../src/mmu/lattice.js";
import { Memory, type PageLeaf } from "../../../src/mmu/memory.js";
import { provenanceOf } from "../../../src/mmu/provenance.js";
import { normalize } from "../../../src/mmu/text/normalize.js";
import { isWholeAt } from "../../../src/mmu/tokens/chars.js";
import { scanTokens } from "../../../src/mmu/tokens/scan.js";
import { leafOf, MAILBOX, PRIVATE, segmentOf, soughtIn, spanOf, STRANGER, textsIn, USER, viewsIn } from "./fixture.js";

const leaf = (text: string, labels: Labels = OUTSIDE): PageLeaf => ({
  path: "/x",
  text,
  isText: true,
  labels,
  classes: [],
});
const memoryOf = (texts: readonly string[]): Memory =>
  texts.reduce((all, text, i) => all.add(`p${String(i)}`, [leaf(text)]), Memory.empty());

/** Whether a phrase stands in a text as a run of words that cuts no value token, found by trying each place. */
function standsIn(text: string, phrase: string): boolean {
  const tokens: (readonly [number, number])[] = [];
  scanTokens(text, (_, start, end) => tokens.push([start, end]));
  const isCut = (at: number): boolean => tokens.some(([start, end]) => start < at && at < end);
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    const end = at + phrase.length;
    if (isWholeAt(text, at, end) && !isCut(at) && !isCut(end)) return true;
  }
  return false;
}

/** The longest run of characters that two texts share. */
function sharedRun(a: string, b: string): number {
  let best = 0;
  for (let at = 0; at < a.length; at++) while (b.includes(a.slice(at, at + best + 1)) && at + best < a.length) best++;
  return best;
}

describe("a run of words", () => {
  const words = fc.constantFrom("alpha", "bravo", "alphabet", "charlie", "delta-one", "a@b.example", "x.y", "(echo)");
  const texts = fc.array(words, { minLength: 2, maxLength: 8 }).map((list) => list.join(" "));
  const pages = fc.array(texts, { minLength: 1, maxLength: 6 });
  const phrases = fc.array(fc.constantFrom("alpha", "bravo", "charlie", "alphabet", "echo"), {
    minLength: 2,
    maxLength: 4,
  });

  it("is found where a scan of all leaves finds it, and nowhere else", () => {
    fc.assert(
      fc.property(pages, phrases, (list, found) => {
        const phrase = found.join(" ");
        const { match } = provenanceOf(memoryOf(list), phrase, OUTSIDE);
        const isThere = list.some((text) => standsIn(normalize(text), phrase));
        expect(match === "exact" || match === "contained").toBe(isThere);
      }),
      { numRuns: 500 },
    );
  });

  it("is found however long it is, wherever it starts", () => {
    const sentence =
      "it was agreed that all of the ten crates go by rail to the harbour and then on to oslo before autumn ends";
    const list = sentence.split(" ");
    const memory = memoryOf(["x".repeat(99), `${"so ".repeat(7)}${sentence} at last`]);
    for (let from = 0; from < list.length; from++) {
      for (let to = from + 3; to <= list.length; to++) {
        const phrase = list.slice(from, to).join(" ");
        expect([phrase, provenanceOf(memory, `"${phrase}".`, BOTTOM).match]).toEqual([phrase, "contained"]);
      }
    }
  });

  it("is looked for at so many places of its longest word, however rare its others are", () => {
    const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `longest ${String(i)} other`);
    const within = memoryOf([...many(MAX_CANDIDATES - 1), "say rare longest now"]);
    expect(provenanceOf(within, "rare longest", BOTTOM).match).toBe("contained");
    const beyond = [...many(MAX_CANDIDATES), "say rare longest now"].reduce(
      (all, text) => all.add("p", [leaf(text, PRIVATE)]),
      Memory.empty(),
    );
    // Not found, and not taken for something new either: it may stand in what was not tried.
    expect(provenanceOf(beyond, "rare longest", BOTTOM).match).not.toBe("contained");
    expect(provenanceOf(beyond, "zzz longest", BOTTOM)).toMatchObject({ match: "nowhere", labels: PRIVATE });
    expect(provenanceOf(within, "zzz longest", BOTTOM)).toMatchObject({ match: "nowhere", labels: BOTTOM });
  });
});

describe("a run of characters", () => {
  const pieces = fc.constantFrom("ab", "ba", "aab", "c", "dcd", " ", "é", "ccb");
  const text = (least: number, most: number): fc.Arbitrary<string> =>
    fc.array(pieces, { minLength: least, maxLength: most }).map((list) => list.join(""));

  it("of RUN_CHARS is found wherever it starts, in both texts", () => {
    fc.assert(
      fc.property(text(20, 80), fc.nat(200), fc.nat(40), text(0, 20), (page, from, more, before) => {
        const normal = normalize(page);
        const run = normal.slice(from % normal.length).slice(0, RUN_CHARS + more);
        fc.pre(run.length >= RUN_CHARS);
        const found = provenanceOf(memoryOf([page]), `q${before}${run}q`, BOTTOM);
        expect(found.match).toBe("decoded");
      }),
    );
  });

  it("is found only when it is as long as that, but for grams that stand everywhere", () => {
    fc.assert(
      fc.property(text(20, 60), text(20, 60), (page, value) => {
        const run = sharedRun(normalize(value), normalize(page));
        fc.pre(run < GRAM_CHARS || run >= RUN_CHARS);
        const hasSpace = /[ é]/.test(value + page);
        const { match } = provenanceOf(memoryOf([page.replaceAll(" ", "")]), value.replaceAll(" ", ""), BOTTOM);
        if (!hasSpace) expect(match === "decoded" || match === "exact").toBe(run >= RUN_CHARS);
      }),
    );
  });
});

describe("kinds of leaf", () => {
  it("are named once, in however many generations they stand", () => {
    const small = Memory.empty({ maxBytes: 4000 });
    const filled = Array.from({ length: 30 }, (_, i) => i).reduce(
      (all, i) => all.add(`p${String(i)}`, [leaf("see alpha bravo")]),
      small,
    );
    expect(filled.spans.length).toBeGreaterThan(1);
    expect(provenanceOf(filled, "alpha bravo", BOTTOM).origins).toHaveLength(1);
  });
});

interface Found {
  readonly found: readonly string[];
  readonly isExact: boolean;
  readonly doubts: readonly Kind[];
}

function whole(text: string, spans: readonly (Segment | Span)[], options?: SearchOptions): Found {
  const sought = soughtIn(text);
  const { places, isExact, doubts } = findWhole(viewsIn(sought, ...spans), sought, options);
  return { found: textsIn(places), isExact, doubts };
}

describe("a text as a whole", () => {
  const made = (): Segment => segmentOf("bob@acme.example", ["to Bob@acme.example", USER], "bob@acme.example again");

  it("is exact where a leaf is it, and found of the other kinds as a token or a run of words", () => {
    const old = made();
    const later = segmentOf(["now bob@acme.example", MAILBOX]);
    expect(whole("bob@acme.example", [old, later])).toEqual({
      found: ["0: bob@acme.example", "1: bob@acme.example", "0: bob@acme.example"],
      isExact: true,
      doubts: [],
    });
    expect(whole("bob@acme.example", [later])).toMatchObject({ found: ["0: bob@acme.example"], isExact: false });
    expect(whole("mark black", [segmentOf("to mark black", ["mark black", USER])])).toMatchObject({
      found: ["1: mark black", "0: mark black"],
      isExact: true,
    });
    expect(whole("eve@acme.example", [old, later])).toEqual({ found: [], isExact: false, doubts: [] });
  });

  it("is nowhere when nothing of it shows", () => {
    const blank = segmentOf("\u200b", "x");
    expect(whole("", [blank])).toEqual({ found: [], isExact: false, doubts: [] });
    expect(whole("\u200b", [blank])).toEqual({ found: [], isExact: false, doubts: [] });
  });

  it.each<[text: string, leaf: string, found: string | undefined, isExact?: boolean]>([
    ["1200", "$1,200.00", "$1,200.00", true],
    ["1200", "pay $1,200.00 now", "1,200.00"],
    ["1,200", "pay $1200 now", "1200"],
    ["13", "June 13", undefined],
    ["may 15, 2024", "2024-05-15", "2024-05-15", true],
    ["may 15, 2024", "on 2024-05-15 or so", "2024-05-15"],
    ["1234567", "tel. 12 34 56 7", undefined],
    ["4111111111111111", "pay 4111 1111 1111 1111 now", "4111 1111 1111 1111"],
    ["+491701234567", "call +49 170 1234567 now", "+49 170 1234567"],
    ["6 cents", "for 6 cents a piece", "6 cents"],
    ["say order-77x", "order-77x", undefined],
    ["order-77x now", "order-77x", undefined],
  ])("that is %j stands in %j as %j", (text, leaf, found, isExact = false) => {
    expect(whole(text, [segmentOf(leaf)])).toEqual({
      found: found === undefined ? [] : [`0: ${found}`],
      isExact,
      doubts: [],
    });
  });

  it("is only a number where it was given as one", () => {
    const segment = segmentOf("id 7-7", ["77", USER]);
    segment.append(leafOf("77.0", false), MAILBOX);
    expect(whole("77", [segment], { typed: "n:77" })).toMatchObject({ found: ["1: 77", "2: 77.0"], isExact: true });
    expect(whole("77", [spanOf(segment, 2)], { typed: "n:77" }).found).toEqual(["1: 77"]);
    expect(whole("77", [segmentOf("pay $77")], { typed: "n:77" })).toMatchObject({ found: ["0: 77"], isExact: false });
    expect(whole("1e+21", [segmentOf("1e+21")], { typed: "n:1e+21" })).toMatchObject({ isExact: false });
  });

  it("has no place that is not accepted", () => {
    const accepts: SearchOptions["accepts"] = ({ leaf }) => leaf > 0;
    expect(whole("bob@acme.example", [made()], { accepts })).toMatchObject({
      found: ["1: bob@acme.example", "2: bob@acme.example"],
      isExact: false,
    });
  });

  it("puts in doubt the kinds that hold too many candidates", () => {
    const many = Array.from({ length: MAX_CANDIDATES + 1 }, (_, i) => `longest ${String(i)} other`);
    expect(whole("longest word", [segmentOf(...many, ["a longest word", USER])])).toEqual({
      found: [`${String(MAX_CANDIDATES + 1)}: longest word`],
      isExact: false,
      doubts: [STRANGER],
    });
  });
});
