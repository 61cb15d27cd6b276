/** The table of keys against a map: for every key and kind the first place, in order of arrival. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyTable } from "../../../src/mmu/index/key-table.js";

const BYTES = Int32Array.BYTES_PER_ELEMENT;

interface Node {
  readonly kind: number;
  readonly place: number;
}

/** Everything that a table says of a key. */
function nodesOf(table: KeyTable, a: number, b: number): readonly Node[] {
  const nodes: Node[] = [];
  for (let node = table.find(a, b); node >= 0; node = table.next(node)) {
    nodes.push({ kind: table.kind(node), place: table.first(node) });
  }
  return nodes;
}

describe("KeyTable", () => {
  it("keeps of every key and kind the first place, in order of arrival, whatever slots meet", () => {
    const hash = fc.record({ a: fc.nat(2), b: fc.constantFrom(0, 3, 4, 7, 8, 11, -1, -5) });
    const adds = fc.array(fc.tuple(hash, fc.nat(2)), { maxLength: 40 });
    fc.assert(
      fc.property(adds, fc.constantFrom(4, 8), (list, capacity) => {
        const table = new KeyTable(capacity);
        const model = new Map<string, Node[]>();
        for (const [place, [{ a, b }, kind]] of list.entries()) {
          const key = `${String(a)} ${String(b)}`;
          const known = model.get(key) ?? [];
          const isNew = known.every((node) => node.kind !== kind);
          const found = table.add({ a, b }, kind, place);
          expect(found < 0).toBe(isNew);
          if (isNew) model.set(key, [...known, { kind, place }]);
          else
            expect([table.kind(found), table.first(found)]).toEqual([kind, known.find((n) => n.kind === kind)?.place]);
          expect(nodesOf(table, a, b)).toEqual(model.get(key));
        }
        for (const [key, nodes] of model) {
          const [a = 0, b = 0] = key.split(" ").map(Number);
          expect(nodesOf(table, a, b)).toEqual(nodes);
        }
        expect(nodesOf(table, 99, 3)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("takes two keys for one only when both hashes are equal", () => {
    const table = new KeyTable(4);
    table.add({ a: 1, b: 1 }, 0, 10);
    expect(table.find(1, 5)).toBe(-1);
    expect(table.find(2, 1)).toBe(-1);
    expect(table.add({ a: 2, b: 1 }, 0, 20)).toBe(-1);
    expect([table.first(table.find(1, 1)), table.first(table.find(2, 1))]).toEqual([10, 20]);
  });

  it("goes on at the first slot behind the last", () => {
    const table = new KeyTable(4);
    table.add({ a: 1, b: 3 }, 0, 10);
    table.add({ a: 2, b: 3 }, 0, 20);
    expect(table.first(table.find(2, 3))).toBe(20);
    expect(table.find(3, 3)).toBe(-1);
  });

  it("keeps the last place and the marks that its owner sets, through any growth", () => {
    const table = new KeyTable(4);
    table.add({ a: 1, b: 1 }, 5, 10);
    const node = table.newest;
    expect([node, table.last(node), table.marksOf(node)]).toEqual([0, 10, 0]);
    table.setLast(node, 12);
    table.setMarks(node, 0b101);
    for (let i = 2; i < 20; i++) table.add({ a: i, b: i }, 5, i);
    expect(table.newest).toBe(18);
    const found = table.find(1, 1);
    expect([table.first(found), table.last(found), table.marksOf(found)]).toEqual([10, 12, 0b101]);
    expect([table.last(table.newest), table.marksOf(table.newest)]).toEqual([19, 0]);
  });

  it("doubles when it would be more than seven tenths full, and not for another kind of a key", () => {
    const slotBytes = 3 * BYTES;
    const table = new KeyTable(16);
    const nodeBytes = table.byteLength - 16 * slotBytes;
    for (let i = 0; i < 11; i++) table.add({ a: i, b: i }, 0, i);
    expect(table.byteLength).toBe(nodeBytes + 16 * slotBytes);
    table.add({ a: 11, b: 11 }, 0, 11);
    expect(table.byteLength).toBe(nodeBytes + 32 * slotBytes);
    for (let kind = 1; kind < 4; kind++) table.add({ a: 11, b: 11 }, kind, 11);
    expect(table.byteLength).toBe(nodeBytes + 32 * slotBytes);
  });
});
