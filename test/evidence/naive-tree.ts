/** RFC 6962 section 2.1 word for word: recursive, over whole lists of leaves. What the tree in src is compared with. */
import { createHash } from "node:crypto";

function sha256(...parts: Buffer[]): string {
  return createHash("sha256").update(Buffer.concat(parts)).digest("hex");
}

export function naiveLeaf(data: string | Buffer): string {
  return sha256(Buffer.from([0]), Buffer.from(data));
}

export function naiveNode(left: string, right: string): string {
  return sha256(Buffer.from([1]), Buffer.from(left, "hex"), Buffer.from(right, "hex"));
}

function split(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}

/** MTH of leaf hashes. */
export function naiveRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] ?? "";
  const k = split(leaves.length);
  return naiveNode(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** PATH of section 2.1.1. */
export function naivePath(index: number, leaves: readonly string[]): string[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k ? [...naivePath(index, left), naiveRoot(right)] : [...naivePath(index - k, right), naiveRoot(left)];
}

/** PROOF of section 2.1.2, for 0 < oldSize < leaves.length. */
export function naiveConsistency(oldSize: number, leaves: readonly string[], isWhole = true): string[] {
  if (oldSize === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return oldSize <= k
    ? [...naiveConsistency(oldSize, left, isWhole), naiveRoot(right)]
    : [...naiveConsistency(oldSize - k, right, false), naiveRoot(left)];
}
