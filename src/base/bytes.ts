/** Bytes and their text forms. Strict: what is decoded encodes back to the same text. */
const encoder = new TextEncoder();
const HEX = /^(?:[0-9a-f]{2})*$/;

/** UTF-8 bytes of a well-formed string. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** True for an even number of lower-case hexadecimal digits, of exactly `bytes` bytes when given. */
export function isHex(text: string, bytes?: number): boolean {
  return HEX.test(text) && (bytes === undefined || text.length === bytes * 2);
}
