/** `trace-inspect --why`: the provenance of one call, from its log. */
import { DEFAULT_WHY, whyTree, type WhyNode } from "../../evidence/why.js";
import { lineAt, LogPrefix, parseLineRef } from "./prefix.js";

/** Deeper than any way that the bound on nodes lets through. */
const MAX_DEPTH = DEFAULT_WHY.nodes;

/**
 * The tree of the call or page `named` (`12`, `c12`, `p12`). `depth` counts calls on a way.
 * @throws AgentkError `usage` when the log has no such line, `file-unreadable`; BrokenLog
 */
export function whyLog(path: string, named: string, depth: number = DEFAULT_WHY.depth): WhyNode {
  const ref = parseLineRef(named);
  const prefix = new LogPrefix(path, ({ seq }) => seq >= ref.seq);
  const { seq } = lineAt(prefix, ref);
  const tree = whyTree(prefix, seq, { ...DEFAULT_WHY, depth: Math.min(depth, MAX_DEPTH) });
  if (tree === undefined) throw prefix.broken("is gone", seq + 1);
  return tree;
}
