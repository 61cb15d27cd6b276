/**
 * The Merkle tree over the lines of a log: RFC 6962 section 2.1, its proofs, and their checks (RFC 9162 sections 2.1.3.2
 * and 2.1.4.2). Hashes are 64 lower-case hex digits. A tree is kept as its frontier, so memory grows with log n only.
 */
import { hexDigit } from "../base/bytes.js";
import type { Digests } from "../base/digest.js";
import { HEX64 } from "../abi/payload.js";

/** RFC 6962 section 2.1 puts 0x00 before a leaf and 0x01 before a node, so that neither can stand for the other. */
const LEAF_PREFIX = "\0";
const NODE_PREFIX = 1;

const HASH_DIGITS = 64;
const HASH_BYTES = 32;

/** Proofs for a tree of 2^53 leaves have at most 54 hashes; what is longer is not hashed at all. */
const MAX_PATH = 54;

/** Room for one node's input. INVARIANT: it is filled and hashed within one call, and a digest is synchronous. */
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);

/** An immutable tree: how many leaves, and the roots of its perfect subtrees, the largest first. */
export interface Tree {
  readonly size: number;
  readonly peaks: readonly string[];
}

export const EMPTY_TREE: Tree = { size: 0, peaks: [] };

/** The hash of a leaf whose data are the UTF-8 bytes of a text: for a log, a line without its newline. */
export function leafHash(digests: Digests, data: string): string {
  return digests.sha256Hex(LEAF_PREFIX + data);
}

/** The hash of the node over two others. INVARIANT: both are hashes in hex; what comes from outside is checked before. */
export function nodeHash(digests: Digests, left: string, right: string): string {
  nodeInput[0] = NODE_PREFIX;
  // By hand: the pure rooms have no Buffer, and this loop took 0.6 us where Buffer.write took 0.9 (Node 20.20).
  for (let from = 0, to = 1; from < HASH_DIGITS; from += 2, to++) {
    nodeInput[to] = (hexDigit(left.charCodeAt(from)) << 4) | hexDigit(left.charCodeAt(from + 1));
    nodeInput[to + HASH_BYTES] = (hexDigit(right.charCodeAt(from)) << 4) | hexDigit(right.charCodeAt(from + 1));
  }
  return digests.sha256Hex(nodeInput);
}

/** The tree with one leaf more, given by its hash. Costs one node hash on average, and one for each level at most. */
export function grown(digests: Digests, tree: Tree, leaf: string): Tree {
  let kept = tree.peaks.length;
  let peak = leaf;
  // Each one at the end of the size's binary form is a perfect subtree as large as the one that has just become whole.
  for (let n = tree.size; isOdd(n); n = half(n)) peak = nodeHash(digests, tree.peaks[--kept] ?? "", peak);
  const peaks = tree.peaks.slice(0, kept);
  peaks.push(peak);
  return { size: tree.size + 1, peaks };
}

/** The root; of the empty tree, the hash of no bytes. */
export function rootOf(digests: Digests, tree: Tree): string {
  const last = tree.peaks.at(-1);
  if (last === undefined) return digests.sha256Hex("");
  return tree.peaks.slice(0, -1).reduceRight((root, peak) => nodeHash(digests, peak, root), last);
}

export interface InclusionClaim {
  /** The leaf's hash. */
  readonly leaf: string;
  /** The leaf's place, from 0. */
  readonly index: number;
  readonly size: number;
  readonly root: string;
  readonly path: readonly string[];
}

/** Is the leaf at this place of the tree? RFC 9162 section 2.1.3.2. Attacker-controlled: all of the claim. */
export function verifyInclusion(digests: Digests, claim: InclusionClaim): boolean {
  const { leaf, index, size, root, path } = claim;
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, root], path)) return false;
  let hash = leaf;
  const climb = new Climb(index, size - 1);
  for (const sibling of path) {
    if (climb.isDone) return false;
    hash = climb.isRight() ? nodeHash(digests, sibling, hash) : nodeHash(digests, hash, sibling);
    climb.up();
  }
  return climb.isDone && hash === root;
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: string;
  readonly size: number;
  readonly root: string;
  readonly path: readonly string[];
}

/**
 * Is the tree the old one with nothing but leaves added at its end? RFC 9162 section 2.1.4.2; beyond it, a tree goes on
 * from itself and from the empty tree by an empty path. Attacker-controlled: all of the claim.
 */
export function verifyConsistency(digests: Digests, claim: ConsistencyClaim): boolean {
  const { oldSize, oldRoot, size, root, path } = claim;
  if (!isCount(oldSize) || !isCount(size) || !areHashes([oldRoot, root], path)) return false;
  if (!isRootFor(digests, oldSize, oldRoot) || !isRootFor(digests, size, root)) return false;
  if (oldSize === 0) return path.length === 0;
  if (oldSize === size) return path.length === 0 && oldRoot === root;
  return oldSize < size && path.length > 0 && joins(digests, claim);
}

/** The empty tree has one root; of any other tree the root says nothing by itself. */
function isRootFor(digests: Digests, size: number, root: string): boolean {
  return size > 0 || root === rootOf(digests, EMPTY_TREE);
}

/** Steps 2 to 7 of the algorithm, for 0 < oldSize < size and a path with at least one hash. */
function joins(digests: Digests, { oldSize, oldRoot, size, root, path }: ConsistencyClaim): boolean {
  const climb = new Climb(oldSize - 1, size - 1);
  climb.upWhileRight();
  // The old tree is one perfect subtree, which then stands in the new one as it is: its root is not in the path.
  const [first = "", ...rest] = climb.isLeftmost() ? [oldRoot, ...path] : path;
  let oldHash = first;
  let hash = first;
  for (const sibling of rest) {
    if (climb.isDone) return false;
    if (climb.isRight()) {
      oldHash = nodeHash(digests, sibling, oldHash);
      hash = nodeHash(digests, sibling, hash);
    } else hash = nodeHash(digests, hash, sibling);
    climb.up();
  }
  return climb.isDone && oldHash === oldRoot && hash === root;
}

/** The way from a leaf to the root: `fn` and `sn` of RFC 9162. Arithmetic, as sizes go beyond 32 bits. */
class Climb {
  private node: number;
  private last: number;

  constructor(node: number, last: number) {
    this.node = node;
    this.last = last;
  }

  get isDone(): boolean {
    return this.last === 0;
  }

  isLeftmost(): boolean {
    return this.node === 0;
  }

  /** Does the next hash of the path stand to the left of this node? */
  isRight(): boolean {
    return isOdd(this.node) || this.node === this.last;
  }

  upWhileRight(): void {
    while (isOdd(this.node)) this.step();
  }

  /** To the parent; the last node of a level without a sibling is its own parent until it gets one. */
  up(): void {
    if (!isOdd(this.node) && this.node === this.last) while (!isOdd(this.node) && this.node !== 0) this.step();
    this.step();
  }

  private step(): void {
    this.node = half(this.node);
    this.last = half(this.last);
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(ends: readonly string[], path: readonly string[]): boolean {
  return path.length <= MAX_PATH && [...ends, ...path].every((hash) => HEX64.test(hash));
}

function isOdd(n: number): boolean {
  return n % 2 === 1;
}

function half(n: number): number {
  return Math.floor(n / 2);
}
