/** What a composed text is made of: tokens, short leaves and long runs of pages, and its words one by one. */
import { describe, expect, it } from "vitest";
import { MAX_LEAF_WORDS, RUN_CHARS } from "../../../src/mmu/bounds.js";
import { addParts, coverageOf, kindsOfUnits } from "../../../src/mmu/index/parts.js";
import { Places, type Kind } from "../../../src/mmu/index/places.js";
import { Segment, type Span } from "../../../src/mmu/index/segment.js";
import { leafOf, MAILBOX, SEED, segmentOf, soughtIn, spanOf, STRANGER, textsIn, USER, viewsIn } from "./fixture.js";

type Spans = readonly (Segment | Span)[];

function partsOf(text: string, ...spans: Spans): readonly string[] {
  const places = new Places();
  const sought = soughtIn(text);
  addParts(viewsIn(sought, ...spans), sought, places);
  return textsIn(places);
}

function coverage(text: string, ...spans: Spans): { readonly isCovered: boolean; readonly places: readonly string[] } {
  const sought = soughtIn(text);
  const { isCovered, places } = coverageOf(viewsIn(sought, ...spans), sought);
  return { isCovered, places: textsIn(places) };
}

function kinds(text: string, ...spans: Spans): readonly (readonly Kind[])[] {
  const sought = soughtIn(text);
  return kindsOfUnits(viewsIn(sought, ...spans), sought);
}

describe("parts of a text", () => {
  it("are its value tokens, wherever they stand in pages", () => {
    const segment = segmentOf("from bob@acme.example today", ["order-77x", USER]);
    expect(partsOf("zzz bob@acme.example zzz order-77x", segment)).toEqual(["0: bob@acme.example", "1: order-77x"]);
    expect(partsOf("zzz bob@acme.exampel", segment)).toEqual([]);
    expect(partsOf("zzz order-77x", spanOf(segment, 1))).toEqual([]);
  });

  it("are long runs that it shares with pages", () => {
    const run = "all ten crates go by rail to the harbour and then on";
    expect(partsOf(`zzz ${run} zzz`, segmentOf(`1${run}1`, ["x", USER]))).toEqual([`0: ${run}`]);
    expect(partsOf(`zzz ${run.slice(0, RUN_CHARS - 1)}zzz`, segmentOf(`1${run}1`))).toEqual([]);
  });

  it.each<[leaf: string, text: string]>([
    ["mark black", "zzz mark black zzz"],
    ["mark black", "mark black"],
    ["mark black", "(mark black)"],
    ["it is a b", "zzz it is a b"],
    ["Mark, Black; it", "zzz mark, black; it zzz"],
    ["a b c d e f gh ij", "zz a b c d e f gh ij zz"],
    ["go to it", "go to go to it"],
  ])("are whole leaves of several words: %j in %j", (leaf, text) => {
    expect(partsOf(text, segmentOf("other", leaf))).toEqual([`1: ${leaf.toLowerCase()}`]);
  });

  it.each<[leaf: string, text: string]>([
    ["markblack", "zzz markblack zzz"],
    ["go to x", "zzz go to x zzz"],
    ["mark black", "zzz mark, black zzz"],
    ["mark black", "zzz mark blacks zzz"],
    ["mark black", "zzz mark"],
    ["mark black.", "zzz mark black. zzz"],
    ["a b c d e f gh ij kl", "zz a b c d e f gh ij kl zz"],
  ])("are no leaves of one word, less than eight characters, other marks or too many words: %j in %j", (leaf, text) => {
    expect(partsOf(text, segmentOf("other", leaf))).toEqual([]);
  });

  it("are no leaf of one word, though one of more begins with it", () => {
    expect(partsOf("zzz markblack zzz", segmentOf("markblack", ["markblack it", USER]))).toEqual([]);
  });

  it("are of each kind the first leaf, up to the mark", () => {
    const old = segmentOf("mark black", ["mark black", USER], "mark black");
    const later = segmentOf(["mark black", MAILBOX], "black mark", "mark black jr");
    expect(partsOf("zzz mark black zzz", old, later)).toEqual(["0: mark black", "1: mark black", "0: mark black"]);
    expect(partsOf("zzz mark black zzz", spanOf(old, 1), later)).toEqual(["0: mark black", "0: mark black"]);
    expect(partsOf("zzz mark black zzz", spanOf(old, 0))).toEqual([]);
  });

  it("are leaves of all lengths that a word begins, in whatever kinds", () => {
    const words = "one two three four five six seven eight".split(" ");
    const table = [STRANGER, USER, MAILBOX];
    const leaves = [2, 5, MAX_LEAF_WORDS].map(
      (size, i) => [words.slice(0, size).join(" "), table[i] ?? STRANGER] as const,
    );
    expect(partsOf(`zzz ${words.join(" ")} zzz`, segmentOf(...leaves))).toEqual([
      "1: one two three four five",
      `2: ${words.join(" ")}`,
    ]);
    expect(partsOf("one two three four five six", segmentOf(...leaves, ["one two", USER]))).toEqual([
      "1: one two three four five",
    ]);
    expect(partsOf("onetwo threefour fives", segmentOf("onetwo threefour", ["onetwo threefour fives", USER]))).toEqual([
      "0: onetwo threefour",
      "1: onetwo threefour fives",
    ]);
  });
});

