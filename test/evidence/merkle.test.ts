/** The tree over a log's lines: known answers, a naive definition, an implementation nobody here wrote, and forgeries. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_TREE, grown, leafHash, nodeHash, rootOf } from "../../src/evidence/merkle.js";
import { verifyConsistency, verifyInclusion } from "../../src/evidence/merkle.js";
import { consistencyRanges, inclusionRanges } from "../../src/evidence/merkle-proof.js";
import { digests } from "./fixture.js";
import { naiveConsistency, naiveLeaf, naiveNode, naivePath, naiveRoot } from "./naive-tree.js";
import { rootsOf, treeOf } from "./trees.js";

/** The eight leaves of the tests of Certificate Transparency (RFC 6962's own code base), and the roots of their prefixes. */
const CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const CT_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const ctText = CT_LEAVES.map((hex) => Buffer.from(hex, "hex").toString("latin1"));

const MOST = 130;
const leaves = Array.from({ length: MOST }, (_, i) => leafHash(digests, `line ${String(i)}`));
const roots = Array.from({ length: MOST + 1 }, (_, n) => naiveRoot(leaves.slice(0, n)));
const root = (size: number): string => roots[size] ?? "";
const leaf = (index: number): string => leaves[index] ?? "";

/** The root over two leaves, and one at the end of the longest path there could be, in a tree that is too large for it. */
const TWO = naiveNode(leaf(0), leaf(1));
const TALL_PATH = Array.from({ length: 53 }, (_, i) => leaf(i + 2));
const TALL_ROOT = TALL_PATH.reduce(naiveNode, leaf(1));

function pathOf(index: number, size: number): readonly string[] {
  return rootsOf(inclusionRanges(index, size), leaves.slice(0, size)) ?? ["none"];
}

function consistencyOf(oldSize: number, size: number): readonly string[] {
  return rootsOf(consistencyRanges(oldSize, size), leaves.slice(0, size)) ?? ["none"];
}

/** All ways to change one hash of a path, leave one out, or put one in. */
function spoiled(path: readonly string[]): string[][] {
  const other = leafHash(digests, "other");
  return [
    ...path.flatMap((_, i) => [path.with(i, other), path.toSpliced(i, 1), path.toSpliced(i, 0, other)]),
    ...path.slice(1).map((hash, i) => path.with(i, hash).with(i + 1, path[i] ?? "")),
    [...path, other],
  ];
}

describe("the tree", () => {
  test("has the roots of the Certificate Transparency vectors", () => {
    const hashes = ctText.map((data) => leafHash(digests, data));
    expect(CT_ROOTS.map((_, n) => rootOf(digests, treeOf(hashes.slice(0, n))))).toEqual(CT_ROOTS);
  });

  test("hashes a leaf and a node as the definition does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (a, b) => {
        expect(leafHash(digests, a)).toBe(naiveLeaf(a));
        expect(nodeHash(digests, naiveLeaf(a), naiveLeaf(b))).toBe(naiveNode(naiveLeaf(a), naiveLeaf(b)));
      }),
    );
  });

  test("keeps leaves and nodes apart: a leaf of two hashes is not their node", () => {
    const joined = Buffer.from(leaf(0) + leaf(1), "hex");
    expect(naiveLeaf(joined)).not.toBe(nodeHash(digests, leaf(0), leaf(1)));
  });

  test("grows to the root of the recursive definition, at every size", () => {
    let tree = EMPTY_TREE;
    for (let size = 0; size < MOST; size++) {
      expect(rootOf(digests, tree)).toBe(root(size));
      expect(tree.size).toBe(size);
      tree = grown(digests, tree, leaf(size));
    }
  });

  test("does not change when it is grown twice over", () => {
    const before = treeOf(leaves.slice(0, 7));
    grown(digests, before, leaf(8));
    expect(rootOf(digests, grown(digests, before, leaf(7)))).toBe(root(8));
    expect(rootOf(digests, before)).toBe(root(7));
  });

  test("keeps no more than the frontier", () => {
    expect(treeOf(leaves.slice(0, 127)).peaks).toHaveLength(7);
    expect(treeOf(leaves.slice(0, 128)).peaks).toHaveLength(1);
  });
});

