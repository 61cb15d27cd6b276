/** What a memory keeps to the byte, in what order it loses, and what it says of what it lost. */
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/abi/labels.js";
import { GENERATIONS, LEAF_COST, MAX_EVICTED_CLASSES } from "../../src/mmu/bounds.js";
import { BOTTOM, OUTSIDE } from "../../src/mmu/lattice.js";
import { Memory, type PageLeaf } from "../../src/mmu/memory.js";

/** Every leaf of these tests is charged a hundred. */
const COST = 100;
const TEXT_CHARS = COST - LEAF_COST;
/** Two leaves a generation. */
const MAX_BYTES = 2 * COST * GENERATIONS;
const MOST = MAX_BYTES / COST;

const leaf = (index: number, labels: Labels = OUTSIDE, ...classes: string[]): PageLeaf => ({
  path: "/x",
  text: String(index).padEnd(TEXT_CHARS, "x"),
  isText: true,
  labels,
  classes,
});
const tagged = (index: number): PageLeaf => leaf(index, { ...OUTSIDE, tags: [`t${String(index)}`] });
const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const empty = Memory.empty({ maxBytes: MAX_BYTES });
const filled = (count: number, memory = empty): Memory =>
  indices(count).reduce((all, i) => all.add(`p${String(i)}`, [tagged(i)]), memory);
const counts = (memory: Memory): readonly number[] => memory.spans.map(({ count }) => count);
const textsIn = (memory: Memory): readonly string[] =>
  memory.spans.flatMap(({ segment, count }) => indices(count).map((index) => segment.leafAt(index).text));

describe("a memory is charged", () => {
  it("for each leaf its normalised text and LEAF_COST", () => {
    expect(empty.bytes).toBe(0);
    const memory = empty.add("p", [{ ...leaf(1), text: "  Mark   BLACK " }, leaf(2)]);
    expect(memory.bytes).toBe("mark black".length + LEAF_COST + COST);
    expect(memory.add("q", [leaf(3)], { pinned: true }).bytes).toBe(memory.bytes + COST);
  });

  it("beside that takes what its index does, of all generations", () => {
    expect(empty.indexBytes).toBe(0);
    const [one, two] = [filled(2), filled(3)];
    expect(one.indexBytes).toBe(one.spans.reduce((sum, { segment }) => sum + segment.byteLength, 0));
    expect(one.indexBytes).toBeGreaterThan(0);
    expect(two.indexBytes).toBeGreaterThan(one.indexBytes);
  });

  it("up to a bound of its own, and hashes with a seed of its own", () => {
    expect(Memory.empty({ seed: 5 }).seed).toBe(5);
    expect(Memory.empty().seed).toBe(Memory.empty({ maxBytes: 10 }).seed);
    expect(Memory.empty({ seed: 5 }).add("p", [leaf(1)]).seed).toBe(5);
  });
});

describe("a leaf is kept", () => {
  it("that takes all of the bound, and not one that takes more", () => {
    const bounded = Memory.empty({ maxBytes: COST });
    expect(bounded.add("p", [leaf(1)])).toMatchObject({ bytes: COST, evicted: BOTTOM, evictedClasses: [] });
    const more = bounded.add("p", [{ ...leaf(1), text: "x".repeat(TEXT_CHARS + 1), classes: ["mail"] }]);
    expect(more).toMatchObject({ bytes: 0, evicted: OUTSIDE, evictedClasses: ["mail", "untrusted"] });
  });

  it("beside one of the same page that is too large", () => {
    const page = [leaf(1), { ...leaf(2), text: "x".repeat(MAX_BYTES) }, leaf(3)];
    expect(counts(empty.add("p", page))).toEqual([2]);
  });

  it("with its page, path and text as they were", () => {
    const [span] = empty.add("p7", [{ ...leaf(1), text: " A  b", path: "/y", isText: false }]).spans;
    expect(span?.segment.leafAt(0)).toMatchObject({ page: "p7", path: "/y", text: " A  b", isText: false });
  });
});

