/** Heads of the log that the reader has from elsewhere: the log must be what they were signed over, or have grown from it. */
import type { Digests } from "../base/digest.js";
import type { FindingList } from "./findings.js";
import { rootOf, type Tree } from "./merkle.js";

/** A checkpoint that was kept. The reader takes his own copy at its word: nothing is believed of it but what it refuses. */
export interface KnownHead {
  readonly size: number;
  readonly root: string;
  /** Where the reader has it from, for findings. */
  readonly from: string;
}

export class KnownHeads {
  private readonly heads: readonly KnownHead[];
  private readonly compared = new Set<KnownHead>();
  private readonly digests: Digests;
  private readonly findings: FindingList;

  constructor(digests: Digests, heads: readonly KnownHead[], findings: FindingList) {
    this.digests = digests;
    this.heads = heads;
    this.findings = findings;
  }

  /** The log is pruned: it begins with the tree over the lines that are gone. */
  resume(tree: Tree): void {
    for (const head of this.heads) {
      const { size, from } = head;
      if (size >= tree.size) continue;
      this.compared.add(head);
      this.findings.add("head-not-compared", {}, `${from} states ${String(size)} lines, of which all are pruned`);
    }
    this.grew(tree, 1);
  }

  /** The tree after another line, which is 1-based. */
  grew(tree: Tree, line: number): void {
    for (const head of this.heads) {
      const { size, root, from } = head;
      if (size !== tree.size) continue;
      this.compared.add(head);
      if (rootOf(this.digests, tree) === root) continue;
      this.findings.add("log-forked", { line }, `the first ${String(size)} lines are others than ${from} states`);
    }
  }

  /**
   * `lines` in the run, of which the last stands in line `last` of the file. INVARIANT: a head that was not compared is a
   * failure: a log of an older version grows no tree.
   */
  end(lines: number, last: number): void {
    for (const head of this.heads) {
      const { size, from } = head;
      const counts = `${from} states ${String(size)} lines, the log has ${String(lines)}`;
      if (size > lines) this.findings.add("log-rolled-back", { line: last }, counts);
      else if (!this.compared.has(head) && this.findings.failures === 0)
        this.findings.add("log-forked", {}, `is of a version that has no heads, and ${from} is one`);
    }
  }
}
