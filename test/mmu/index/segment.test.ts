/** A generation of leaves: what is found in it, by kind and up to a mark, and where tokens must not be cut. */
import { describe, expect, it } from "vitest";
import { GRAM_CHARS, GRAM_PLACES, RUN_CHARS } from "../../../src/mmu/bounds.js";
import { Places } from "../../../src/mmu/index/places.js";
import { addToken, addTyped, findWhole } from "../../../src/mmu/index/search.js";
import { Segment } from "../../../src/mmu/index/segment.js";
import { LEAF_SORT, TOKEN_SORT, TYPED_SORT } from "../../../src/mmu/index/sorts.js";
import { BOTTOM, join, OUTSIDE } from "../../../src/mmu/lattice.js";
import {
  leafOf,
  MAILBOX,
  PRIVATE,
  SEED,
  segmentOf,
  soughtIn,
  spanOf,
  STRANGER,
  textsIn,
  USER,
  viewsIn,
} from "./fixture.js";

/** What is found with a mark after `count` leaves: the span that was hashed is compared, whatever the hash says. */
function equalTo(segment: Segment, text: string, { count = segment.count, hashed = text } = {}): readonly string[] {
  const places = new Places();
  const hash = soughtIn("").hasher.of(hashed, 0, hashed.length, LEAF_SORT);
  segment.addEqual(text, { start: 0, end: text.length, hash }, { places, count });
  return textsIn(places);
}

function typedAs(segment: Segment, key: string, count = segment.count): readonly string[] {
  const places = new Places();
  addTyped(viewsIn(soughtIn(""), spanOf(segment, count)), soughtIn(""), key, places);
  return textsIn(places);
}

function tokensOf(segment: Segment, canonical: string, count = segment.count): readonly string[] {
  const places = new Places();
  addToken(viewsIn(soughtIn(""), spanOf(segment, count)), soughtIn(""), canonical, places);
  return textsIn(places);
}

describe("whole leaves", () => {
  const made = (): Segment => segmentOf("alpha", "bravo", ["alpha", USER], "alpha", ["alpha bravo", USER]);

  it("are found of each kind the first, up to the mark", () => {
    const segment = made();
    expect([0, 1, 2, 3, 5].map((count) => equalTo(segment, "alpha", { count }))).toEqual([
      [],
      ["0: alpha"],
      ["0: alpha"],
      ["0: alpha", "2: alpha"],
      ["0: alpha", "2: alpha"],
    ]);
    expect(equalTo(segment, "alph")).toEqual([]);
  });

  it("are not added for a kind that has its place", () => {
    const segment = made();
    const places = new Places();
    const first = { segment, leaf: 4, kind: USER, start: 0, end: 5 };
    places.add(first);
    const hash = soughtIn("").hasher.of("alpha", 0, 5, LEAF_SORT);
    segment.addEqual("alpha", { start: 0, end: 5, hash }, { places, count: 5 });
    expect(textsIn(places)).toEqual(["4: alpha", "0: alpha"]);
  });

  it("are compared as text: an equal hash finds nothing", () => {
    const segment = made();
    expect(equalTo(segment, "brave", { hashed: "alpha" })).toEqual([]);
    expect(equalTo(segment, "alphabet", { hashed: "alpha" })).toEqual([]);
    expect(equalTo(segment, "al", { hashed: "alpha" })).toEqual([]);
  });

  it("are found within a longer text that is looked for", () => {
    const places = new Places();
    const text = "say alpha bravo now";
    const hash = soughtIn("").hasher.of(text, 4, 15, LEAF_SORT);
    made().addEqual(text, { start: 4, end: 15, hash }, { places, count: 5 });
    expect(textsIn(places)).toEqual(["4: alpha bravo"]);
  });

  it("are numbers and dates by value, and JSON's own words by type", () => {
    const typed = segmentOf("1,200.00", ["$1200", USER], "May 15, 2024", "true", "null");
    for (const text of ["true", "null", "12"]) typed.append(leafOf(text, false), MAILBOX);
    expect(typedAs(typed, "n:1200")).toEqual(["0: 1,200.00", "1: $1200"]);
    expect(typedAs(typed, "n:1200", 1)).toEqual(["0: 1,200.00"]);
    expect(typedAs(typed, "d:2024-05-15")).toEqual(["2: may 15, 2024"]);
    expect(typedAs(typed, "b:true")).toEqual(["5: true"]);
    expect(typedAs(typed, "b:null")).toEqual(["6: null"]);
    expect(typedAs(typed, "n:12")).toEqual(["7: 12"]);
    expect(typedAs(typed, "b:12")).toEqual([]);
  });

  it("are compared by their typed form, too: an equal hash finds nothing", () => {
    const places = new Places();
    const hash = soughtIn("").hasher.of("n:13", 0, 4, TYPED_SORT);
    segmentOf("13").addTyped("n:14", hash, { places, count: 1 });
    expect(places.size).toBe(0);
  });
});

