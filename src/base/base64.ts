/** Base64 (RFC 4648 section 4) of bytes that stand in hex. Strict: what is decoded encodes back to the same text. */
import { hexBytes } from "./bytes.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The base64 text, with padding, of bytes given in lower-case hex. */
export function base64OfHex(hex: string): string {
  const bytes = hexBytes(hex);
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) text += groupOf(bytes, i);
  return text;
}

function groupOf(bytes: Uint8Array, at: number): string {
  const left = bytes.length - at;
  const bits = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
  const letters = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((bits >> shift) & 63)).join("");
  return left >= 3 ? letters : letters.slice(0, left + 1).padEnd(4, "=");
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/**
 * The bytes, in lower-case hex, of canonical base64 text; undefined for any other text: unpadded, with white space, of
 * another alphabet, or with bits set that stand for nothing (RFC 4648 section 3.5).
 */
export function hexOfBase64(text: string): string | undefined {
  if (!FORM.test(text)) return undefined;
  let hex = "";
  for (let i = 0; i < text.length; i += 4) hex += hexOfGroup(text.slice(i, i + 4));
  return base64OfHex(hex) === text ? hex : undefined;
}

function hexOfGroup(group: string): string {
  let bits = 0;
  for (const letter of group) bits = bits * 64 + Math.max(0, ALPHABET.indexOf(letter));
  const bytes = group.endsWith("==") ? 1 : group.endsWith("=") ? 2 : 3;
  return bits
    .toString(16)
    .padStart(6, "0")
    .slice(0, bytes * 2);
}
