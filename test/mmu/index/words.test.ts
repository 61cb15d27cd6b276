/** The words of leaves and their places: by kind, in order, and no more than are ever tried. */
import { describe, expect, it } from "vitest";
import { MAX_CANDIDATES, MAX_LEAF_WORDS } from "../../../src/mmu/bounds.js";
import { Hasher } from "../../../src/mmu/index/hash.js";
import { WORD_SORT } from "../../../src/mmu/index/sorts.js";
import { eachWord, WordTable } from "../../../src/mmu/index/words.js";

const hasher = new Hasher(7);

/** A table of leaves that stand one after the other, one position between them. */
function tableOf(...leaves: readonly (readonly [text: string, kind: number])[]): WordTable {
  const table = new WordTable(hasher);
  let position = 0;
  for (const [text, kind] of leaves) {
    table.addLeaf(text, position, kind);
    position += text.length + 1;
  }
  return table;
}

function nodeOf(table: WordTable, word: string): number {
  const { a, b } = hasher.of(word, 0, word.length, WORD_SORT);
  return table.find(a, b);
}

function placesOf(table: WordTable, node: number, limit = Infinity): readonly number[] {
  const positions: number[] = [];
  table.eachPlace(node, limit, (position) => {
    positions.push(position);
    return false;
  });
  return positions;
}

describe("eachWord", () => {
  it.each<[string, readonly string[]]>([
    ["", []],
    ["alpha", ["alpha"]],
    [" alpha, (bravo)-charlie. ", ["alpha", "bravo", "charlie"]],
    ["a1 b", ["a1", "b"]],
    ["größe ना x", ["größe", "ना", "x"]],
    ["... -", []],
  ])("finds in %j the words %j, each with its hash", (text, words) => {
    const found: string[] = [];
    eachWord(text, hasher, (start, end) => {
      const read = { ...hasher.last };
      expect(read).toEqual({ ...hasher.of(text, start, end, WORD_SORT) });
      found.push(text.slice(start, end));
    });
    expect(found).toEqual(words);
  });
});

describe("WordTable", () => {
  const made = (): WordTable => tableOf(["alpha bravo alpha", 0], ["say alpha", 1], ["alpha", 0]);

  it("has for a word a node of each kind of leaf, in order of arrival", () => {
    const table = made();
    const first = nodeOf(table, "alpha");
    const second = table.next(first);
    expect([table.kind(first), table.kind(second), table.next(second)]).toEqual([0, 1, -1]);
    expect([table.first(first), table.first(second)]).toEqual([0, 22]);
    expect(nodeOf(table, "charlie")).toBe(-1);
    expect(nodeOf(table, "alph")).toBe(-1);
  });

  it("has all places of a word in leaves of a kind, oldest first, and those before a mark", () => {
    const table = made();
    const first = nodeOf(table, "alpha");
    expect(placesOf(table, first)).toEqual([0, 12, 28]);
    expect(table.count(first)).toBe(3);
    expect(placesOf(table, table.next(first))).toEqual([22]);
    expect(table.count(table.next(first))).toBe(1);
    expect(placesOf(table, first, 12)).toEqual([0]);
    expect(placesOf(table, first, 13)).toEqual([0, 12]);
    expect(placesOf(table, first, 0)).toEqual([]);
  });

  it("shows no more places once one is what was looked for", () => {
    const table = made();
    const seen: number[] = [];
    table.eachPlace(nodeOf(table, "alpha"), Infinity, (position) => {
      seen.push(position);
      return position === 12;
    });
    expect(seen).toEqual([0, 12]);
  });

  it("knows of how many words the leaves are that a word begins, up to the most that are looked for", () => {
    const eight = Array.from({ length: MAX_LEAF_WORDS }, () => "x").join(" ");
    const lengths = tableOf(["one", 0], ["one two three", 0], ["two one", 0], [`${eight} x`, 0], [eight, 1], ["", 1]);
    const bits = (word: string): number => lengths.leafLengths(nodeOf(lengths, word));
    expect([bits("one"), bits("two"), bits("three")]).toEqual([0b101, 0b10, 0]);
    const x = nodeOf(lengths, "x");
    expect([lengths.leafLengths(x), lengths.leafLengths(lengths.next(x))]).toEqual([0, 1 << (MAX_LEAF_WORDS - 1)]);
    expect(lengths.count(nodeOf(lengths, "one"))).toBe(3);
  });

  it("keeps one place more than are tried, and says from where on not all are kept", () => {
    const few = tableOf(["a b ".repeat(MAX_CANDIDATES), 0]);
    expect(few.count(nodeOf(few, "a"))).toBe(MAX_CANDIDATES);
    expect(few.wholeUntil(nodeOf(few, "a"))).toBe(Infinity);
    const many = tableOf(["a b ".repeat(MAX_CANDIDATES + 9), 0], ["a", 1]);
    const node = nodeOf(many, "a");
    expect(placesOf(many, node)).toEqual(Array.from({ length: MAX_CANDIDATES + 1 }, (_, i) => 4 * i));
    expect(many.count(node)).toBe(MAX_CANDIDATES + 1);
    expect(many.wholeUntil(node)).toBe(4 * MAX_CANDIDATES);
    // Of another kind all are kept.
    expect(many.wholeUntil(many.next(node))).toBe(Infinity);
    expect(placesOf(many, many.next(node))).toEqual([4 * (MAX_CANDIDATES + 9) + 1]);
  });

  it("tells the bytes that its keys and its places take", () => {
    const [small, large] = [tableOf(["a", 0]), tableOf(["a ".repeat(1000), 0])];
    const rows = tableOf(["a b c", 0]);
    expect(rows.byteLength).toBe(small.byteLength);
    // Two numbers a place, and room for a third more.
    expect(large.byteLength - small.byteLength).toBeGreaterThan(8 * (1000 - 16));
    expect(large.byteLength - small.byteLength).toBeLessThan(8 * 1334);
  });
});
