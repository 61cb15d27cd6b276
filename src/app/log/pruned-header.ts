/** The header that stands for the beginning of a log: its frontier, and the lines that are kept of it with their paths. */
import { isUtf8 } from "node:buffer";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { EMPTY_TREE, grown, leafHash, type Tree } from "../../evidence/merkle.js";
import { inclusionRanges, ProofBuilder, type LeafRange } from "../../evidence/merkle-proof.js";
import { heightAt, PRUNED_FORMAT, writePrunedHeader } from "../../evidence/pruned.js";
import type { KeptLine, PrunedHeader, PrunedStart } from "../../evidence/pruned.js";
import { nodeDigests } from "../../host/digests.js";
import { readLines } from "../../host/log-file.js";
import { BrokenLog } from "./prefix.js";

/** A place where a log can be cut. */
export interface Cut {
  /** Sequence number of a checkpoint line, and how many lines stand before it. */
  readonly size: number;
  /** Sequence numbers of the last `policy` line and of all `key` lines before it. */
  readonly policy: number;
  readonly keys: readonly number[];
}

/** The beginning that a log has lost already. */
export interface Lost {
  readonly header: PrunedHeader;
  readonly start: PrunedStart;
}

export interface HeaderAt {
  readonly text: string;
  /** Where in the file the line begins that the header is followed by, in bytes. */
  readonly at: number;
}

/** A line that the header keeps, while its path is being found. */
interface Wanted {
  readonly seq: number;
  /** Known already, when the line is in the header of a log that was pruned before. */
  text: string;
  readonly low: readonly string[];
  readonly rest: ProofBuilder;
}

/** `hash` of a line stands at a fixed place (evidence/codec.ts). */
const HASH_FROM = 9;
const HASH_TO = 73;

/**
 * Reads a log, which has verified, up to where it is cut.
 * @throws AgentkError `file-unreadable`; BrokenLog when the log is no longer what it was.
 */
export function headerAt(file: string, cut: Cut, lost: Lost | undefined): HeaderAt {
  const beginning = new Beginning(cut, lost);
  const take = (bytes: Buffer, index: number): boolean => {
    if (!isUtf8(bytes)) throw new BrokenLog(file, index + 1, "is not UTF-8");
    beginning.at += bytes.length + 1;
    if (index > 0 || lost === undefined) beginning.add(bytes.toString("utf8"));
    return beginning.tree.size < cut.size;
  };
  readLines(file, take, { maxLineBytes: MAX_LOG_LINE_BYTES });
  const text = beginning.header();
  if (text === undefined) throw new BrokenLog(file, 1, "was changed while it was read");
  return { text, at: beginning.at };
}

class Beginning {
  at = 0;
  tree: Tree;
  private prev: string;
  private readonly size: number;
  private readonly open: Wanted;
  private readonly policy: Wanted;
  private readonly keys: readonly Wanted[];

  constructor({ size, policy, keys }: Cut, lost: Lost | undefined) {
    this.size = size;
    this.tree = lost?.start.tree ?? EMPTY_TREE;
    this.prev = lost?.start.prev ?? "";
    const known = knownOf(lost);
    const wanted = (seq: number): Wanted => wantedAt(seq, size, { tree: this.tree, line: known.get(seq) });
    this.open = wanted(0);
    this.policy = wanted(policy);
    this.keys = keys.map(wanted);
  }

  add(line: string): void {
    const seq = this.tree.size;
    const leaf = leafHash(nodeDigests, line);
    for (const one of [this.open, this.policy, ...this.keys]) {
      one.rest.leaf(leaf);
      if (one.seq === seq) one.text = line;
    }
    this.tree = grown(nodeDigests, this.tree, leaf);
    this.prev = line.slice(HASH_FROM, HASH_TO);
  }

  /** Undefined when a line is missing. */
  header(): string | undefined {
    const [open, policy, ...keys] = [this.open, this.policy, ...this.keys].map(keptOf);
    if (open === undefined || policy === undefined || this.tree.size !== this.size) return undefined;
    const whole = keys.filter((key) => key !== undefined);
    const { size, peaks } = this.tree;
    return writePrunedHeader({ format: PRUNED_FORMAT, keys: whole, open, peaks, policy, prev: this.prev, size });
  }
}

/** The lines that a header keeps already, by sequence number. */
function knownOf(lost: Lost | undefined): ReadonlyMap<number, KeptLine> {
  if (lost === undefined) return new Map();
  const { header, start } = lost;
  const lines = [start.open, start.policy, ...start.keys];
  return new Map([header.open, header.policy, ...header.keys].map((kept, i) => [lines[i]?.seq ?? -1, kept]));
}

/**
 * The path of a line that is gone already begins as it did: within the perfect subtree it stands in, nothing changes as
 * the tree grows. What comes after are whole peaks of the old tree, and later lines.
 */
function wantedAt(
  seq: number,
  size: number,
  { tree, line }: { readonly tree: Tree; readonly line: KeptLine | undefined },
): Wanted {
  const ranges: readonly LeafRange[] = inclusionRanges(seq, size);
  const known = line === undefined ? 0 : heightAt(seq, tree.size);
  const rest = new ProofBuilder(nodeDigests, ranges.slice(known), tree);
  return { seq, text: line?.line ?? "", low: line?.path.slice(0, known) ?? [], rest };
}

function keptOf({ text, low, rest }: Wanted): KeptLine | undefined {
  const roots = rest.roots();
  return roots === undefined || text === "" ? undefined : { line: text, path: [...low, ...roots] };
}
