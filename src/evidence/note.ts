/** Signed notes (c2sp.org/signed-note): a text, a blank line, and a line for each signature. Keys and signatures in hex. */
import { base64OfHex, hexOfBase64 } from "../base/base64.js";
import { hexBytes, isHex, utf8Bytes } from "../base/bytes.js";
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";

/** Ed25519 over the note's text. */
export const ED25519 = 0x01;
/** Ed25519 with a time, by a witness (c2sp.org/tlog-cosignature, cosignature/v1). */
export const COSIGNATURE_V1 = 0x04;

const ALGORITHMS = [ED25519, COSIGNATURE_V1] as const;

/** The specification asks for 16 signatures at least; a checkpoint of ours with sixteen witnesses takes 3 KiB. */
export const MAX_NOTE_SIGNATURES = 16;
export const MAX_NOTE_BYTES = 64 * 1024;

/** The name `agentk/` and a key's first 16 digits: long enough that nobody finds a second key for it by chance. */
const NAME_DIGITS = 16;
const KEY_ID_DIGITS = 8;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

const DASH = "\u2014";
/** No Unicode space and no plus; U+0085 is a space to Unicode and none to `\s`. */
const NAME = "[^\\s\\u0085+]+";
const NAME_FORM = new RegExp(`^${NAME}$`, "u");
const SIGNATURE_FORM = new RegExp(`^${DASH} (?<name>${NAME}) (?<base64>[A-Za-z0-9+/=]+)$`, "u");
const VERIFIER_KEY_FORM = new RegExp(`^(?<name>${NAME})\\+(?<id>[0-9a-f]{8})\\+(?<base64>[A-Za-z0-9+/=]+)$`, "u");
const LONE_SURROGATE = /\p{Surrogate}/u;

export interface NoteSignature {
  readonly name: string;
  /** Four bytes in hex: a hint which key to check with, no proof of one. */
  readonly keyId: string;
  /** What follows the key id, in hex; for Ed25519, 64 bytes. */
  readonly signature: string;
}

export interface Note {
  /** What is signed, with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteFault {
  readonly code:
    | "note-too-long"
    | "note-characters"
    | "note-without-signatures"
    | "note-signature-line"
    | "note-too-many-signatures"
    | "note-signature-twice"
    | "verifier-key";
  /** What is wrong, as the end of a sentence. Quotes nothing. */
  readonly detail: string;
}

/** A public key as others are told of it: `name+keyid+base64`. */
export interface VerifierKey {
  readonly name: string;
  readonly algorithm: typeof ED25519 | typeof COSIGNATURE_V1;
  readonly publicKey: string;
}

/** The name that an operator's signing key has in notes. */
export function keyName(digests: Digests, publicKey: string): string {
  return `agentk/${digests.sha256Hex(hexBytes(publicKey)).slice(0, NAME_DIGITS)}`;
}

/** The id of a key: the first four bytes of SHA-256(name || 0x0A || algorithm || public key), in hex. */
export function keyId(digests: Digests, name: string, algorithm: number, publicKey: string): string {
  const named = utf8Bytes(`${name}\n`);
  const key = hexBytes(publicKey);
  const input = new Uint8Array(named.length + 1 + key.length);
  input.set(named);
  input[named.length] = algorithm;
  input.set(key, named.length + 1);
  return digests.sha256Hex(input).slice(0, KEY_ID_DIGITS);
}

/** One signature as a line, without its newline. */
export function signatureLine({ name, keyId: id, signature }: NoteSignature): string {
  return `${DASH} ${name} ${base64OfHex(id + signature)}`;
}

/**
 * The note over a text that ends in a newline, with one Ed25519 signature.
 * @throws RangeError when parseNote would refuse it.
 */
export function writeNote(
  digests: Digests,
  text: string,
  { name, publicKey, signature }: { name: string; publicKey: string; signature: string },
): string {
  const id = keyId(digests, name, ED25519, publicKey);
  const note = `${text}\n${signatureLine({ name, keyId: id, signature })}\n`;
  const read = parseNote(note);
  if (!read.ok || read.value.text !== text || signature.length !== 2 * SIGNATURE_BYTES)
    throw new RangeError(`not a note: ${read.ok ? "it reads back as another" : read.error.detail}`);
  return note;
}

