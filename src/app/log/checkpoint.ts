/** The last checkpoint of a log, checked against the lines it covers, and the growth up to it. */
import { AgentkError } from "../../base/errors.js";
import { verifyCheckpoint } from "../../evidence/checkpoint.js";
import { consistencyRanges } from "../../evidence/merkle-proof.js";
import { nodeDigests } from "../../host/digests.js";
import { verifyEd25519 } from "../../host/signer.js";
import { findHead, readRoots, type LogToRead } from "./heads.js";
import { BrokenLog } from "./prefix.js";
import { refusePruned } from "./pruned-log.js";

export interface LogCheckpoint {
  /** As the log has it. */
  readonly note: string;
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The key that the log names as its own and that signed the checkpoint, hex. */
  readonly publicKey: string;
  readonly run: string;
}

/**
 * The last checkpoint, which must be signed by the log's key and have the root of the lines before it; nothing else of
 * the log is checked, which is `agentk verify`'s to do.
 * @throws AgentkError `file-unreadable`, `log-invalid` when there is no checkpoint; BrokenLog when it does not hold.
 */
export function lastCheckpoint(log: LogToRead): LogCheckpoint {
  refusePruned(log.file);
  const { note, publicKey, run, size: line } = findHead(log, { kind: "last" });
  if (note === undefined)
    throw new AgentkError("log-invalid", `\`${log.file}\` has no checkpoint`, {
      place: { file: log.file },
      hint: "agentk has signed checkpoints since format 3 of the flight log; older logs cannot be witnessed",
    });
  const broken = (detail: string): BrokenLog =>
    new BrokenLog(log.file, line + 1, `line ${String(line + 1)} has a checkpoint ${detail}`);
  const deps = { digests: nodeDigests, verifySignature: verifyEd25519 };
  const checked = verifyCheckpoint(deps, note, { publicKey, run });
  if (!checked.ok) throw broken(`that ${checked.error.detail}`);
  const { origin, size, root } = checked.value;
  if (size !== line) throw broken("of another size");
  const { roots } = readRoots(log, size, [{ start: 0, end: size }]);
  if (roots[0] !== root) throw broken("of other lines");
  return { note, origin, size, root, publicKey, run };
}

/**
 * The consistency proof between two sizes of a log, in one pass over it.
 * @throws AgentkError `file-unreadable`; BrokenLog when the log has fewer lines.
 */
export function proveGrowth(log: LogToRead, oldSize: number, size: number): readonly string[] {
  return readRoots(log, size, consistencyRanges(oldSize, size)).roots;
}