describe("coverage", () => {
  const made = (): Segment => segmentOf("alpha bravo", ["alpha charlie", USER], ["bravo zulu", MAILBOX]);

  it("is by the most trusted place of each word", () => {
    const segment = made();
    expect(coverage("bravo alpha", segment)).toEqual({ isCovered: true, places: ["0: bravo", "1: alpha"] });
    expect(coverage("charlie alpha", segment)).toEqual({ isCovered: true, places: ["1: charlie"] });
    expect(coverage("zulu bravo", segment)).toEqual({ isCovered: true, places: ["2: zulu", "0: bravo"] });
  });

  it("is none of fewer than two words, or when one stands nowhere, and then has no places", () => {
    const segment = made();
    expect(coverage("alpha", segment)).toMatchObject({ isCovered: false });
    expect(coverage("", segment)).toMatchObject({ isCovered: false });
    expect(coverage("alpha new bravo", segment)).toEqual({ isCovered: false, places: [] });
    expect(coverage("alpha charlie", spanOf(segment, 1))).toEqual({ isCovered: false, places: [] });
    expect(coverage("alpha bravo", spanOf(segment, 1)).isCovered).toBe(true);
  });

  it("takes of equal places the first, in order of the generations", () => {
    const segment = made();
    const twin = segmentOf(["delta charlie", USER], "alpha alpha");
    expect(coverage("charlie delta", segment, twin)).toEqual({ isCovered: true, places: ["1: charlie"] });
    expect(coverage("delta charlie", twin, segment)).toEqual({ isCovered: true, places: ["0: delta"] });
    expect(coverage("delta alpha", twin, segment).places).toEqual(["0: delta"]);
    expect(coverage("zulu alpha", segmentOf(["alpha", MAILBOX]), segmentOf(["zulu alpha", USER])).places).toEqual([
      "0: zulu",
    ]);
  });

  it("counts a value token as one word, found as a token or as a whole leaf", () => {
    const pages = segmentOf("mail bob@acme.example", ["mail bob@acme.example", USER], ["write 1,200.00", MAILBOX]);
    pages.append(leafOf("7", false), MAILBOX);
    expect(coverage("write bob@acme.example", pages)).toEqual({
      isCovered: true,
      places: ["2: write", "1: bob@acme.example"],
    });
    expect(coverage("mail acme.example", pages)).toEqual({ isCovered: false, places: [] });
    expect(coverage("mail $1200", pages).isCovered).toBe(true);
    expect(coverage("mail $7.00", pages)).toEqual({ isCovered: true, places: ["1: mail", "3: 7"] });
    expect(coverage("mail $8", pages).isCovered).toBe(false);
  });
});

describe("kinds of units", () => {
  it("are for a value token those where it is one, or else those where it is a whole leaf", () => {
    const pages = segmentOf("at $7 a piece");
    pages.append(leafOf("7", false), MAILBOX);
    pages.append(leafOf("8", false), MAILBOX);
    expect(kinds("pay $7.00", pages)).toEqual([[], [STRANGER]]);
    expect(kinds("pay $8.00", pages)).toEqual([[], [MAILBOX]]);
  });

  it("are those in which each word and token of a text stands, in order", () => {
    const old = segmentOf("alpha bravo", ["alpha", USER], "to bob@acme.example");
    const later = segmentOf(["alpha bravo", MAILBOX], ["bob@acme.example", USER]);
    expect(kinds("bravo new bob@acme.example alpha", old, later)).toEqual([
      [STRANGER, MAILBOX],
      [],
      [STRANGER, USER],
      [STRANGER, USER, MAILBOX],
    ]);
    expect(kinds("alpha", spanOf(old, 1))).toEqual([[STRANGER]]);
    expect(kinds("alpha", old, old)).toEqual([[STRANGER, USER]]);
    expect(kinds("", old)).toEqual([]);
    expect(kinds("eve@acme.example alpha", old)).toEqual([[], [STRANGER, USER]]);
  });
});

/** Counts how often leaves are looked for. */
class CountedSegment extends Segment {
  looks = 0;

  override addEqual(...asked: Parameters<Segment["addEqual"]>): void {
    this.looks++;
    super.addEqual(...asked);
  }
}

it("leaves within a text are looked for once at each word and of each length, however many kinds have some", () => {
  const segment = new CountedSegment(SEED);
  for (const kind of [STRANGER, USER, MAILBOX]) {
    for (const text of ["mark black", "mark black jr"]) segment.append(leafOf(text), kind);
  }
  expect(partsOf("zzz mark black jr", segment)).toHaveLength(3);
  expect(segment.looks).toBe(2);
});