describe("value tokens", () => {
  const made = (): Segment =>
    segmentOf("to bob@acme.example", ["or Bob@Acme.example, bob@acme.example", USER], "see https://a.example/X");

  it("are found of each kind the first, in the form in which they are compared, up to the mark", () => {
    const segment = made();
    expect([0, 1, 2].map((count) => tokensOf(segment, "bob@acme.example", count))).toEqual([
      [],
      ["0: bob@acme.example"],
      ["0: bob@acme.example", "1: bob@acme.example"],
    ]);
    expect(tokensOf(segment, "https://a.example/x")).toEqual(["2: https://a.example/x"]);
    expect(tokensOf(segment, "acme.example")).toEqual([]);
  });

  it("are compared as text: an equal hash finds nothing", () => {
    const places = new Places();
    const hash = soughtIn("").hasher.of("bob@acme.example", 0, 16, TOKEN_SORT);
    made().addToken("eve@acme.example", hash, { places, count: 3 });
    expect(places.size).toBe(0);
  });

  it("are not added for a kind that has its place", () => {
    const segment = made();
    const places = new Places();
    places.add({ segment, leaf: 2, kind: USER, start: 0, end: 3 });
    addToken(viewsIn(soughtIn(""), segment), soughtIn(""), "bob@acme.example", places);
    expect(textsIn(places)).toEqual(["2: see", "0: bob@acme.example"]);
  });

  it("keep their kind beside any length", () => {
    const long = `https://a.example/${"x".repeat(1500)}`;
    expect(tokensOf(segmentOf(`see ${long} or order-77x, 4111 1111 1111 1111.`), long)).toEqual([`0: ${long}`]);
    const mixed = segmentOf("pay GB82 WEST 1234 5698 7654 32 by 15 May 2024 in /srv/in or order-77x");
    expect(tokensOf(mixed, "gb82west12345698765432")).toEqual(["0: gb82 west 1234 5698 7654 32"]);
    expect(tokensOf(mixed, "d:2024-05-15")).toEqual(["0: 15 may 2024"]);
    expect(tokensOf(mixed, "/srv/in")).toEqual(["0: /srv/in"]);
    expect(tokensOf(mixed, "order-77x")).toEqual(["0: order-77x"]);
  });

  it("are cut strictly inside, and not at their ends", () => {
    const cut = segmentOf("a bob@x.example b", "c 4111 1111 1111 1111", "d");
    const cuts = Array.from({ length: 42 }, (_, position) => position).filter((position) => cut.cuts(position));
    const inside = (start: number, end: number): readonly number[] =>
      Array.from({ length: end - start - 1 }, (_, i) => start + 1 + i);
    expect(cuts).toEqual([...inside(2, 15), ...inside(20, 39)]);
    expect(segmentOf("no token").cuts(3)).toBe(false);
  });
});

