/** Proof bundles, `agentk-proof/1`: a proof about a log, with all that it takes to check it offline but the trust in a key. */
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import { integer, listOf, oneOf, record, text, type Shape, type ShapeType } from "../base/shape.js";
import { parseStrictJson } from "../base/strict-json.js";
import { HEX64 } from "../abi/payload.js";
import { verifyCheckpoint, type CheckpointDeps } from "./checkpoint.js";
import { leafHash, verifyConsistency, verifyInclusion } from "./merkle.js";
import { MAX_NOTE_BYTES } from "./note.js";

export const PROOF_FORMAT = "agentk-proof/1";

/** A line of a log at its longest, every character of it escaped, and the rest: more is not looked at. */
export const MAX_BUNDLE_CHARS = 8 * 1024 * 1024;

const hash = text({ form: HEX64 });
const path = listOf(hash, 54);

const note = text({ max: MAX_NOTE_BYTES });
const noteOrNull: Shape<string | null> = {
  check: (value, at) => (value === null ? undefined : note.check(value, at)),
};

/** A tree's size and root, and the signed note that says so; `null` when nobody has vouched for it. */
const headShape = record({ size: integer(), root: hash, checkpoint: noteOrNull });

const common = { format: oneOf([PROOF_FORMAT]), public_key: hash, path };
const inclusionShape = record({
  ...common,
  kind: oneOf(["inclusion"]),
  line: text(),
  index: integer(),
  head: headShape,
});
const consistencyShape = record({ ...common, kind: oneOf(["consistency"]), old: headShape, head: headShape });

export type ProofHead = ShapeType<typeof headShape>;
export type InclusionBundle = ShapeType<typeof inclusionShape>;
export type ConsistencyBundle = ShapeType<typeof consistencyShape>;
export type ProofBundle = InclusionBundle | ConsistencyBundle;

/** What can be wrong with a bundle that is of the right form. */
export const PROOF_FAULTS = {
  "key-differs": "the bundle names another key than the one to be trusted",
  "checkpoint-invalid": "a checkpoint is not a valid note of the key",
  "checkpoint-other-head": "a checkpoint states another size or root than the bundle",
  "other-run": "the two checkpoints are of different runs",
  "proof-invalid": "the hashes do not lead from the line, or from the old head, to the head",
  unsigned: "a head has no checkpoint: nobody has signed it",
} as const;

export type ProofFault = keyof typeof PROOF_FAULTS;

export interface ProofReport {
  readonly ok: boolean;
  readonly kind: ProofBundle["kind"];
  readonly faults: readonly ProofFault[];
  /** The run that the checkpoints name. */
  readonly run: string | undefined;
  readonly publicKey: string;
  /** Did the verifier bring the key? The one in the bundle proves only that one key signed it all. */
  readonly isPinned: boolean;
}

export interface ProofTrust {
  /** The key to trust, in hex. */
  readonly publicKey?: string | undefined;
  /** Heads may be unsigned: the proof is then about roots that the verifier must know from elsewhere. */
  readonly mayBeUnsigned?: boolean;
}

/** Reads a bundle strictly. The error is the end of a sentence. Attacker-controlled: all of it. */
export function parseProofBundle(source: string): Result<ProofBundle, string> {
  if (source.length > MAX_BUNDLE_CHARS) return err(`is longer than ${String(MAX_BUNDLE_CHARS)} characters`);
  const read = parseStrictJson(source);
  if (!read.ok) return err("is not JSON that can be read in one way only");
  const value: unknown = read.value.value;
  const isInclusion = (value as { kind?: unknown } | null)?.kind === "inclusion";
  const shape: Shape<unknown> = isInclusion ? inclusionShape : consistencyShape;
  const fault = shape.check(value, "");
  return fault === undefined
    ? ok(value as ProofBundle)
    : err(`is no ${PROOF_FORMAT}: ${fault.path.slice(0, 64)} ${fault.problem}`);
}

/** Checks all that a bundle claims. */
export function checkProof(deps: CheckpointDeps, bundle: ProofBundle, trust: ProofTrust = {}): ProofReport {
  const faults = new Set<ProofFault>();
  if (trust.publicKey !== undefined && trust.publicKey !== bundle.public_key) faults.add("key-differs");
  const heads = bundle.kind === "inclusion" ? [bundle.head] : [bundle.old, bundle.head];
  const runs = new Set(heads.map((head) => runOf(deps, head, bundle.public_key, faults)));
  runs.delete(undefined);
  if (runs.size > 1) faults.add("other-run");
  if (trust.mayBeUnsigned === true) faults.delete("unsigned");
  if (!holds(deps.digests, bundle)) faults.add("proof-invalid");
  return {
    ok: faults.size === 0,
    kind: bundle.kind,
    faults: [...faults],
    run: [...runs][0],
    publicKey: bundle.public_key,
    isPinned: trust.publicKey !== undefined,
  };
}

/** The run that a head's checkpoint names, when it is a good one. */
function runOf(deps: CheckpointDeps, head: ProofHead, publicKey: string, faults: Set<ProofFault>): string | undefined {
  if (head.checkpoint === null) {
    faults.add("unsigned");
    return undefined;
  }
  const checked = verifyCheckpoint(deps, head.checkpoint, { publicKey });
  if (!checked.ok) {
    faults.add("checkpoint-invalid");
    return undefined;
  }
  if (checked.value.size !== head.size || checked.value.root !== head.root) faults.add("checkpoint-other-head");
  return checked.value.run;
}

function holds(digests: Digests, bundle: ProofBundle): boolean {
  const { size, root } = bundle.head;
  if (bundle.kind === "consistency")
    return verifyConsistency(digests, {
      oldSize: bundle.old.size,
      oldRoot: bundle.old.root,
      size,
      root,
      path: bundle.path,
    });
  const leaf = leafHash(digests, bundle.line);
  return verifyInclusion(digests, { leaf, index: bundle.index, size, root, path: bundle.path });
}
