/** Bytes as text that a person could read: strict UTF-8 (RFC 3629), and nearly all of it printable. */

/** Of the characters of a reading at most one in ten may be unprintable: more than that is a binary file, not a text. */
const MAX_UNPRINTABLE_SHARE = 0.1;

/** The smallest code point that needs this many bytes; fewer would have done for a smaller one (RFC 3629 section 3). */
const LEAST_CODE = [Infinity, Infinity, 0x80, 0x800, 0x10000];

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A stretch of bytes `[from, to)` that is text. */
interface Stretch {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** The code point that begins at a byte, -1 when none does. */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0xff;
  if (first < 0x80) return first;
  const size = sizeFrom(first);
  // Cut short at the end, it is none. Bytes are not asked for beyond it: that would slow every later look (tokens/chars.ts).
  return at + size > bytes.length ? -1 : ofSeveral(bytes, at, size);
}

function ofSeveral(bytes: Uint8Array, at: number, size: number): number {
  let code = (bytes[at] ?? 0xff) & (0x7f >> size);
  for (let next = at + 1; next < at + size; next += 1) code = withBits(code, bytes[next] ?? 0);
  const isScalar = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
  return isScalar && code >= (LEAST_CODE[size] ?? Infinity) ? code : -1;
}

/** Six bits more, or -1 from the first byte on that does not continue a character. */
function withBits(code: number, byte: number): number {
  return code < 0 || (byte & 0xc0) !== 0x80 ? -1 : (code << 6) | (byte & 0x3f);
}

/** How many bytes the first byte of several announces; 0 when it may not stand first. */
function sizeFrom(first: number): number {
  if (first < 0xc0 || first > 0xf7) return 0;
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

/** How many bytes of UTF-8 a code point takes. */
export function sizeOf(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** No control character save white space, no private use, noncharacter or replacement character. */
export function isPrintable(code: number): boolean {
  if (code < 0x7f) return code >= 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0xa0 || (code & 0xfffe) === 0xfffe) return false;
  return code < 0xe000 || (code > 0xf8ff && code !== 0xfffd && code < 0xf0000);
}

/**
 * The text of bytes that are UTF-8 throughout and, as a share of their characters, printable enough; else undefined.
 * `isShort` leaves no room for anything unprintable: in few characters, nine out of ten say little.
 */
export function readText(bytes: Uint8Array, isShort: boolean): string | undefined {
  let count = 0;
  let unprintable = 0;
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0xff;
    const code = first < 0x80 ? first : codePointAt(bytes, at);
    if (code < 0) return undefined;
    count += 1;
    if (!isPrintable(code)) unprintable += 1;
    at += sizeOf(code);
  }
  if (count === 0 || unprintable > count * (isShort ? 0 : MAX_UNPRINTABLE_SHARE)) return undefined;
  return decoder.decode(bytes);
}

/** The text of bytes that are UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The longest stretch of at least so many bytes with nothing but printable characters; the first of equals. */
export function longestStretch(bytes: Uint8Array, least: number): Stretch | undefined {
  let best = { from: 0, to: 0 };
  let from = 0;
  for (let at = 0; at <= bytes.length;) {
    const first = at < bytes.length ? (bytes[at] ?? 0xff) : 0xff;
    const code = first < 0x80 ? first : codePointAt(bytes, at);
    if (code >= 0 && isPrintable(code)) {
      at += sizeOf(code);
      continue;
    }
    if (at - from > best.to - best.from) best = { from, to: at };
    at += 1;
    from = at;
  }
  if (best.to - best.from < least) return undefined;
  return { ...best, text: decoder.decode(bytes.subarray(best.from, best.to)) };
}