describe("a phone number beside a link", () => {
  const found = (text: string): readonly string[] => {
    const sought = soughtIn(text);
    const segment = segmentOf("call y.example&:020 7946 0958 now");
    return textsIn(findWhole(viewsIn(sought, segment), sought).places);
  };

  it("is found whole, and its beginning or one of its groups is not", () => {
    expect(found("020 7946 0958")).toEqual(["0: 020 7946 0958"]);
    expect(found("020 7946")).toEqual([]);
    expect(found("7946")).toEqual([]);
  });
});

describe("long runs", () => {
  const letters = (from: number, count: number): string =>
    Array.from({ length: count }, (_, i) => String.fromCharCode(0x4e00 + from + i)).join("");
  const runsOf = (segment: Segment, text: string, count = segment.count): readonly string[] => {
    const places = new Places();
    segment.addRuns(soughtIn(text), { count, places });
    return textsIn(places);
  };
  const page = letters(0, 200);

  it.each([
    [0, RUN_CHARS],
    [7, RUN_CHARS],
    [16, RUN_CHARS],
    [200 - RUN_CHARS, RUN_CHARS],
    [31, 100],
    [0, 200],
  ])("are found from %i on as long as they are: %i", (from, length) => {
    const run = page.slice(from, from + length);
    const segment = segmentOf("first", page);
    expect(runsOf(segment, run)).toEqual([`1: ${run}`]);
    expect(runsOf(segment, `ab ${run} c`)).toEqual([`1: ${run}`]);
    expect(runsOf(segment, `ab ${run} c`, 1)).toEqual([]);
  });

  it("are found of RUN_CHARS, and not of fewer", () => {
    for (let from = 0; from < 20; from++) {
      expect(runsOf(segmentOf(page), `a${page.slice(from, from + RUN_CHARS - 1)}b${letters(500, 60)}`)).toEqual([]);
    }
  });

  it("count by their gram alone where a kind has more of that than are kept", () => {
    const gram = page.slice(0, GRAM_CHARS);
    const many = Array.from({ length: GRAM_PLACES + 1 }, (_, i) => `${gram}${letters(1000 + 100 * i, 20)}`);
    const text = `a${gram}b${letters(500, 60)}`;
    expect(runsOf(segmentOf(...many), text)).toEqual([`${String(GRAM_PLACES)}: ${gram}`]);
    expect(runsOf(segmentOf(...many.slice(1)), text)).toEqual([]);
  });

  it("are found of each kind the first, and none for a kind that has its place", () => {
    const segment = segmentOf(page, [page, USER], page, [page, MAILBOX], [letters(900, 60), MAILBOX]);
    expect(runsOf(segment, page)).toEqual([`0: ${page}`, `1: ${page}`, `3: ${page}`]);
    const places = new Places();
    places.add({ segment, leaf: 2, kind: STRANGER, start: 0, end: 2 });
    segment.addRuns(soughtIn(page), { count: 5, places });
    expect(textsIn(places)).toEqual([`2: ${page.slice(0, 2)}`, `1: ${page}`, `3: ${page}`]);
  });

  it("begin at a text's edges, too", () => {
    const head = `${page.slice(0, 60)}x`;
    expect(runsOf(segmentOf(`y${page}`), head)).toEqual([`0: ${page.slice(0, 60)}`]);
    expect(runsOf(segmentOf(page), `z${page.slice(140)}`)).toEqual([`0: ${page.slice(140)}`]);
  });

  it("are compared as text: a gram of equal hash is no run", () => {
    // Signs of Thue and Morse, times 2^13: these differences cancel out modulo 2^32 with any odd base.
    const isOdd = (i: number): boolean => i.toString(2).replaceAll("0", "").length % 2 === 1;
    const block = (swap: boolean): string =>
      Array.from({ length: 32 }, (_, i) => (isOdd(i) === swap ? "\u5000" : "\u7000")).join("");
    const [one, other] = [false, true].map((swap) => `${letters(0, 16)}${block(swap)}${letters(40, 16)}`);
    const [grams, others] = [soughtIn(one ?? "").grams, soughtIn(other ?? "").grams];
    expect(grams[16]).toBe(others[16]);
    expect(runsOf(segmentOf(one ?? ""), other ?? "")).toEqual([]);
  });

  it("of a kind may be ruled out by their first grams", () => {
    const segment = segmentOf(page, [letters(900, 60), USER]);
    const sought = soughtIn(`"${page.slice(5, 5 + RUN_CHARS)}"`);
    expect(segment.mayHoldRun(sought, 1, 0, 2)).toBe(true);
    expect(segment.mayHoldRun(sought, 1, 0, 0)).toBe(false);
    expect(segment.mayHoldRun(sought, 1, 1, 2)).toBe(false);
    // Of these only the gram at 16 of the page is kept, the last that is looked at.
    expect(segment.mayHoldRun(soughtIn(page.slice(1, 1 + RUN_CHARS)), 0, 0, 2)).toBe(true);
    expect(segment.mayHoldRun(soughtIn(`x${page}`), 2, 0, 2)).toBe(true);
  });
});

