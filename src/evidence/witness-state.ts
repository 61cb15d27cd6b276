/** What a witness has seen of each log, and the one question it answers: does this checkpoint go on from there? */
import type { Digests } from "../base/digest.js";
import type { VerifySignature } from "../base/signature.js";
import { EMPTY_TREE, rootOf, verifyConsistency } from "./merkle.js";
import { ED25519, keyId, keyName, signaturesBy } from "./note.js";
import { parseAddCheckpoint, type AddCheckpoint } from "./witness-request.js";

/** The largest tree of a log that was cosigned: its number of lines, and its root in hex. */
export interface TreeHead {
  readonly size: number;
  readonly root: string;
}

/** By origin. An origin that is not there was never cosigned: its tree counts as the empty one. */
export type WitnessState = ReadonlyMap<string, TreeHead>;

/** Whose logs are cosigned: a key that signs checkpoints, and its name in the signature line. */
export interface LogKey {
  readonly name: string;
  /** Raw Ed25519 public key, hex. */
  readonly publicKey: string;
}

/** Logs that one witness can hold. Each change writes all of them: measured 154 ms for that many, 12 ms for a thousand (Node 20.20, fsync included). */
export const MAX_LOGS = 65_536;

export const REFUSALS = {
  malformed: "the request is not in the form of add-checkpoint",
  "unknown-origin": "no trusted key may sign for this origin",
  "not-signed": "no trusted key has signed this checkpoint",
  "old-size": "the old size is larger than the checkpoint's",
  inconsistent: "the proof does not lead from what was cosigned to this checkpoint",
  full: "this witness holds as many logs as it can",
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** What comes of a request. `origin` and `head` are those of the request, once it could be read and was signed. */
export type Admission =
  | { readonly verdict: "cosign"; readonly origin: string; readonly head: TreeHead; readonly text: string }
  /** The size that was cosigned is another than the sender thought, or the same with another root: then it is forked. */
  | {
      readonly verdict: "conflict";
      readonly origin: string;
      readonly head: TreeHead;
      readonly seen: TreeHead;
      readonly isForked: boolean;
    }
  | { readonly verdict: "refused"; readonly code: RefusalCode; readonly detail: string; readonly origin?: string };

export interface AdmitDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
}

/** A run's id, as it ends the origin of its log (docs/formats/flight-log.md). */
const RUN_FORM = /^[0-9TZ]{16}-[0-9a-f]{12}$/;

/**
 * Judges one request, in the order of c2sp.org/tlog-witness. Changes nothing: after `cosign` the caller keeps `head` for
 * `origin`, durably, before it signs `text`. Attacker-controlled: the body.
 * INVARIANT: what is cosigned has the tree cosigned before as its beginning, by a proof that was checked here.
 */
export function admit(
  deps: AdmitDeps,
  known: { readonly state: WitnessState; readonly trusted: readonly LogKey[] },
  body: string,
): Admission {
  const read = parseAddCheckpoint(body);
  if (!read.ok) return refused("malformed", read.error);
  const { origin, size, root } = read.value.checkpoint;
  const keys = known.trusted.filter((key) => maySignFor(deps.digests, key, origin));
  if (keys.length === 0) return refused("unknown-origin", REFUSALS["unknown-origin"]);
  if (!isSignedByOne(deps, keys, read.value)) return refused("not-signed", REFUSALS["not-signed"], origin);
  return grow(deps.digests, known.state, { ...read.value, origin, head: { size, root } });
}

interface Signed extends AddCheckpoint {
  readonly origin: string;
  readonly head: TreeHead;
}

function grow(digests: Digests, state: WitnessState, request: Signed): Admission {
  const { oldSize, path, origin, head } = request;
  const seen = state.get(origin) ?? { size: 0, root: rootOf(digests, EMPTY_TREE) };
  if (oldSize > head.size) return refused("old-size", REFUSALS["old-size"], origin);
  if (oldSize !== seen.size) return { verdict: "conflict", origin, head, seen, isForked: isFork(seen, head) };
  if (isFork(seen, head)) return { verdict: "conflict", origin, head, seen, isForked: true };
  const claim = { oldSize, oldRoot: seen.root, size: head.size, root: head.root, path };
  if (!verifyConsistency(digests, claim)) return refused("inconsistent", REFUSALS.inconsistent, origin);
  if (!state.has(origin) && state.size >= MAX_LOGS) return refused("full", REFUSALS.full, origin);
  return { verdict: "cosign", origin, head, text: request.note.text };
}

/** Two trees of one size with different roots: one of them is not this log. */
function isFork(seen: TreeHead, head: TreeHead): boolean {
  return seen.size === head.size && seen.root !== head.root;
}

/** A key signs for the origin that is its name; a key of agentk for the runs that it has signed as well. */
function maySignFor(digests: Digests, key: LogKey, origin: string): boolean {
  if (origin === key.name) return true;
  const prefix = `${key.name}/`;
  const isAgentk = key.name === keyName(digests, key.publicKey);
  return isAgentk && origin.startsWith(prefix) && RUN_FORM.test(origin.slice(prefix.length));
}

/** Signatures by unknown keys are not looked at. c2sp.org/signed-note: a wrong one by a known key spoils the note. */
function isSignedByOne(deps: AdmitDeps, keys: readonly LogKey[], { note }: AddCheckpoint): boolean {
  return keys.some(({ name, publicKey }) => {
    const signatures = signaturesBy(note, name, keyId(deps.digests, name, ED25519, publicKey));
    return signatures.length > 0 && signatures.every((one) => deps.verifySignature(publicKey, note.text, one));
  });
}

function refused(code: RefusalCode, detail: string, origin?: string): Admission {
  return { verdict: "refused", code, detail, ...(origin === undefined ? {} : { origin }) };
}
