/** `agentk-key/1`: a signing key's seed under a passphrase, as one RFC 8785 line (docs/keys.md). */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { canonicalJson } from "../base/canonical.js";
import { integer, oneOf, record, text, type ShapeType } from "../base/shape.js";
import { parseStrictJson } from "../base/strict-json.js";

const FORMAT = "agentk-key/1";
const CIPHER = "aes-256-gcm";
const SEED_BYTES = 32;
const TAG_BYTES = 16;

/** RFC 7914: 128 * N * r bytes of memory, here 128 MiB; measured 0.5 s on the slowest machine at hand. */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
/** What is read: a file that asks for more would stall or starve the process, one that asks for less was not made here. */
const COSTS = [2 ** 17, 2 ** 18, 2 ** 19] as const;
const MAX_SCRYPT_MEMORY = 1024 * 2 ** 19 + 1024 * 1024;

function hexOf(bytes: number): ReturnType<typeof text> {
  return text({ form: new RegExp(`^[0-9a-f]{${String(2 * bytes)}}$`) });
}

const SEALED_KEY = record({
  format: oneOf([FORMAT]),
  kdf: record({
    n: integer(COSTS[0], COSTS[2]),
    name: oneOf(["scrypt"]),
    p: integer(COST.p, COST.p),
    r: integer(COST.r, COST.r),
    salt: hexOf(16),
  }),
  nonce: hexOf(12),
  public_key: hexOf(32),
  sealed: hexOf(SEED_BYTES + TAG_BYTES),
});

export type SealedKey = ShapeType<typeof SEALED_KEY>;

/** The line, with its newline, for a 32-byte seed. */
export function sealSeed(seed: Buffer, publicKeyHex: string, passphrase: string): string {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const kdf = { ...COST, name: "scrypt" as const, salt: salt.toString("hex") };
  const cipher = createCipheriv(CIPHER, wrappingKey(kdf, passphrase), nonce);
  cipher.setAAD(boundTo(publicKeyHex));
  const sealed = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()]).toString("hex");
  const line = canonicalJson({ format: FORMAT, kdf, nonce: nonce.toString("hex"), public_key: publicKeyHex, sealed });
  return `${line}\n`;
}

/** What a file's text says, or undefined when it is anything but one such line. */
export function parseSealedKey(source: string): SealedKey | undefined {
  if (!source.endsWith("\n")) return undefined;
  const read = parseStrictJson(source.slice(0, -1));
  if (!read.ok || `${read.value.canonical}\n` !== source) return undefined;
  if (SEALED_KEY.check(read.value.value, "") !== undefined) return undefined;
  const key = read.value.value as SealedKey;
  return COSTS.some((n) => n === key.kdf.n) ? key : undefined;
}

/** The seed, or undefined when the passphrase is not the one, or the file was changed. */
export function openSealedKey(key: SealedKey, passphrase: string): Buffer | undefined {
  const sealed = Buffer.from(key.sealed, "hex");
  const decipher = createDecipheriv(CIPHER, wrappingKey(key.kdf, passphrase), Buffer.from(key.nonce, "hex"));
  decipher.setAAD(boundTo(key.public_key));
  decipher.setAuthTag(sealed.subarray(SEED_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, SEED_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The format and the public key go into the tag: a sealed seed cannot be shown as another key's. */
function boundTo(publicKeyHex: string): Buffer {
  return Buffer.from(`${FORMAT}\n${publicKeyHex}\n`, "utf8");
}

function wrappingKey({ n, r, p, salt }: SealedKey["kdf"], passphrase: string): Buffer {
  const secret = Buffer.from(passphrase, "utf8");
  return scryptSync(secret, Buffer.from(salt, "hex"), 32, { N: n, r, p, maxmem: MAX_SCRYPT_MEMORY });
}
