/** Ed25519 (RFC 8032): the key that a run makes for itself, and the check of what such keys signed. */
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { isHex } from "../base/bytes.js";
import { isPublicKeyHex, isWeakKey } from "../evidence/ed25519.js";

/** DER of SubjectPublicKeyInfo for Ed25519 (RFC 8410 section 4), up to the 32 raw key bytes. */
export const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

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
  if (!isPublicKeyHex(publicKeyHex) || !isHex(signatureHex, 64) || isWeakKey(publicKeyHex)) return false;
  try {
    const raw = Buffer.from(publicKeyHex, "hex");
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
    return verify(null, Buffer.from(statement, "utf8"), key, Buffer.from(signatureHex, "hex"));
  } catch {
    // OpenSSL refuses some keys on import, some at the check: both are "not valid".
    return false;
  }
}
