/** Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a log's tree as a signed note. */
import { base64OfHex, hexOfBase64 } from "../base/base64.js";
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import type { VerifySignature } from "../base/signature.js";
import { ED25519, keyId, keyName, parseNote, signaturesBy, writeNote, type Note, type NoteFault } from "./note.js";

const HASH_DIGITS = 64;
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** A tree head, as a checkpoint states it. */
export interface Checkpoint {
  readonly origin: string;
  /** How many leaves the tree has. */
  readonly size: number;
  /** The tree's root, in hex. */
  readonly root: string;
}

export interface CheckpointFault {
  readonly code: NoteFault["code"] | "checkpoint-form" | "checkpoint-origin" | "checkpoint-signature";
  /** What is wrong, as the end of a sentence. Quotes nothing. */
  readonly detail: string;
}

/** The head of one of our logs. */
export interface RunHead {
  /** The raw Ed25519 public key of the log's operator, in hex. */
  readonly publicKey: string;
  readonly run: string;
  readonly size: number;
  readonly root: string;
}

export interface UnsignedCheckpoint {
  /** What is to be signed by Ed25519. */
  readonly statement: string;
  /** The note, given the signature in hex. @throws RangeError for what is no signature. */
  readonly note: (signature: string) => string;
}

export interface CheckedCheckpoint extends Checkpoint {
  /** The run that the origin names. */
  readonly run: string;
  readonly note: Note;
}

/** The text of a checkpoint, with its last newline. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${String(size)}\n${base64OfHex(root)}\n`;
}

/**
 * Reads the text of a note as a checkpoint: a decimal size without leading zeros, a root of 32 bytes in canonical
 * base64. Our logs have no extension lines, so that everything signed can be checked; a witness takes them from others.
 */
export function parseCheckpoint(
  text: string,
  extensions: "refused" | "tolerated" = "refused",
): Result<Checkpoint, CheckpointFault> {
  const fault = faultOf(text, extensions);
  if (fault !== undefined) return err(malformed(fault));
  const [origin = "", decimal = "", base64 = ""] = text.split("\n");
  return ok({ origin, size: Number(decimal), root: hexOfBase64(base64) ?? "" });
}

function faultOf(text: string, extensions: "refused" | "tolerated"): string | undefined {
  if (!text.endsWith("\n")) return "does not end in a newline";
  const lines = text.slice(0, -1).split("\n");
  if (lines.includes("")) return "has an empty line";
  if (!isSize(lines[1] ?? "")) return "has no plain decimal size";
  if (hexOfBase64(lines[2] ?? "")?.length !== HASH_DIGITS) return "has no root of 32 bytes in base64";
  return lines.length > 3 && extensions === "refused" ? "has lines after the root" : undefined;
}

function isSize(decimal: string): boolean {
  return DECIMAL.test(decimal) && Number.isSafeInteger(Number(decimal));
}

/** The origin of a run's log: the name of the operator's key, and the run. */
export function originOf(digests: Digests, publicKey: string, run: string): string {
  return `${keyName(digests, publicKey)}/${run}`;
}

/** A checkpoint of one of our logs, ready to be signed. */
export function checkpointOf(digests: Digests, { publicKey, run, size, root }: RunHead): UnsignedCheckpoint {
  const statement = checkpointText({ origin: originOf(digests, publicKey, run), size, root });
  const name = keyName(digests, publicKey);
  return { statement, note: (signature) => writeNote(digests, statement, { name, publicKey, signature }) };
}

export interface CheckpointDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
}

/**
 * Reads a note and checks that it is a checkpoint of this key's, of this run's when one is named, with its signature.
 * Signatures by other keys are left for those who know them. Attacker-controlled: the note.
 */
export function verifyCheckpoint(
  deps: CheckpointDeps,
  note: string,
  { publicKey, run }: { readonly publicKey: string; readonly run?: string },
): Result<CheckedCheckpoint, CheckpointFault> {
  const read = parseNote(note);
  if (!read.ok) return read;
  const checkpoint = parseCheckpoint(read.value.text);
  if (!checkpoint.ok) return checkpoint;
  const name = keyName(deps.digests, publicKey);
  const named = checkpoint.value.origin.startsWith(`${name}/`) ? checkpoint.value.origin.slice(name.length + 1) : "";
  if (named === "" || (run !== undefined && named !== run))
    return err({ code: "checkpoint-origin", detail: "is of another key or another run" });
  if (!isSignedBy(deps, read.value, name, publicKey))
    return err({ code: "checkpoint-signature", detail: "has no valid signature of the key" });
  return ok({ ...checkpoint.value, run: named, note: read.value });
}

/** c2sp.org/signed-note: one signature of a known key that does not verify spoils the note. */
function isSignedBy(deps: CheckpointDeps, note: Note, name: string, publicKey: string): boolean {
  const signatures = signaturesBy(note, name, keyId(deps.digests, name, ED25519, publicKey));
  return signatures.length > 0 && signatures.every((one) => deps.verifySignature(publicKey, note.text, one));
}

function malformed(detail: string): CheckpointFault {
  return { code: "checkpoint-form", detail };
}