describe("an inclusion proof", () => {
  test("is the audit path of the definition and verifies, for every leaf of every tree up to 130", () => {
    for (let size = 1; size <= MOST; size++) {
      for (let index = 0; index < size; index++) {
        const path = pathOf(index, size);
        if (size <= 40) expect(path).toEqual(naivePath(index, leaves.slice(0, size)));
        const claim = { leaf: leaf(index), index, size, root: root(size), path };
        if (!verifyInclusion(digests, claim)) expect.fail(`leaf ${String(index)} of ${String(size)}`);
      }
    }
  });

  test("fails for every other place, leaf or root, and for every changed path", () => {
    for (const size of [1, 2, 3, 5, 8, 13, 21]) {
      for (let index = 0; index < size; index++) {
        const claim = { leaf: leaf(index), index, size, root: root(size), path: pathOf(index, size) };
        const others = Array.from({ length: size + 3 }, (_, i) => i);
        const forged = [
          ...others.filter((i) => i !== index).map((i) => ({ ...claim, index: i })),
          ...others.filter((n) => n !== size).map((n) => ({ ...claim, root: root(n) })),
          ...others.filter((i) => i !== index).map((i) => ({ ...claim, leaf: leaf(i) })),
          ...spoiled(claim.path).map((path) => ({ ...claim, path })),
        ];
        for (const forgery of forged) if (verifyInclusion(digests, forgery)) expect.fail(JSON.stringify(forgery));
      }
    }
  });

  test("fails for a tree of another height", () => {
    for (const size of [4, 7, 8, 16])
      for (let index = 0; index < size; index++)
        for (const other of [size * 2 + 1, size * 4, Math.floor(size / 2)])
          expect(
            verifyInclusion(digests, {
              leaf: leaf(index),
              index,
              size: other,
              root: root(size),
              path: pathOf(index, size),
            }),
          ).toBe(false);
  });

  test.each([
    ["a negative index", { index: -1 }],
    ["half an index", { index: 0.5 }],
    ["no number at all", { index: Number.NaN }],
    ["an index past the end", { index: 4 }],
    ["an empty tree", { size: 0 }],
    ["a size that is not exact", { size: 2 ** 53 }],
    ["an endless size", { size: Number.POSITIVE_INFINITY }],
    ["a leaf in capitals", { leaf: leaf(1).toUpperCase() }],
    ["a short leaf", { leaf: leaf(1).slice(2) }],
    ["a hash that is none", { path: ["", ""] }],
    ["a path past all bounds", { path: Array<string>(100_000).fill(leaf(0)) }],
    // Each of these would lead to its root, were the number or the path not refused.
    ["half an index in a tree of one", { index: 0.5, size: 1, root: leaf(1), path: [] }],
    ["an index before the only leaf", { index: -1, size: 1, root: leaf(1), path: [] }],
    ["a hash above the root", { index: 0, size: 1, root: naiveNode(leaf(1), leaf(2)), path: [leaf(2)] }],
    ["a hash above the root to its left", { index: 0, size: 1, root: naiveNode(leaf(2), leaf(1)), path: [leaf(2)] }],
    ["a tree one leaf too large", { index: 0, size: 2 ** 53, root: TALL_ROOT, path: TALL_PATH }],
    ["no hash for leaf and root", { index: 0, size: 1, leaf: "", root: "", path: [] }],
  ])("with %s fails and does not throw", (_what, change) => {
    const claim = { leaf: leaf(1), index: 1, size: 4, root: root(4), path: pathOf(1, 4) };
    expect(verifyInclusion(digests, claim)).toBe(true);
    expect(verifyInclusion(digests, { ...claim, ...change })).toBe(false);
  });

  test("works in a tree of 2^53 - 1 leaves", () => {
    const size = Number.MAX_SAFE_INTEGER;
    for (const index of [0, 2 ** 33 + 5, 2 ** 52 - 1, 2 ** 52, size - 1]) {
      const path = inclusionRanges(index, size).map((_, i) => leaf(i));
      const claim = { leaf: leaf(100), index, size, path, root: climbed(index, size, path) };
      expect(verifyInclusion(digests, claim)).toBe(true);
      expect(verifyInclusion(digests, { ...claim, index: index === 0 ? 1 : index - 1 })).toBe(false);
    }
  });

  /** The root that a path leads to, from the ranges alone: a sibling that starts later stands to the right. */
  function climbed(index: number, size: number, path: readonly string[]): string {
    return inclusionRanges(index, size).reduce(
      (hash, { start }, i) => (start > index ? naiveNode(hash, path[i] ?? "") : naiveNode(path[i] ?? "", hash)),
      leaf(100),
    );
  }
});

