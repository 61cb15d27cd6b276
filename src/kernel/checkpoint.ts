/** The head of the tree over all lines so far, as it is signed. */
import type { Digests } from "../base/digest.js";
import { checkpointOf, type UnsignedCheckpoint } from "../evidence/checkpoint.js";
import { rootOf } from "../evidence/merkle.js";
import type { State } from "./state.js";

/**
 * The checkpoint of what has been recorded. INVARIANT: its size is the number of the line that it will stand in.
 * @throws Error before a run is open.
 */
export function draftCheckpoint({ run, tree, key }: State, digests: Digests): UnsignedCheckpoint {
  if (run === undefined || key === undefined) throw new Error("no run is open");
  return checkpointOf(digests, { publicKey: key, run: run.run, size: tree.size, root: rootOf(digests, tree) });
}