/** Reads a note. No signature is checked here. Attacker-controlled: all of it. */
export function parseNote(note: string): Result<Note, NoteFault> {
  const unfit = faultOfText(note);
  if (unfit !== undefined) return err(unfit);
  // The text may hold blank lines of its own: the last one ends it.
  const blank = note.lastIndexOf("\n\n");
  if (blank === -1 || !note.endsWith("\n"))
    return err(fault("note-without-signatures", "has no blank line with whole signature lines after it"));
  const lines = note.slice(blank + 2, -1).split("\n");
  if (note.length === blank + 2) return err(fault("note-without-signatures", "has no signature"));
  if (lines.length > MAX_NOTE_SIGNATURES)
    return err(fault("note-too-many-signatures", `has more than ${String(MAX_NOTE_SIGNATURES)} signatures`));
  const signatures = lines.map(parseSignatureLine).filter((found) => found !== undefined);
  if (signatures.length < lines.length)
    return err(fault("note-signature-line", "has a line after its text that is no signature"));
  if (new Set(lines).size < lines.length) return err(fault("note-signature-twice", "has the same signature twice"));
  return ok({ text: note.slice(0, blank + 1), signatures });
}

/** Reads a signature line without its newline; undefined when it is none. Attacker-controlled: all of it. */
export function parseSignatureLine(line: string): NoteSignature | undefined {
  if (line.length > MAX_NOTE_BYTES) return undefined;
  const { name, base64 } = SIGNATURE_FORM.exec(line)?.groups ?? {};
  const hex = base64 === undefined ? undefined : hexOfBase64(base64);
  if (name === undefined || hex === undefined || hex.length <= KEY_ID_DIGITS) return undefined;
  return { name, keyId: hex.slice(0, KEY_ID_DIGITS), signature: hex.slice(KEY_ID_DIGITS) };
}

/** The signatures, in hex, that say they are by this key. Verifiers ignore all others, and check each of these. */
export function signaturesBy(note: Note, name: string, id: string): readonly string[] {
  return note.signatures.filter((one) => one.name === name && one.keyId === id).map((one) => one.signature);
}

/** The text form of a public key, for configuration files and command lines. */
export function writeVerifierKey(digests: Digests, { name, algorithm, publicKey }: VerifierKey): string {
  const id = keyId(digests, name, algorithm, publicKey);
  return `${name}+${id}+${base64OfHex(algorithm.toString(16).padStart(2, "0") + publicKey)}`;
}

/** Reads a public key of either algorithm. Whether it is a sound Ed25519 key is for the signature check to say. */
export function parseVerifierKey(digests: Digests, text: string): Result<VerifierKey, NoteFault> {
  const {
    name = "",
    id,
    base64 = "",
  } = text.length > MAX_NOTE_BYTES ? {} : (VERIFIER_KEY_FORM.exec(text)?.groups ?? {});
  const hex = hexOfBase64(base64) ?? "";
  if (!isKeyName(name) || hex === "") return err(fault("verifier-key", "is not of the form NAME+KEYID+BASE64"));
  const algorithm = ALGORITHMS.find((known) => known === Number.parseInt(hex.slice(0, 2), 16));
  const publicKey = hex.slice(2);
  if (algorithm === undefined) return err(fault("verifier-key", "is not of a known algorithm"));
  if (!isHex(publicKey, KEY_BYTES)) return err(fault("verifier-key", "has not the length of an Ed25519 key"));
  if (keyId(digests, name, algorithm, publicKey) !== id)
    return err(fault("verifier-key", "has an id that is not its name's and key's"));
  return ok({ name, algorithm, publicKey });
}

/** True for a name that a key can have in a note. */
export function isKeyName(name: string): boolean {
  return NAME_FORM.test(name) && !hasControl(name) && !LONE_SURROGATE.test(name);
}

function faultOfText(note: string): NoteFault | undefined {
  if (note.length > MAX_NOTE_BYTES || utf8Bytes(note).length > MAX_NOTE_BYTES)
    return fault("note-too-long", `is longer than ${String(MAX_NOTE_BYTES)} bytes`);
  if (LONE_SURROGATE.test(note)) return fault("note-characters", "is not Unicode text");
  if (hasControl(note)) return fault("note-characters", "has a control character other than a newline");
  return undefined;
}

/** Characters below U+0020 other than a newline: what the specification forbids. */
function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

function fault(code: NoteFault["code"], detail: string): NoteFault {
  return { code, detail };
}
