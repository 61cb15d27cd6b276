/** The table of grams against a list of all that was added: what may be shared, up to a mark, each kind by itself. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GRAM_CHARS, GRAM_PLACES, RUN_CHARS, STRIDE } from "../../../src/mmu/bounds.js";
import { gramsOf, GramTable, type GramPlace } from "../../../src/mmu/index/grams.js";
import { Hasher } from "../../../src/mmu/index/hash.js";

const { base } = new Hasher(7);
/** So many characters of a kind, no two stretches of which are alike. */
const letters = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(0x4e00 + from + i)).join("");

interface Leaf {
  readonly text: string;
  readonly kind: number;
}

function tableOf(...leaves: readonly Leaf[]): GramTable {
  const table = new GramTable(base);
  let position = 0;
  for (const { text, kind } of leaves) {
    table.addLeaf(text, position, kind);
    position += text.length + 1;
  }
  return table;
}

function scanned(table: GramTable, text: string, limit = Infinity): readonly GramPlace[] {
  const places: GramPlace[] = [];
  table.scan(gramsOf(text, base), limit, (place) => {
    places.push(place);
    return false;
  });
  return places;
}

/** What a scan says by the texts alone: of each kind one place more than are kept, which marks it as full. */
function expected(leaves: readonly Leaf[], text: string): readonly GramPlace[] {
  if (text.length < RUN_CHARS) return [];
  const places: GramPlace[] = [];
  for (let at = 0; at + GRAM_CHARS <= text.length; at++) {
    const counts = new Map<number, number>();
    let position = 0;
    for (const { text: leaf, kind } of leaves) {
      for (let from = 0; leaf.length >= RUN_CHARS && from + GRAM_CHARS <= leaf.length; from += STRIDE) {
        if (leaf.slice(from, from + GRAM_CHARS) !== text.slice(at, at + GRAM_CHARS)) continue;
        const count = counts.get(kind) ?? 0;
        counts.set(kind, count + 1);
        if (count <= GRAM_PLACES) places.push({ at, kind, position: position + from, isFull: count === GRAM_PLACES });
      }
      position += leaf.length + 1;
    }
  }
  return places;
}

describe("gramsOf", () => {
  it("has a hash for each gram of a text that can share a run, and none of a shorter one", () => {
    expect(gramsOf(letters(RUN_CHARS - 1), base)).toHaveLength(0);
    expect(gramsOf(letters(RUN_CHARS), base)).toHaveLength(RUN_CHARS - GRAM_CHARS + 1);
    expect(gramsOf(letters(100), base)).toHaveLength(100 - GRAM_CHARS + 1);
  });

  it("has equal hashes for equal grams, wherever they stand, and others for others", () => {
    const text = letters(RUN_CHARS);
    const within = gramsOf(`xyz${text}x`, base);
    expect([...within.slice(3, 3 + RUN_CHARS - GRAM_CHARS + 1)]).toEqual([...gramsOf(text, base)]);
    expect(new Set(within).size).toBe(within.length);
  });

  it("hangs on every character of a gram", () => {
    const text = letters(RUN_CHARS);
    const [first] = gramsOf(text, base);
    for (let i = 0; i < GRAM_CHARS; i++) {
      expect([i, gramsOf(`${text.slice(0, i)}!${text.slice(i + 1)}`, base)[0]]).not.toEqual([i, first]);
    }
    expect(gramsOf(`${text.slice(0, GRAM_CHARS)}!${text.slice(GRAM_CHARS + 1)}`, base)[0]).toBe(first);
  });
});

describe("GramTable", () => {
  it("finds all places that texts share, in order, and nothing else", () => {
    const pieces = fc.constantFrom("a", "ab", "b".repeat(STRIDE), "abc".repeat(16), letters(40));
    const text = fc.array(pieces, { maxLength: 5 }).map((list) => list.join(""));
    const leaf = fc.record({ text, kind: fc.nat(1) });
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 6 }), text, (leaves, value) => {
        expect(scanned(tableOf(...leaves), value)).toEqual(expected(leaves, value));
      }),
      { numRuns: 60 },
    );
  });

  it("finds each of a thousand grams, and none of a text that shares none", () => {
    const text = letters(GRAM_CHARS + 999 * STRIDE);
    const table = tableOf({ text, kind: 0 });
    const positions = scanned(table, text).map(({ at, position }) => [at, position]);
    expect(positions).toEqual(Array.from({ length: 1000 }, (_, i) => [STRIDE * i, STRIDE * i]));
    expect(scanned(table, letters(2000, 17_000))).toEqual([]);
  });

  it("takes a leaf from RUN_CHARS on, and its last gram when that ends with it", () => {
    const run = letters(RUN_CHARS);
    expect(scanned(tableOf({ text: run.slice(1), kind: 0 }), run)).toEqual([]);
    expect(scanned(tableOf({ text: run, kind: 0 }), run).map(({ position }) => position)).toEqual([0]);
    const long = letters(GRAM_CHARS + 2 * STRIDE);
    expect(scanned(tableOf({ text: long, kind: 0 }), long).map(({ position }) => position)).toEqual([0, 16, 32]);
    expect(scanned(tableOf({ text: long.slice(0, -1), kind: 0 }), long).map(({ at }) => at)).toEqual([0, 16]);
  });

  it("shows what stands before a mark, until what is shown is enough", () => {
    const run = letters(RUN_CHARS);
    const table = tableOf({ text: run, kind: 0 }, { text: run, kind: 1 }, { text: run, kind: 2 });
    expect([0, 1, 49, 50, 98, 99].map((limit) => scanned(table, run, limit).length)).toEqual([0, 1, 1, 2, 2, 3]);
    const seen: number[] = [];
    table.scan(gramsOf(run + run, base), Infinity, ({ kind }) => {
      seen.push(kind);
      return kind === 1;
    });
    expect(seen).toEqual([0, 1]);
  });

  it("lets no kind push out the places of another", () => {
    const run = letters(RUN_CHARS);
    const flood = Array.from({ length: 20 }, () => ({ text: run, kind: 0 }));
    const found = scanned(tableOf(...flood, { text: run, kind: 1 }), run);
    expect(found.map(({ kind, isFull }) => [kind, isFull])).toEqual([
      ...Array.from({ length: GRAM_PLACES }, () => [0, false]),
      [0, true],
      [1, false],
    ]);
  });

  it("says of a gram whether leaves of a kind hold it before a mark", () => {
    const run = letters(RUN_CHARS);
    const table = tableOf({ text: run, kind: 0 }, { text: run, kind: 1 }, { text: letters(RUN_CHARS, 99), kind: 2 });
    const has = (kind: number, limit: number): boolean => table.has(gramsOf(run, base)[0] ?? 0, kind, limit);
    expect([has(0, 0), has(0, 1), has(1, 49), has(1, 50), has(2, 999)]).toEqual([false, true, false, true, false]);
    expect(table.has(12345, 0, 999)).toBe(false);
  });

  it("grows with the places that it keeps", () => {
    const [none, run] = [tableOf(), tableOf({ text: letters(RUN_CHARS), kind: 0 })];
    expect(run.byteLength).toBe(none.byteLength);
    const grams = 1000;
    const { byteLength } = tableOf({ text: letters(GRAM_CHARS + (grams - 1) * STRIDE), kind: 0 });
    // 2048 slots of two numbers and eight bits, and three numbers a place with room for a third more.
    expect(byteLength).toBeGreaterThan(2048 * 9 + grams * 12);
    expect(byteLength).toBeLessThanOrEqual(2048 * 9 + grams * 16 + 16);
  });
});
