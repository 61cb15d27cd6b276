/** Proofs out of a Merkle tree (RFC 6962 sections 2.1.1 and 2.1.2), made while the leaves pass by once. */
import type { Digests } from "../base/digest.js";
import { EMPTY_TREE, grown, rootOf, type Tree } from "./merkle.js";

/** The leaves from `start` up to and without `end`, 0-based. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The ranges whose roots are the audit path of a leaf, in the path's order (PATH of section 2.1.1).
 * @throws RangeError when the tree has no such leaf.
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!isSize(size) || !isSize(index) || index >= size)
    throw new RangeError(`no leaf ${String(index)} in a tree of ${String(size)}`);
  const ranges: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/**
 * The ranges whose roots are the consistency proof between two sizes, in its order (PROOF of section 2.1.2); none when
 * the sizes are equal or the old one is 0.
 * @throws RangeError when the tree has no such prefix.
 */
export function consistencyRanges(oldSize: number, size: number): readonly LeafRange[] {
  if (!isSize(size) || !isSize(oldSize) || oldSize > size)
    throw new RangeError(`no ${String(oldSize)} leaves in a tree of ${String(size)}`);
  if (oldSize === 0) return [];
  const ranges: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end > oldSize) {
    const middle = start + splitOf(end - start);
    if (oldSize <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // A subtree that begins with the log is the old tree itself, whose root the verifier has.
  if (start > 0) ranges.push({ start, end });
  return ranges.reverse();
}

/**
 * The roots of ranges of leaves, found while the leaves pass by in order, from the first one after `base`: of the leaves
 * in it only the peaks are known. Keeps one frontier for each range: for a proof, O(log^2 n) hashes. The ranges may
 * overlap. The ranges of a proof about anything at or after the end of `base` never cut one of its peaks in two, as what
 * they do cut holds both leaves of `base` and later ones.
 */
export class ProofBuilder {
  private readonly digests: Digests;
  private readonly parts: { readonly range: LeafRange; tree: Tree }[];
  private next: number;

  constructor(digests: Digests, ranges: readonly LeafRange[], base: Tree = EMPTY_TREE) {
    this.digests = digests;
    this.next = base.size;
    this.parts = ranges.map((range) => ({ range, tree: within(base, range) }));
  }

  /** Takes the hash of the next leaf. */
  leaf(hash: string): void {
    const at = this.next++;
    for (const part of this.parts) {
      const { start, end } = part.range;
      if (start <= at && at < end) part.tree = grown(this.digests, part.tree, hash);
    }
  }

  /** The roots in the order of the ranges; undefined while a range lacks leaves. */
  roots(): readonly string[] | undefined {
    const isWhole = this.parts.every(({ range, tree }) => tree.size === range.end - range.start);
    return isWhole ? this.parts.map(({ tree }) => rootOf(this.digests, tree)) : undefined;
  }
}

/** The part of a tree that lies in a range, made of whole peaks: where the range cuts one in two, it lacks its leaves. */
function within({ size, peaks }: Tree, { start, end }: LeafRange): Tree {
  let from = 0;
  let part = EMPTY_TREE;
  for (const peak of peaks) {
    const width = largestPower(size - from);
    if (start <= from && from + width <= end) part = { size: part.size + width, peaks: [...part.peaks, peak] };
    from += width;
  }
  return part;
}

/** The largest power of two that is not larger than n (n > 0). */
function largestPower(n: number): number {
  let power = 1;
  while (power * 2 <= n) power *= 2;
  return power;
}

/** The largest power of two smaller than n (n > 1): where RFC 6962 splits a tree. */
function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
