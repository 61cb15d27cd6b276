/** Trees and proofs made by the code under test, from leaves alone; naive-tree.ts makes what they are compared with. */
import { EMPTY_TREE, grown, type Tree } from "../../src/evidence/merkle.js";
import { ProofBuilder, type LeafRange } from "../../src/evidence/merkle-proof.js";
import { digests } from "./fixture.js";

export function treeOf(hashes: readonly string[]): Tree {
  return hashes.reduce((tree, hash) => grown(digests, tree, hash), EMPTY_TREE);
}

export function rootsOf(ranges: readonly LeafRange[], hashes: readonly string[]): readonly string[] | undefined {
  const builder = new ProofBuilder(digests, ranges);
  for (const hash of hashes) builder.leaf(hash);
  return builder.roots();
}
