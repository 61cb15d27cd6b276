/** `proof`: makes inclusion and consistency proofs out of flight logs, each leading to signed checkpoints. */
import { AgentkError } from "../../base/errors.js";
import { verifyCheckpoint } from "../../evidence/checkpoint.js";
import { consistencyRanges, inclusionRanges } from "../../evidence/merkle-proof.js";
import {
  checkProof,
  parseProofBundle,
  PROOF_FORMAT,
  type ConsistencyBundle,
  type InclusionBundle,
  type ProofBundle,
  type ProofHead,
  type ProofReport,
  type ProofTrust,
} from "../../evidence/proof-bundle.js";
import { nodeDigests } from "../../host/digests.js";
import { verifyEd25519 } from "../../host/signer.js";
import { createFile } from "../../host/whole-file.js";
import { trustedKey } from "../keys/trusted-key.js";
import { findHead, readRoots, type FoundHead, type LogToRead, type WantedHead } from "./heads.js";
import { BrokenLog } from "./prefix.js";

const DEPS = { digests: nodeDigests, verifySignature: verifyEd25519 };

/** A log, and which head of it: that of a size, or the last checkpoint. */
export interface LogHead extends LogToRead {
  readonly size?: number;
}

/**
 * The proof that a line stands in a log: under the first checkpoint after it, or the head of the size named.
 * @throws AgentkError `file-unreadable`, `usage`; BrokenLog when the log is not what its checkpoint says.
 */
export function proveInclusion(log: LogHead, index: number): InclusionBundle {
  const { size: wantedSize } = log;
  if (wantedSize !== undefined && wantedSize <= index)
    throw new AgentkError("usage", `a tree of ${String(wantedSize)} lines has no line ${String(index)}`, {
      hint: "lines are numbered from 0: --size must be larger than SEQ",
    });
  const wanted: WantedHead =
    wantedSize === undefined ? { kind: "covering", number: index } : { kind: "of", number: wantedSize };
  const found = findHead(log, wanted);
  const { size, publicKey } = found;
  const whole = { start: 0, end: size };
  const { roots, line } = readRoots(log, size, [whole, ...inclusionRanges(index, size)], index);
  const [root = "", ...path] = roots;
  const head = headOf(log.file, found, root);
  return { format: PROOF_FORMAT, kind: "inclusion", public_key: publicKey, line, index, path, head };
}

/**
 * The proof that one head of a log goes on from another: of two files, or of one.
 * @throws AgentkError `file-unreadable`, `usage`; BrokenLog when the histories part, or a log is not what its checkpoint
 * says.
 */
export function proveConsistency(old: LogHead, log: LogHead): ConsistencyBundle {
  const before = findHead(old, wantedBy(old));
  const found = findHead(log, wantedBy(log));
  if (before.publicKey !== found.publicKey || before.run !== found.run)
    throw new BrokenLog(log.file, 1, `opens another run than \`${old.file}\``);
  if (before.size > found.size)
    throw new BrokenLog(
      log.file,
      found.size,
      `the head has ${String(found.size)} lines, the old one ${String(before.size)}`,
    );
  if (before.size < found.pruned)
    throw new AgentkError("usage", `\`${log.file}\` is pruned: its first ${String(found.pruned)} lines are gone`, {
      hint: `it can be held against heads of ${String(found.pruned)} lines or more, as in \`OLD@${String(found.pruned)}\``,
    });
  const oldPart = { start: 0, end: before.size };
  const [oldRoot = ""] = readRoots(old, before.size, [oldPart]).roots;
  const ranges = [oldPart, { start: 0, end: found.size }, ...consistencyRanges(before.size, found.size)];
  const [samePart = "", root = "", ...path] = readRoots(log, found.size, ranges).roots;
  if (samePart !== oldRoot)
    throw new BrokenLog(
      log.file,
      1,
      `its first ${String(before.size)} lines are not those of \`${old.file}\`: one was rewritten`,
    );
  return {
    format: PROOF_FORMAT,
    kind: "consistency",
    public_key: found.publicKey,
    path,
    old: headOf(old.file, before, oldRoot),
    head: headOf(log.file, found, root),
  };
}

/** Reads and checks a bundle. @throws AgentkError `log-invalid` when it is none; `usage` for a key that nobody may trust. */
export function verifyProof(file: string, source: string, trust: ProofTrust): ProofReport {
  const read = parseProofBundle(source);
  if (!read.ok)
    throw new AgentkError("log-invalid", `\`${file}\` ${read.error}`, {
      place: { file },
      hint: "`agentk proof inclusion` and `agentk proof consistency` make bundles",
    });
  if (trust.publicKey !== undefined) trustedKey(trust.publicKey);
  return checkProof(DEPS, read.value, trust);
}

/** Has every head of the bundle a checkpoint? */
export function isSigned(bundle: ProofBundle): boolean {
  const heads = bundle.kind === "inclusion" ? [bundle.head] : [bundle.old, bundle.head];
  return heads.every((head) => head.checkpoint !== null);
}

/** Writes a bundle, 0600 and whole, to a file that is not there yet. @throws AgentkError `file-exists`, `unsafe-file`. */
export function writeBundle(file: string, text: string): void {
  if (createFile(file, text)) return;
  throw new AgentkError("file-exists", `the file \`${file}\` is there already`, { hint: "name another with --out" });
}

function wantedBy({ size }: LogHead): WantedHead {
  return size === undefined ? { kind: "last" } : { kind: "of", number: size };
}

/** The head with the root that the lines have. INVARIANT: a checkpoint that says otherwise never goes into a bundle. */
function headOf(file: string, { publicKey, run, size, note }: FoundHead, root: string): ProofHead {
  if (note === undefined) return { size, root, checkpoint: null };
  const checked = verifyCheckpoint(DEPS, note, { publicKey, run });
  if (!checked.ok) throw new BrokenLog(file, size + 1, `the checkpoint ${checked.error.detail}`);
  if (checked.value.size !== size || checked.value.root !== root)
    throw new BrokenLog(file, size + 1, "the checkpoint is not of the lines before it");
  return { size, root, checkpoint: note };
}
