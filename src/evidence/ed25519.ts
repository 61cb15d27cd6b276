/** Which Ed25519 public keys (RFC 8032) may be believed at all, and what they are called. */
import { hexBytes, isHex } from "../base/bytes.js";
import type { Digests } from "../base/digest.js";

const KEY_BYTES = 32;
const P = 2n ** 255n - 19n;

/** The y coordinates of the eight points of small order: of order 4, 1, 2, and 8 twice. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  littleEndian("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  littleEndian("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]);

/** Keys whose private half everybody has, by their public half. */
const PUBLISHED: ReadonlyMap<string, string> = new Map([
  ["db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d", "the development key of the Rust AgentK"],
]);

/** A raw public key: 32 bytes as 64 lower-case hex digits. */
export function isPublicKeyHex(text: string): boolean {
  return isHex(text, KEY_BYTES);
}

/**
 * Keys for which one signature fits many messages, or that have a second spelling. OpenSSL 3.0, OpenSSL 3.5 and
 * @noble/ed25519 disagree on them, so they are refused here before any of them is asked.
 */
export function isWeakKey(publicKeyHex: string): boolean {
  const y = littleEndian(publicKeyHex) & (2n ** 255n - 1n);
  return y >= P || SMALL_ORDER_Y.has(y);
}

/**
 * Why a text may not be taken for a key to trust: a predicate without its subject, undefined when it may.
 * Attacker-controlled: keys come out of manifests and logs.
 */
export function keyFault(publicKeyHex: string): string | undefined {
  if (!isPublicKeyHex(publicKeyHex)) return "is not 64 lower-case hexadecimal digits";
  if (isWeakKey(publicKeyHex)) return "is of small order or not canonical: one signature could fit many messages";
  const published = PUBLISHED.get(publicKeyHex);
  return published === undefined ? undefined : `is ${published}, which everybody can sign with`;
}

/** A key as people compare it: `sha256:` and the SHA-256 of its 32 raw bytes. */
export function fingerprint(digests: Digests, publicKeyHex: string): string {
  return `sha256:${digests.sha256Hex(hexBytes(publicKeyHex))}`;
}

function littleEndian(hex: string): bigint {
  return BigInt(`0x${[...pairsOf(hex)].reverse().join("")}`);
}

function pairsOf(hex: string): readonly string[] {
  return hex.match(/../g) ?? [];
}
