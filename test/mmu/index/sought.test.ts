/** A text that is looked for: its words, tokens and units, and the memo that changes no answer. */
import { describe, expect, it } from "vitest";
import { LEAF_SORT } from "../../../src/mmu/index/sorts.js";
import { soughtOf } from "../../../src/mmu/index/sought.js";
import { SEED, soughtIn } from "./fixture.js";

const MAIL = "bob@acme.example";
const LINK = "https://acme.example/a";

/** The units of a text in order; what `stop` names ends the reading. */
function unitsOf(text: string, stop?: string): { readonly units: readonly string[]; readonly end: unknown } {
  const sought = soughtIn(text);
  const units: string[] = [];
  const visit = (unit: string): boolean => units.push(unit) > 0 && unit !== stop;
  const end = sought.eachUnit({
    word: (word) => visit(sought.normal.slice(sought.words.start(word), sought.words.end(word))),
    token: ({ start, end, canonical }) => visit(`[${sought.normal.slice(start, end)}=${canonical}]`),
  });
  return { units, end };
}

describe("Sought", () => {
  it("keeps the text as written beside its normal form", () => {
    expect(soughtIn("Mark  BLACK\u200b")).toMatchObject({ written: "Mark  BLACK\u200b", normal: "mark black" });
  });

  it("has the words of its normal form with their spans, and none beyond the last", () => {
    const { words, normal } = soughtIn("(Pay) bob, 42");
    expect(words).toHaveLength(3);
    expect([0, 1, 2].map((word) => normal.slice(words.start(word), words.end(word)))).toEqual(["pay", "bob", "42"]);
    expect([words.start(3), words.end(3)]).toEqual([0, 0]);
  });

  it("asks a table for each of its words, by both hashes", () => {
    const { words, hasher } = soughtIn("pay bob pay");
    const asked: (readonly [number, number])[] = [];
    const heads = words.headsIn({ find: (a, b) => asked.push([a, b]) });
    const hashOf = (word: string): readonly [number, number] => {
      const { a, b } = hasher.of(word, 0, word.length, 2);
      return [a, b];
    };
    expect([...heads]).toEqual([1, 2, 3]);
    expect(asked).toEqual(["pay", "bob", "pay"].map(hashOf));
  });

  it("has the value tokens in the form in which they are compared", () => {
    expect(soughtIn(`pay $1,200.00 to ${MAIL.toUpperCase()}`).tokens).toEqual([
      { kind: "number", start: 5, end: 13, canonical: "n:1200" },
      { kind: "email", start: 17, end: 33, canonical: MAIL },
    ]);
  });

  it.each<[string, readonly string[]]>([
    ["", []],
    ["pay bob", ["pay", "bob"]],
    [`pay ${MAIL} now`, ["pay", `[${MAIL}=${MAIL}]`, "now"]],
    [`${MAIL} ${LINK}`, [`[${MAIL}=${MAIL}]`, `[${LINK}=${LINK}]`]],
    ["pay (order-77x)", ["pay", "[order-77x=order-77x]"]],
    ["on may 15, 2024 at noon", ["on", "[may 15, 2024=d:2024-05-15]", "at", "noon"]],
  ])("reads %j as the units %j", (text, units) => {
    expect(unitsOf(text)).toEqual({ units, end: { count: units.length, isWhole: true } });
  });

  it("ends the reading where a visit says so, and counts that unit", () => {
    const text = `pay ${MAIL} or ${LINK} now`;
    const at = (stop: string): unknown => [unitsOf(text, stop).units.length, unitsOf(text, stop).end];
    expect(at("pay")).toEqual([1, { count: 1, isWhole: false }]);
    expect(at(`[${MAIL}=${MAIL}]`)).toEqual([2, { count: 2, isWhole: false }]);
    expect(at("or")).toEqual([3, { count: 3, isWhole: false }]);
    expect(at("now")).toEqual([5, { count: 5, isWhole: false }]);
  });

  it("counts of tokens that overlap the first", () => {
    const sought = soughtIn("4111 1111 1111 1111.com at 10:30$b@y.com");
    const textOf = ({ start, end }: { start: number; end: number }): string => sought.normal.slice(start, end);
    expect(sought.tokens.map(textOf)).toEqual(["4111 1111 1111 1111", "1111.com", "10:30", "30$b@y.com"]);
    expect(sought.tokenUnits.map(textOf)).toEqual(["4111 1111 1111 1111", "10:30"]);
  });

  it("hashes a part of itself as a leaf of that text is hashed", () => {
    const sought = soughtIn("say Alpha Bravo now");
    const hash = { ...sought.leafHash(4, 15) };
    expect(hash).toEqual({ ...sought.hasher.of("alpha bravo", 0, 11, LEAF_SORT) });
  });

  it("is read once encodings are undone, with the same seed", () => {
    const sought = soughtIn("cGF5IGJvYiBub3cgcGxlYXNlIGFuZCB0aGFuayB5b3U=");
    expect(sought.readings.map(({ normal }) => normal)).toContain("pay bob now please and thank you");
    expect(sought.readings.every((reading) => reading.isOf(SEED))).toBe(true);
    expect(sought.isReadWhole).toBe(true);
    expect(soughtIn("pay bob").readings).toEqual([]);
  });
});

describe("soughtOf", () => {
  it("prepares a text once for each seed", () => {
    const text = "a text that comes again";
    const first = soughtOf(text, SEED);
    expect(soughtOf(text, SEED)).toBe(first);
    const other = soughtOf(text, SEED + 1);
    expect([other.isOf(SEED), other.isOf(SEED + 1)]).toEqual([false, true]);
    expect(soughtOf(text, SEED)).not.toBe(first);
    expect(soughtOf(text, SEED)).toMatchObject({ written: text });
  });

  it("keeps the last sixty-four texts, and no more", () => {
    const texts = Array.from({ length: 65 }, (_, i) => `kept ${String(i)}`);
    const made = texts.map((text) => soughtOf(text, SEED));
    expect(soughtOf("kept 1", SEED)).toBe(made[1]);
    expect(soughtOf("kept 64", SEED)).toBe(made[64]);
    expect(soughtOf("kept 0", SEED)).not.toBe(made[0]);
  });

  it("keeps no more than 65 536 characters, and gives up no short text for one that is longer", () => {
    const short = soughtOf("a short one", SEED);
    const tooLong = "x".repeat(65_537);
    expect(soughtOf(tooLong, SEED)).not.toBe(soughtOf(tooLong, SEED));
    expect(soughtOf("a short one", SEED)).toBe(short);
    const most = soughtOf("y".repeat(65_536), SEED);
    expect(soughtOf("y".repeat(65_536), SEED)).toBe(most);
    expect(soughtOf("a short one", SEED)).not.toBe(short);
    expect(soughtOf("y".repeat(65_536), SEED)).not.toBe(most);
  });

  it("counts what it gives up as gone", () => {
    for (let i = 0; i < 40; i++) soughtOf(`${String(i)}${"z".repeat(20_000)}`, SEED);
    const kept = ["0", "1", "2"].map((name) => [name, soughtOf(name.repeat(20_000), SEED)] as const);
    for (const [name, made] of kept) expect(soughtOf(name.repeat(20_000), SEED)).toBe(made);
  });
});
