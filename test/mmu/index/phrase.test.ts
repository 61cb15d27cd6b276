/** Runs of words in longer leaves: where one stands, where a place is none, and what is said when not all are tried. */
import { describe, expect, it } from "vitest";
import { MAX_CANDIDATES, RUN_CHARS } from "../../../src/mmu/bounds.js";
import { addPhrase } from "../../../src/mmu/index/phrase.js";
import { Places, type Kind, type Place } from "../../../src/mmu/index/places.js";
import { Segment, type Span } from "../../../src/mmu/index/segment.js";
import {
  leafOf,
  MAILBOX,
  SEED,
  segmentOf,
  soughtIn,
  spanOf,
  STRANGER,
  textsIn,
  USER,
  viewsIn,
  type Leaf,
} from "./fixture.js";

interface Asked {
  readonly found: readonly string[];
  readonly doubts: readonly Kind[];
}

function ask(text: string, spans: readonly (Segment | Span)[], accepts?: (place: Place) => boolean): Asked {
  const places = new Places(accepts);
  const sought = soughtIn(text);
  const doubts = addPhrase(viewsIn(sought, ...spans), sought, places);
  return { found: textsIn(places), doubts };
}

const found = (text: string, ...leaves: readonly Leaf[]): readonly string[] => ask(text, [segmentOf(...leaves)]).found;

describe("a run of words is found", () => {
  it.each<[text: string, leaf: string]>([
    ["mark black", "write to Mark Black, please"],
    ["mark", "mark it"],
    ["mark", "it is mark"],
    ["mark", "see (mark)"],
    ["42nd street", "at 42nd street now"],
    ["12345 items", "of 12345 items"],
    ["a b c", "in a b c order"],
    ["größe", "die Größe zählt"],
    ["of a kind", "two of a kind of a"],
    ["black or black", "white or black or black or red"],
  ])("%j in %j", (text, leaf) => {
    expect(found(text, leaf)).toEqual([`0: ${text}`]);
  });

  it.each<[text: string, leaf: string]>([
    ["Bob", "ask Bob about it"],
    ["Bob", "ask BOB about it"],
    ["BOB", "ask Bob about it"],
    ["Änn", "ask Änn about it"],
  ])("%j in %j, for it is a name in both", (text, leaf) => {
    expect(found(text, leaf)).toEqual([`0: ${text.toLowerCase()}`]);
  });

  it.each<[text: string, run: string]>([
    ['"mark black"', "mark black"],
    ["([{<'mark black'>}])", "mark black"],
    ["mark black.,;:!?", "mark black"],
    ["mark black's", "mark black's"],
  ])("%j without the marks around it", (text, run) => {
    expect(found(text, "write to mark black's, or to mark black")).toEqual([`0: ${run}`]);
  });

  it.each<[text: string, isFound: boolean]>([
    [`${"(".repeat(8)}mark black`, true],
    [`${"(".repeat(9)}mark black`, false],
    [`mark black${")".repeat(8)}`, true],
    [`mark black${")".repeat(9)}`, false],
    ["mark black]]-", false],
    [".mark black", false],
  ])("%j only with so many marks of the sort that stands there: %j", (text, isFound) => {
    expect(found(text, "to mark black now")).toEqual(isFound ? ["0: mark black"] : []);
  });
});

describe("a run of words is not found", () => {
  it.each<[text: string, leaf: string]>([
    ["mark black", "mark blacker"],
    ["mark black", "remark black"],
    ["mark black", "mark, black"],
    ["mark black", "mark red, black mark"],
    ["mark black", "mark black-2134@x.example"],
    ["smith", "bob.smith is"],
    ["acme invoice", "open /srv/acme invoice"],
    ["eur to", "$12 eur tom"],
    ["1111 or", "4111 1111 1111 1111 or"],
    ["see 4111", "see 4111 1111 1111 1111"],
    ["no such", "words here"],
  ])("%j in %j", (text, leaf) => {
    expect(found(text, leaf)).toEqual([]);
  });

  it.each<[text: string, leaf: string]>([
    ["the", "the end"],
    ["Please", "yes, Please"],
    ["al", "ask al about"],
    ["Al", "ask Al about"],
    ["a b", "in a b order"],
    ["bob", "ask Bob about it"],
    ["Bob", "ask bob about it"],
    ["123", "in 123 lines"],
    ["...", "so ... what"],
    ["日本語", "see 日本語 now"],
  ])("%j in %j, for it says too little", (text, leaf) => {
    expect(ask(text, [segmentOf(leaf)])).toEqual({ found: [], doubts: [] });
  });

  it("but for one of three letters in several words, or with a letter in it", () => {
    expect(found("a bc", "in a bc order")).toEqual(["0: a bc"]);
    expect(found("B12", "take B12 daily")).toEqual(["0: b12"]);
    expect(found("1234", "pin 1234 is it")).toEqual(["0: 1234"]);
    expect(found("the end", "at the end of it")).toEqual(["0: the end"]);
  });
});