describe("Segment", () => {
  const made = (): Segment => segmentOf("alpha", ["bravo", USER], ["charlie", MAILBOX], "delta");

  it("joins the labels of the kinds of its first leaves, and names them", () => {
    const segment = made();
    expect([0, 1, 3].map((count) => segment.labels(count))).toEqual([BOTTOM, OUTSIDE, join(OUTSIDE, PRIVATE)]);
    expect([0, 1, 2, 4].map((count) => segment.kindsOf(count))).toEqual([
      [],
      [STRANGER],
      [STRANGER, USER],
      [STRANGER, USER, MAILBOX],
    ]);
  });

  it("has its leaves one after the other with a place between", () => {
    const segment = made();
    expect([0, 1, 2, 3, 4, 9].map((count) => segment.limit(count))).toEqual([0, 6, 12, 20, 26, 26]);
    expect(segment.placeAt(14, 3)).toEqual({ segment, leaf: 2, kind: MAILBOX, start: 2, end: 5 });
    expect([0, 5, 6, 25].map((position) => segment.placeAt(position, 1).leaf)).toEqual([0, 0, 1, 3]);
  });

  it("takes a leaf and a kind that it does not hold for the worst", () => {
    const segment = made();
    expect(segment.kindOf(3).labels).toMatchObject({ integrity: "poisoned-suspect", confidentiality: "secret" });
    expect(segment.leafAt(4)).toMatchObject({ text: "", page: "" });
  });

  it("copies its first leaves, so that what is added to either is not in the other", () => {
    const segment = made();
    const copy = segment.copy(2);
    copy.append(leafOf("echo"), USER);
    expect(copy.count).toBe(3);
    expect([equalTo(copy, "bravo"), equalTo(copy, "charlie"), equalTo(copy, "echo")]).toEqual([
      ["1: bravo"],
      [],
      ["2: echo"],
    ]);
    expect([segment.count, equalTo(segment, "echo")]).toEqual([4, []]);
    expect(copy.kindsOf(3)).toEqual([STRANGER, USER]);
  });

  it("tells the bytes of all its tables", () => {
    const empty = new Segment(SEED).byteLength;
    expect(empty).toBeGreaterThan(0);
    const text = "one two three four five six seven eight nine ten eleven twelve a@b.example";
    const filled = segmentOf(...Array.from({ length: 200 }, (_, i) => `${text} ${String(i)}`));
    // A word each of fourteen a leaf, a token, a leaf and three grams: 8, 8, 20 and 12 bytes at least.
    expect(filled.byteLength - empty).toBeGreaterThan(200 * (14 * 8 + 8 + 20 + 3 * 8));
  });
});
