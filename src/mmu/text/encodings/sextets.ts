/** Characters of base64 as the bytes they stand for: all at once, or only those that are looked at. */
import { codePointAt, isPrintable, sizeOf } from "../readable.js";

const COMMON = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The alphabet of RFC 4648 section 4. */
export const STANDARD = `${COMMON}+/`;
/** Both alphabets: several decoders take them mixed. */
export const EITHER = `${STANDARD}-_`;

/** The six bits of each character, by code. */
const BITS = new Uint8Array(128);
for (const [value, character] of Array.from(STANDARD).entries()) BITS[character.charCodeAt(0)] = value;
BITS["-".charCodeAt(0)] = 62;
BITS["_".charCodeAt(0)] = 63;

/** The bytes of base64 characters and of nothing else; bits that make no byte are dropped. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(byteCount(0, text.length));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    held = ((held << 6) | (BITS[text.charCodeAt(index)] ?? 0)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (held >> bits) & 0xff;
    at += 1;
  }
  return bytes;
}

function byteCount(start: number, end: number): number {
  return Math.floor(((end - start) * 3) / 4);
}

/** One of the bytes that the characters from `start` on stand for. */
function byteAt(text: string, start: number, index: number): number {
  const rest = index % 3;
  const at = start + ((index - rest) / 3) * 4 + rest;
  const [first, second] = [BITS[text.charCodeAt(at)] ?? 0, BITS[text.charCodeAt(at + 1)] ?? 0];
  return ((first << (2 + 2 * rest)) | (second >> (4 - 2 * rest))) & 0xff;
}

/** Bytes that are looked at before all are made: what is no text mostly shows it in so many. */
const LOOK_AHEAD = 24;
/** The least first byte of several (RFC 3629 section 4). */
const LEAST_LEAD = 0xc2;
/** The most that a character takes. */
const MAX_SIZE = 4;
const head = new Uint8Array(LOOK_AHEAD);

/** False when what the characters stand for does not begin as UTF-8 does; all or more of them may be given. */
export function mayBeText(text: string, start: number, end: number): boolean {
  const count = Math.min(LOOK_AHEAD, byteCount(start, end));
  for (let index = 0; index < count; index += 1) head[index] = byteAt(text, start, index);
  for (let at = 0; at <= count - MAX_SIZE;) {
    const code = codePointAt(head, at);
    if (code < 0) return false;
    at += sizeOf(code);
  }
  return true;
}

/**
 * The longest stretch of more than `least - 1` bytes with nothing but printable characters, of those that `[start, end)`
 * stands for; the first of equals; counted in bytes. As `longestStretch` of readable.ts, but looks at a few bytes only
 * where nothing is readable: one in so many as are readable at the best place so far.
 */
export function longestIn(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  least: number,
): { readonly from: number; readonly to: number } | undefined {
  const bytes = new Sextets(text, start, byteCount(start, end));
  let best = { from: 0, to: 0 };
  let most = least - 1;
  let floor = 0;
  for (let probe = most; probe < bytes.count; probe = floor + most) {
    const hit = bytes.characterAround(probe);
    if (hit < 0) {
      floor = probe + 1;
      continue;
    }
    const from = bytes.readableFrom(hit, floor);
    const to = bytes.readableTo(hit);
    if (to - from > most) {
      best = { from, to };
      most = to - from;
    }
    // INVARIANT: no printable character begins or goes on at `to`.
    floor = to + 1;
  }
  return best.to === 0 ? undefined : best;
}

/** Bytes that are made when they are asked for. */
class Sextets {
  readonly count: number;
  private readonly text: string;
  private readonly start: number;
  private readonly character = new Uint8Array(MAX_SIZE);

  constructor(text: string, start: number, count: number) {
    this.text = text;
    this.start = start;
    this.count = count;
  }

  /** Where the printable character begins that a byte is of; -1 when it is of none. */
  characterAround(at: number): number {
    if (this.sizeAt(at) > 0) return at;
    for (let from = at - 1; from >= 0 && from > at - MAX_SIZE; from -= 1) {
      const size = this.sizeAt(from);
      if (size > 0) return from + size > at ? from : -1;
    }
    return -1;
  }

  /** Where the printable characters begin that end with the one at `at`, not before `floor`. */
  readableFrom(at: number, floor: number): number {
    let from = at;
    for (let before = from - 1; before >= floor; before = from - 1) {
      const character = this.characterAround(before);
      if (character < floor) break;
      from = character;
    }
    return from;
  }

  readableTo(at: number): number {
    let to = at;
    for (let size = this.sizeAt(to); size > 0; size = this.sizeAt(to)) to += size;
    return to;
  }

  private goesOnAt(at: number): boolean {
    return at < this.count && (byteAt(this.text, this.start, at) & 0xc0) === 0x80;
  }

  /** How many bytes the printable character takes that begins at one; 0 when none does. */
  private sizeAt(at: number): number {
    if (at >= this.count) return 0;
    const first = byteAt(this.text, this.start, at);
    if (first < 0x80) return isPrintable(first) ? 1 : 0;
    // Of two bytes that are no text, most are told apart from it by the second.
    if (first < LEAST_LEAD || !this.goesOnAt(at + 1)) return 0;
    const { character } = this;
    character[0] = first;
    for (let next = 1; next < MAX_SIZE; next += 1) {
      character[next] = at + next < this.count ? byteAt(this.text, this.start, at + next) : 0;
    }
    const code = codePointAt(character, 0);
    return code >= 0 && isPrintable(code) ? sizeOf(code) : 0;
  }
}