describe("a consistency proof", () => {
  test("is that of the definition and verifies, between all sizes up to 130", () => {
    for (let size = 0; size <= MOST; size += size < 40 ? 1 : 15) {
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const path = consistencyOf(oldSize, size);
        if (size <= 40 && oldSize > 0) expect(path).toEqual(naiveConsistency(oldSize, leaves.slice(0, size)));
        const claim = { oldSize, oldRoot: root(oldSize), size, root: root(size), path };
        if (!verifyConsistency(digests, claim)) expect.fail(`${String(oldSize)} of ${String(size)}`);
      }
    }
  });

  test("fails for every other root or size, and for every changed path", () => {
    for (const size of [1, 2, 3, 6, 8, 13]) {
      for (let oldSize = 1; oldSize < size; oldSize++) {
        const claim = { oldSize, oldRoot: root(oldSize), size, root: root(size), path: consistencyOf(oldSize, size) };
        const others = Array.from({ length: size + 3 }, (_, n) => n);
        const forged = [
          ...others.filter((n) => n !== oldSize).map((n) => ({ ...claim, oldRoot: root(n) })),
          ...others.filter((n) => n !== size).map((n) => ({ ...claim, root: root(n) })),
          ...others.filter((n) => n !== oldSize).map((n) => ({ ...claim, oldSize: n })),
          ...spoiled(claim.path).map((path) => ({ ...claim, path })),
        ];
        for (const forgery of forged) if (verifyConsistency(digests, forgery)) expect.fail(JSON.stringify(forgery));
      }
    }
  });

  test("does not exist between histories that differ in one leaf", () => {
    const forked = leaves.slice(0, 20).with(4, leafHash(digests, "rewritten"));
    for (let oldSize = 5; oldSize < 20; oldSize++) {
      const path = rootsOf(consistencyRanges(oldSize, 20), forked) ?? [];
      expect(
        verifyConsistency(digests, { oldSize, oldRoot: root(oldSize), size: 20, root: naiveRoot(forked), path }),
      ).toBe(false);
    }
  });

  test.each([
    ["sizes the wrong way round", { oldSize: 8, size: 5, oldRoot: root(8), root: root(5) }],
    ["a negative size", { oldSize: -1 }],
    ["half a size", { oldSize: 4.5 }],
    ["a size that is not exact", { size: 2 ** 53 }],
    ["no path", { path: [] }],
    ["a root that is no hash", { root: "" }],
    ["a path past all bounds", { path: Array<string>(100_000).fill(leaf(0)) }],
    ["the empty tree and a path", { oldSize: 0, oldRoot: root(0) }],
    ["the empty tree with another root than it has", { oldSize: 0, path: [] }],
    ["equal sizes and other roots", { oldSize: 8, path: [] }],
    ["two empty trees that are not", { oldSize: 0, size: 0, oldRoot: root(0), path: [] }],
    ["equal sizes and a path", { size: 5, root: root(5) }],
    ["equal sizes and two roots that are no hashes", { size: 5, root: "", oldRoot: "", path: [] }],
    // Each of these would join both roots, were the sizes not refused.
    [
      "a tree of two after one of three",
      { oldSize: 3, oldRoot: leaf(0), size: 2, root: TWO, path: [leaf(0), leaf(1)] },
    ],
    ["a tree one leaf too large", { oldSize: 2 ** 52, oldRoot: leaf(0), size: 2 ** 53, root: TWO, path: [leaf(1)] }],
    ["an old tree one leaf too large", { oldSize: 2 ** 53, oldRoot: TWO, size: 2 ** 53, root: TWO, path: [] }],
  ])("with %s fails and does not throw", (_what, change) => {
    const claim = { oldSize: 5, oldRoot: root(5), size: 8, root: root(8), path: consistencyOf(5, 8) };
    expect(verifyConsistency(digests, claim)).toBe(true);
    expect(verifyConsistency(digests, { ...claim, ...change })).toBe(false);
  });
});

describe("an implementation nobody here wrote", () => {
  const file = new URL("../vectors/merkle-tlog.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(file, "utf8")) as {
    roots: string[];
    inclusion: { index: number; size: number; path: string[] }[];
    consistency: { old: number; size: number; path: string[] }[];
  };

  test("has the same roots", () => {
    expect(vectors.roots).toEqual(roots.slice(0, 71));
    expect(rootOf(digests, treeOf(leaves.slice(0, 70)))).toBe(vectors.roots[70]);
  });

  test("has the same proofs, and its proofs verify", () => {
    expect(vectors.inclusion.length + vectors.consistency.length).toBeGreaterThan(100);
    for (const { index, size, path } of vectors.inclusion) {
      expect(pathOf(index, size)).toEqual(path);
      expect(verifyInclusion(digests, { leaf: leaf(index), index, size, root: root(size), path })).toBe(true);
    }
    for (const { old, size, path } of vectors.consistency) {
      expect(consistencyOf(old, size)).toEqual(path);
      const claim = { oldSize: old, oldRoot: root(old), size, root: root(size), path };
      expect(verifyConsistency(digests, claim)).toBe(true);
    }
  });
});
