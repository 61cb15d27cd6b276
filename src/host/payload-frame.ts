/** The bytes of a payload journal: magic line, header line, sealed frames (docs/formats/payload-journal.md). */
import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes, type KeyObject } from "node:crypto";
import { PAYLOAD_SLOTS, type PayloadRecord, type PayloadSlot } from "../abi/payload.js";
import { canonicalJson } from "../base/canonical.js";
import { MAX_LINE_BYTES } from "../base/limits.js";
import { record, text, type ShapeType } from "../base/shape.js";

export const MAGIC = "agentk-payloads/1\n";
export const LENGTH_BYTES = 4;
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FINGERPRINT_DOMAIN = "agentk/payload-key/1\n";
const PLAIN_HEAD = new RegExp(`^(?<seq>0|[1-9]\\d{0,15}) (?<slot>${PAYLOAD_SLOTS.join("|")})\n`);

/** A frame. RFC 8785 can lengthen a number fivefold (1e20), so a line of MAX_LINE_BYTES stays under six times that. */
export const MAX_FRAME_BYTES = 6 * MAX_LINE_BYTES;

/** The header line holds little; what is longer is no payload journal. */
export const MAX_HEADER_BYTES = 1024;

const headerShape = record({
  /** Which operator key wraps the run's: the first 16 hex digits of its domain-separated SHA-256. */
  kek: text({ form: /^[0-9a-f]{16}$/ }),
  nonce: text({ form: /^[0-9a-f]{24}$/ }),
  run: text({ form: /^[0-9TZ]{16}-[0-9a-f]{12}$/ }),
  /** 64 bytes (data key, commitment secret) and the tag, sealed under the operator's key. */
  wrapped: text({ form: /^[0-9a-f]{160}$/ }),
});
export type PayloadHeader = ShapeType<typeof headerShape>;

/** What the header wraps: one key for the frames of this run, one secret for the commitments in its log. */
export interface RunKeys {
  readonly data: KeyObject;
  /** 32 bytes in hex. */
  readonly secret: string;
}

export function createRunKeys(run: string, operatorKey: Buffer): { keys: RunKeys; header: PayloadHeader } {
  const both = randomBytes(2 * KEY_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const wrapped = seal(createSecretKey(operatorKey), nonce, MAGIC + run, both);
  const header = {
    kek: fingerprintOf(operatorKey),
    nonce: nonce.toString("hex"),
    run,
    wrapped: wrapped.toString("hex"),
  };
  return { keys: keysOf(both), header };
}

/** The run's keys, or undefined when the header was changed or the key is not the one it was wrapped with. */
export function unwrapRunKeys(header: PayloadHeader, operatorKey: Buffer): RunKeys | undefined {
  const wrapped = Buffer.from(header.wrapped, "hex");
  const nonce = Buffer.from(header.nonce, "hex");
  const both = open(createSecretKey(operatorKey), nonce, MAGIC + header.run, wrapped);
  return both === undefined ? undefined : keysOf(both);
}

export function fingerprintOf(operatorKey: Buffer): string {
  return hash("sha256", FINGERPRINT_DOMAIN + operatorKey.toString("hex"), "hex").slice(0, 16);
}

export function formatHeader(header: PayloadHeader): string {
  return canonicalJson({ ...header });
}

/** Accepts exactly what formatHeader prints. */
export function parseHeader(line: string): PayloadHeader | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (headerShape.check(parsed, "") !== undefined) return undefined;
  const header = parsed as PayloadHeader;
  return formatHeader(header) === line ? header : undefined;
}

/** A whole frame: length, ciphertext, tag. INVARIANT: `counter` is never used twice under one key (SP 800-38D section 8). */
export function sealFrame(keys: RunKeys, run: string, counter: number, payload: PayloadRecord): Buffer {
  const plain = Buffer.from(`${String(payload.seq)} ${payload.slot}\n${payload.canonical}`, "utf8");
  const sealed = seal(keys.data, frameNonce(counter), `${run}|${String(counter)}`, plain);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, sealed]);
}

/** What a frame without its length holds; undefined unless every bit is as it was written, at this place in this run. */
export function openFrame(keys: RunKeys, run: string, counter: number, sealed: Buffer): PayloadRecord | undefined {
  const plain = open(keys.data, frameNonce(counter), `${run}|${String(counter)}`, sealed)?.toString("utf8");
  const head = plain === undefined ? undefined : PLAIN_HEAD.exec(plain);
  if (plain === undefined || head?.groups === undefined) return undefined;
  const { seq, slot } = head.groups;
  return { seq: Number(seq), slot: slot as PayloadSlot, canonical: plain.slice(head[0].length) };
}

/** A key is made for each run, so counting from 0 never repeats a nonce. */
function frameNonce(counter: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(BigInt(counter), NONCE_BYTES - 8);
  return nonce;
}

function seal(key: KeyObject, nonce: Buffer, aad: string, plain: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad, "utf8"));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(key: KeyObject, nonce: Buffer, aad: string, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad, "utf8"));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    // The tag does not fit: OpenSSL says no more than that.
    return undefined;
  }
}

function keysOf(both: Buffer): RunKeys {
  return {
    data: createSecretKey(both.subarray(0, KEY_BYTES)),
    secret: both.subarray(KEY_BYTES).toString("hex"),
  };
}
