/**
 * Hashes of the index: fast, seeded, and trusted for nothing: whatever they find is compared with the text itself.
 * Attacker-controlled: with a seed that nobody outside knows, keys cannot be made to fall into one place. Grams can: their
 * hash rolls, modulo 2^32, and some patterns cancel for every odd base (grams.ts).
 */

import { isWordCode } from "../tokens/chars.js";

/** Two independent 32-bit hashes of a key: one picks the slot, both must agree. */
export interface Hash {
  a: number;
  b: number;
}

const PRIME_A = 0x01000193;
const PRIME_B = 0x85ebca6b;

/**
 * Hashes keys, whole or in pieces: `start`, any number of `take`, `end`.
 * INVARIANT: one object serves a million words, so `last` is valid until the next `end`.
 */
export class Hasher {
  readonly last: Hash = { a: 0, b: 0 };
  private readonly seed: number;
  private a = 0;
  private b = 0;

  constructor(seed: number) {
    this.seed = mix(seed | 0);
  }

  /** Begins a key of the given sort; sorts never meet. */
  start(sort: number): void {
    this.a = this.seed ^ sort;
    this.b = (Math.imul(this.seed, 31) + sort) | 0;
  }

  take(text: string, start: number, end: number): void {
    let { a, b } = this;
    for (let i = start; i < end; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, PRIME_A);
      b = Math.imul(b + code, PRIME_B);
      b ^= b >>> 15;
    }
    this.a = a;
    this.b = b;
  }

  /** Takes characters for as long as they are of a word; returns the index of the first that is not. */
  takeWord(text: string, start: number): number {
    let { a, b } = this;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (!isWordCode(code)) break;
      a = Math.imul(a ^ code, PRIME_A);
      b = Math.imul(b + code, PRIME_B);
      b ^= b >>> 15;
    }
    this.a = a;
    this.b = b;
    return at;
  }

  /** The hash of what was taken so far; more may be taken after it. */
  end(): Hash {
    this.last.a = mix(this.a);
    this.last.b = this.b;
    return this.last;
  }

  /** Hashes `text[start, end)`. */
  of(text: string, start: number, end: number, sort: number): Hash {
    this.start(sort);
    this.take(text, start, end);
    return this.end();
  }

  /** The base of the rolling hash of grams: odd, so that every character counts. */
  get base(): number {
    return (this.seed << 1) | 1;
  }
}

/** The finaliser of MurmurHash3 (A. Appleby, public domain). */
export function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