describe("the place of a run of words", () => {
  it("is the first of each kind, in order of the generations, up to the marks", () => {
    const old = segmentOf("no", "to mark black", ["by mark black", USER], "mark black again");
    const later = segmentOf("mark black later", ["of mark black", MAILBOX]);
    expect(ask("mark black", [old, later]).found).toEqual(["1: mark black", "2: mark black", "1: mark black"]);
    expect([0, 1, 2, 3].map((count) => ask("mark black", [spanOf(old, count)]).found.length)).toEqual([0, 0, 1, 2]);
  });

  it("is past those that do not count, of which eight of a kind are tried", () => {
    const texts = (count: number): readonly string[] =>
      Array.from({ length: count }, (_, i) => `MARK black ${String(i)}`);
    const isSpelled = ({ segment, leaf }: Place): boolean => segment.leafAt(leaf).text.includes("Mark");
    const asked = (count: number): Asked =>
      ask("mark black", [segmentOf(...texts(count), "to Mark black", ["Mark black", USER])], isSpelled);
    expect(asked(7).found).toEqual(["7: mark black", "8: mark black"]);
    expect(asked(8).found).toEqual(["9: mark black"]);
  });

  it("is past those where a name of three letters has no capital, as many", () => {
    const many = (count: number): readonly string[] => Array.from({ length: count }, () => "we bob along");
    expect(found("Bob", ...many(7), "ask Bob")).toEqual(["7: bob"]);
    expect(found("Bob", ...many(8), "ask Bob", ["Bob", USER])).toEqual(["9: bob"]);
  });

  it("is found where its rarest word stands, before or after the longest one", () => {
    const noise = Array.from({ length: 5 }, (_, i) => `longest ${String(i)} other`);
    expect(found("rare longest words", ...noise, "say rare longest words")).toEqual(["5: rare longest words"]);
    expect(found("longest rare", ...noise, "say longest rare")).toEqual(["5: longest rare"]);
    expect(found("(longest rare)", ...noise, "longest rare")).toEqual(["5: longest rare"]);
    expect(found("longest new", ...noise, ["longest new", USER])).toEqual(["5: longest new"]);
    expect(found("of longest", ...noise, "longest of")).toEqual([]);
  });

  it("is found where its longest word stands, however often its others do before", () => {
    const noise = ["of ".repeat(MAX_CANDIDATES + 9), "longest 1", "longest 2", "longest 3"];
    expect(found("longest of", ...noise, "longest of")).toEqual(["4: longest of"]);
    expect(found("of longest", ...noise, "of longest")).toEqual(["4: of longest"]);
  });

  it("is found of a run that is longer than a gram only where that may stand", () => {
    const run = "all ten crates go by rail to the harbour and then on to oslo";
    expect(found(run, "other words", `so ${run} soon`, [`now ${run}`, USER])).toEqual([`1: ${run}`, `2: ${run}`]);
    expect(found(`"${run}"`, `so ${run} soon`)).toEqual([`0: ${run}`]);
    expect(ask(run, [spanOf(segmentOf("x", run), 1)]).found).toEqual([]);
    expect(found(run, run.replace("oslo", "oslos"))).toEqual([]);
  });
});

