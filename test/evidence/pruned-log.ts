/** The pruned form of a log that is at hand as lines, made here without files: its header, and the lines from a head on. */
import { leafHash, type Tree, EMPTY_TREE, grown } from "../../src/evidence/merkle.js";
import { inclusionRanges, ProofBuilder } from "../../src/evidence/merkle-proof.js";
import { PRUNED_FORMAT, writePrunedHeader, type KeptLine, type PrunedHeader } from "../../src/evidence/pruned.js";
import { digests, parse } from "./fixture.js";

/** What stands for the first `size` lines. */
export function headerOver(lines: readonly string[], size: number): PrunedHeader {
  const gone = lines.slice(0, size);
  const leaves = gone.map((line) => leafHash(digests, line));
  const keep = (seq: number): KeptLine => {
    const builder = new ProofBuilder(digests, inclusionRanges(seq, size));
    for (const leaf of leaves) builder.leaf(leaf);
    return { line: gone[seq] ?? "", path: builder.roots() ?? [] };
  };
  const typed = (type: string): readonly number[] =>
    gone.flatMap((line, seq) => (parse(line).type === type ? [seq] : []));
  const { peaks } = leaves.reduce<Tree>((tree, leaf) => grown(digests, tree, leaf), EMPTY_TREE);
  return {
    format: PRUNED_FORMAT,
    keys: typed("key").map(keep),
    open: keep(0),
    peaks,
    policy: keep(typed("policy").at(-1) ?? 1),
    prev: parse(gone.at(-1) ?? "").hash,
    size,
  };
}

export function prunedForm(lines: readonly string[], size: number): readonly string[] {
  return [writePrunedHeader(headerOver(lines, size)), ...lines.slice(size)];
}
