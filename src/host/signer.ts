/** Ed25519 (RFC 8032): the key that a run makes for itself, and the check of what such keys signed. */
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { isHex } from "../base/bytes.js";

/** DER of SubjectPublicKeyInfo for Ed25519 (RFC 8410 section 4), up to the 32 raw key bytes. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export interface RunSigner {
  /** The raw 32-byte public key. */
  readonly publicKeyHex: string;
  /** The 64-byte signature over the UTF-8 of a statement, in hex. */
  readonly sign: (statement: string) => Promise<string>;
}

/** A fresh key pair. INVARIANT: the private half lives in this process only and is never written anywhere. */
export function createRunSigner(): RunSigner {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ type: "spki", format: "der" });
  return {
    publicKeyHex: der.subarray(SPKI_PREFIX.length).toString("hex"),
    sign: (statement) => Promise.resolve(sign(null, Buffer.from(statement, "utf8"), privateKey).toString("hex")),
  };
}

/**
 * True for a valid signature; false for any other, a malformed or a weak key.
 * Attacker-controlled: every argument comes out of a log.
 */
export function verifyEd25519(publicKeyHex: string, statement: string, signatureHex: string): boolean {
  if (!isHex(publicKeyHex, 32) || !isHex(signatureHex, 64)) return false;
  const raw = Buffer.from(publicKeyHex, "hex");
  if (isWeakKey(raw)) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
    return verify(null, Buffer.from(statement, "utf8"), key, Buffer.from(signatureHex, "hex"));
  } catch {
    // OpenSSL refuses some keys on import, some at the check: both are "not valid".
    return false;
  }
}

const P = 2n ** 255n - 19n;

/** The y coordinates of the eight points of small order: of order 4, 1, 2, and 8 twice. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  littleEndian(Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "hex")),
  littleEndian(Buffer.from("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "hex")),
]);

/**
 * Keys for which one signature fits many messages, or that have a second spelling. OpenSSL 3.0, OpenSSL 3.5 and
 * @noble/ed25519 disagree on them, so they are refused here before any of them is asked.
 */
function isWeakKey(raw: Buffer): boolean {
  const y = littleEndian(raw) & (2n ** 255n - 1n);
  return y >= P || SMALL_ORDER_Y.has(y);
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}