describe("places that were not tried", () => {
  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, i) => `longest ${String(i)} other`);

  it("put the kinds in doubt that hold more candidates than are tried, when none of those is it", () => {
    const segment = segmentOf(...many(MAX_CANDIDATES), "say longest word", ["longest", USER]);
    expect(ask("longest word", [segment])).toEqual({ found: [], doubts: [STRANGER] });
    expect(ask("longest 7 other", [segment])).toEqual({ found: ["7: longest 7 other"], doubts: [] });
  });

  it("are none when all candidates are tried, or as many stand before the mark", () => {
    const segment = segmentOf(...many(MAX_CANDIDATES), "longest word");
    expect(ask("longest word", [spanOf(segment, MAX_CANDIDATES)])).toEqual({ found: [], doubts: [] });
    expect(ask("longest word", [segment])).toEqual({ found: [], doubts: [STRANGER] });
    const whole = segmentOf(...many(MAX_CANDIDATES - 1), "say longest word");
    expect(ask("longest word", [whole]).found).toEqual([`${String(MAX_CANDIDATES - 1)}: longest word`]);
    expect(ask("longest zulu", [whole])).toEqual({ found: [], doubts: [] });
  });

  it("begin behind the last that is tried, wherever the rarest word stands in the text", () => {
    const leaves = [...many(MAX_CANDIDATES - 1), "rare longest rare longest 1 2 longest rare"];
    const last = `${String(MAX_CANDIDATES - 1)}: longest rare`;
    for (const text of ["longest rare", `${"(".repeat(8)}longest rare`]) expect(found(text, ...leaves)).toEqual([last]);
    expect(found("rare longest", ...leaves)).toEqual([`${String(MAX_CANDIDATES - 1)}: rare longest`]);
    expect(ask("longest rare", [segmentOf(...many(MAX_CANDIDATES), "longest rare")]).found).toEqual([]);
  });

  it("are those of the longest word, the first of several, however long the text", () => {
    const leaves = [...many(MAX_CANDIDATES), "longest", "a shorts", "to be the lengthiest"];
    const doubts = (text: string): readonly Kind[] => ask(text, [segmentOf(...leaves)]).doubts;
    expect([doubts("longest shorts"), doubts("a longest lengthiest"), doubts("lengths longest")]).toEqual([
      [STRANGER],
      [],
      [],
    ]);
    expect([doubts("longest lengthy"), doubts("lengthy longest")]).toEqual([[STRANGER], []]);
    expect(doubts(`longest ${"shorts ".repeat(7)}`)).toEqual([STRANGER]);
  });

  it("are no matter of a text that is not looked for", () => {
    const segment = segmentOf(...many(MAX_CANDIDATES + 1));
    expect(ask("a b", [segment]).doubts).toEqual([]);
    expect(ask("unheard of", [segment]).doubts).toEqual([]);
  });
});

/** Counts the places at which a text is looked for. */
class CountedSegment extends Segment {
  looks = 0;

  override placeAt(position: number, length: number): Place {
    this.looks++;
    return super.placeAt(position, length);
  }
}

describe("a flood of a text's words costs few looks", () => {
  const flood = (text: string): readonly string[] => Array.from({ length: 40 }, () => text);
  const looksFor = (text: string, leaves: readonly string[]): number => {
    const segment = new CountedSegment(SEED);
    for (const leaf of leaves) segment.append(leafOf(leaf), STRANGER);
    ask(text, [segment]);
    return segment.looks;
  };

  it("where another word of the text is rare, or stands nowhere", () => {
    expect(looksFor("longest rare", [...flood("longest other"), "rare"])).toBe(1);
    expect(looksFor("other rare longest", [...flood("longest other"), "rare", "rare"])).toBe(2);
    expect(looksFor("longest new", flood("longest other"))).toBe(0);
    expect(looksFor("longest other", flood("other longest"))).toBe(40);
  });

  it("where nothing of RUN_CHARS of it stands in any leaf", () => {
    const run = "ten crates go by the old railway to the harbours";
    expect(run).toHaveLength(RUN_CHARS);
    const others = run.split(" ").reverse().join(" ");
    expect(looksFor(run, flood(others))).toBe(0);
    expect(looksFor(run, [...flood(others), `on ${run}`])).toBeGreaterThan(0);
  });
});
