/** Making proofs: of which leaves and sizes there are any, and from which beginning on. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { consistencyRanges, inclusionRanges, ProofBuilder, type LeafRange } from "../../src/evidence/merkle-proof.js";
import { digests } from "./fixture.js";
import { naiveConsistency, naiveLeaf, naivePath, naiveRoot } from "./naive-tree.js";
import { rootsOf, treeOf } from "./trees.js";

const leaves = Array.from({ length: 60 }, (_, i) => naiveLeaf(String(i)));

test("an audit path is not to be had for a leaf that is not there", () => {
  for (const [index, size] of [
    [3, 3],
    [-1, 3],
    [0, 0],
    [1.5, 3],
    [0, 1.5],
    [0, NaN],
    [0, 2 ** 53],
  ] as const)
    expect(() => inclusionRanges(index, size)).toThrow(
      new RangeError(`no leaf ${String(index)} in a tree of ${String(size)}`),
    );
});

test("a consistency proof is not to be had from what is no prefix", () => {
  for (const [oldSize, size] of [
    [4, 3],
    [-1, 3],
    [1.5, 3],
    [NaN, 3],
    [1, 3.5],
    [0, NaN],
    [0, -1],
    [1, 2 ** 53],
  ] as const)
    expect(() => consistencyRanges(oldSize, size)).toThrow(
      new RangeError(`no ${String(oldSize)} leaves in a tree of ${String(size)}`),
    );
});

describe("a proof builder", () => {
  test("has no roots before all leaves have passed", () => {
    expect(rootsOf(inclusionRanges(2, 8), leaves.slice(0, 7))).toBeUndefined();
  });

  test("takes any ranges, overlapping ones too", () => {
    const range = fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
        const expected = ranges.map(({ start, end }) => naiveRoot(leaves.slice(start, end)));
        expect(rootsOf(ranges, leaves.slice(0, 60))).toEqual(expected);
      }),
    );
  });

  test.each([1, 2, 5, 7, 8, 12, 13, 16])("goes on from the peaks of the first %i leaves", (base) => {
    const from = treeOf(leaves.slice(0, base));
    const resumed = (ranges: readonly LeafRange[], size: number): readonly string[] | undefined => {
      const builder = new ProofBuilder(digests, ranges, from);
      for (const hash of leaves.slice(base, size)) builder.leaf(hash);
      return builder.roots();
    };
    for (let size = base; size <= 24; size++) {
      for (let index = base; index < size; index++)
        expect(resumed(inclusionRanges(index, size), size)).toEqual(naivePath(index, leaves.slice(0, size)));
      for (let oldSize = base; oldSize < size; oldSize++)
        expect(resumed(consistencyRanges(oldSize, size), size)).toEqual(
          naiveConsistency(oldSize, leaves.slice(0, size)),
        );
    }
  });

  test("has no root of a range that cuts a peak in two, or lies in one", () => {
    const from = treeOf(leaves.slice(0, 12));
    const resumed = (start: number, end: number): readonly string[] | undefined =>
      new ProofBuilder(digests, [{ start, end }], from).roots();
    const whole = [
      [0, 8],
      [8, 12],
      [0, 12],
    ] as const;
    for (const [start, end] of whole) expect(resumed(start, end)).toEqual([naiveRoot(leaves.slice(start, end))]);
    for (const [start, end] of [
      [0, 4],
      [4, 12],
      [1, 8],
      [0, 10],
      [9, 12],
      [0, 16],
    ] as const)
      expect(resumed(start, end)).toBeUndefined();
  });
});
