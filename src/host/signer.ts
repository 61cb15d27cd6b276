/** Ed25519 (RFC 8032): the check of signatures. */
import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { isHex } from "../base/bytes.js";
import { isPublicKeyHex, isWeakKey } from "../evidence/ed25519.js";

/** DER of SubjectPublicKeyInfo for Ed25519 (RFC 8410 section 4), up to the 32 raw key bytes. */
export const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Importing a key costs twice what checking a signature does, and a log has few keys. */
const MAX_KNOWN = 16;
const known = new Map<string, KeyObject>();

/**
 * True for a valid signature; false for any other, a malformed or a weak key.
 * Attacker-controlled: every argument comes out of a log.
 */
export function verifyEd25519(publicKeyHex: string, statement: string, signatureHex: string): boolean {
  if (!isHex(signatureHex, 64)) return false;
  try {
    const key = known.get(publicKeyHex) ?? importKey(publicKeyHex);
    return key !== undefined && verify(null, Buffer.from(statement, "utf8"), key, Buffer.from(signatureHex, "hex"));
  } catch {
    // OpenSSL refuses some keys on import, some at the check: both are "not valid".
    return false;
  }
}

function importKey(publicKeyHex: string): KeyObject | undefined {
  if (!isPublicKeyHex(publicKeyHex) || isWeakKey(publicKeyHex)) return undefined;
  const der = Buffer.concat([SPKI_PREFIX, Buffer.from(publicKeyHex, "hex")]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(publicKeyHex, key);
  return key;
}