describe("generations", () => {
  it("are filled to their share of the bound, one after the other", () => {
    expect(counts(filled(1))).toEqual([1]);
    expect(counts(filled(5))).toEqual([2, 2, 1]);
    expect(filled(MOST)).toMatchObject({ bytes: MAX_BYTES, evicted: BOTTOM });
    expect(counts(filled(MOST))).toEqual(indices(GENERATIONS).map(() => 2));
  });

  it("go oldest first, each as a whole, and leave their labels and tags", () => {
    const memory = filled(MOST + 1);
    expect(memory.bytes).toBe(MAX_BYTES - COST);
    expect(memory.evicted).toEqual({ ...OUTSIDE, tags: ["t0", "t1"] });
    expect(memory.evictedClasses).toEqual(["t0", "t1", "untrusted"]);
    expect(textsIn(memory)[0]).toBe(leaf(2).text);
    const later = memory.add("q", [tagged(90), tagged(91), tagged(92)]);
    expect(later.evicted.tags).toEqual(["t0", "t1", "t2", "t3"]);
    expect(later.evictedClasses).toEqual(["t0", "t1", "t2", "t3", "untrusted"]);
  });

  it("leave no classes of trusted leaves, nor names of authors", () => {
    const labels: Labels = { ...BOTTOM, tags: ["pii"] };
    const mixed = empty.add("p", [leaf(1, labels, "mine"), leaf(2, OUTSIDE, "mail", "server:crm", "user")]);
    const memory = filled(MOST, mixed);
    expect(memory.evicted.tags).toContain("pii");
    expect(memory.evictedClasses.filter((name) => !/^t\d+$/.test(name))).toEqual(["mail", "untrusted"]);
  });

  it("leave at most so many classes, the first in order", () => {
    const many = indices(MAX_EVICTED_CLASSES + 9).map((i) => leaf(i, OUTSIDE, `c${String(i + 100)}`));
    const { evictedClasses } = Memory.empty({ maxBytes: COST - 1 }).add("p", [...many].reverse());
    expect(evictedClasses).toEqual(indices(MAX_EVICTED_CLASSES).map((i) => `c${String(i + 100)}`));
  });

  it("of another handle stay as they are", () => {
    const old = filled(3);
    const one = old.add("a", [leaf(50)]);
    const other = old.add("b", [leaf(60)]);
    expect([textsIn(old), textsIn(one), textsIn(other)].map((texts) => texts.slice(3))).toEqual([
      [],
      [leaf(50).text],
      [leaf(60).text],
    ]);
    expect(old.spans[1]?.segment).toBe(one.spans[1]?.segment);
    expect(other.spans[1]?.segment).not.toBe(one.spans[1]?.segment);
  });
});

describe("pinned leaves", () => {
  const pin = (memory: Memory, index: number): Memory =>
    memory.add("u", [leaf(index, BOTTOM, "user")], { pinned: true });
  const halfPinned = (): Memory => indices(MOST / 2).reduce(pin, empty);

  it("are kept apart and first, up to half of the bound exactly", () => {
    const half = halfPinned();
    expect(counts(half)).toEqual([MOST / 2]);
    expect(counts(pin(half, 99))).toEqual([MOST / 2, 1]);
    expect(counts(pin(filled(2), 1))).toEqual([1, 2]);
  });

  it("count against the bound of what comes later, and are not lost for it", () => {
    const half = halfPinned();
    const memory = filled(MOST / 2, half);
    expect(memory).toMatchObject({ bytes: MAX_BYTES, evicted: BOTTOM });
    const more = memory.add("q", [leaf(99)]);
    expect(more).toMatchObject({ bytes: MAX_BYTES - COST, evicted: { integrity: "untrusted", tags: ["t0", "t1"] } });
    expect(textsIn(more).slice(0, MOST / 2)).toEqual(textsIn(half));
  });
});
