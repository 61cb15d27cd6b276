/** What a witness signs: cosignature/v1 over a checkpoint (c2sp.org/tlog-cosignature, its Ed25519 form). */
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import type { VerifySignature } from "../base/signature.js";
import {
  COSIGNATURE_V1,
  keyId,
  parseVerifierKey,
  signatureLine,
  writeVerifierKey,
  type NoteSignature,
} from "./note.js";

const TIME_DIGITS = 16;
const SIGNATURE_DIGITS = 128;

/** A witness as those who trust it know it. */
export interface WitnessKey {
  /** Its key name: by convention a URL without its scheme, which need not lead anywhere. */
  readonly name: string;
  /** Raw Ed25519 public key, hex. */
  readonly publicKey: string;
}

/** One cosignature that holds. */
export interface Cosignature {
  readonly witness: WitnessKey;
  /** When the witness says it was made, in seconds since 1970 (UTC), by its own clock. */
  readonly time: number;
}

/** The exact text signed: a header that no other statement begins with, the time, and the checkpoint's text. */
export function cosignatureStatement(checkpoint: string, time: number): string {
  return `cosignature/v1\ntime ${String(time)}\n${checkpoint}`;
}

/**
 * The signature line, without its newline.
 * @throws RangeError unless `time` is whole seconds from 0 and `signature` 64 bytes in hex.
 */
export function writeCosignature(
  digests: Digests,
  witness: WitnessKey,
  signed: { readonly time: number; readonly signature: string },
): string {
  const { time, signature } = signed;
  if (!Number.isSafeInteger(time) || time < 0) throw new RangeError(`${String(time)} is no time`);
  if (signature.length !== SIGNATURE_DIGITS) throw new RangeError("a signature has 64 bytes");
  return signatureLine({
    name: witness.name,
    keyId: keyId(digests, witness.name, COSIGNATURE_V1, witness.publicKey),
    signature: time.toString(16).padStart(TIME_DIGITS, "0") + signature,
  });
}

/**
 * Checks a line of a note that bears the name and the key id of a witness; undefined when it does not hold.
 * Attacker-controlled: the line and the checkpoint. A time of more than 2^53 - 1 seconds, which the format could carry,
 * does not hold: no clock says so.
 */
export function verifyCosignature(
  verifySignature: VerifySignature,
  witness: WitnessKey,
  signed: { readonly checkpoint: string; readonly signature: string },
): Cosignature | undefined {
  const { checkpoint, signature } = signed;
  if (signature.length !== TIME_DIGITS + SIGNATURE_DIGITS) return undefined;
  const time = Number.parseInt(signature.slice(0, TIME_DIGITS), 16);
  if (!Number.isSafeInteger(time)) return undefined;
  const statement = cosignatureStatement(checkpoint, time);
  return verifySignature(witness.publicKey, statement, signature.slice(TIME_DIGITS)) ? { witness, time } : undefined;
}

/** Is this line by the name and key id of the witness? Both must fit; what it signed is still to be checked. */
export function isBy(digests: Digests, witness: WitnessKey, line: NoteSignature): boolean {
  return line.name === witness.name && line.keyId === keyId(digests, witness.name, COSIGNATURE_V1, witness.publicKey);
}

/** The key of a witness as people hand it on: `NAME+KEYID+base64(0x04 || key)` (c2sp.org/signed-note). */
export function writeWitnessKey(digests: Digests, { name, publicKey }: WitnessKey): string {
  return writeVerifierKey(digests, { name, publicKey, algorithm: COSIGNATURE_V1 });
}

/** Reads such a key. The error says what is wrong, as the end of a sentence. */
export function parseWitnessKey(digests: Digests, text: string): Result<WitnessKey, string> {
  const read = parseVerifierKey(digests, text);
  if (!read.ok) return err(read.error.detail);
  const { name, publicKey, algorithm } = read.value;
  if (algorithm !== COSIGNATURE_V1) return err("is a key for checkpoints, not a witness's");
  return ok({ name, publicKey });
}
