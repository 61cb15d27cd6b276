/** A text that is looked for: read once, then compared with every generation of a memory, and asked about in turn. */
import { decodings } from "../text/decode.js";
import { normalize } from "../text/normalize.js";
import { canonicalToken } from "../tokens.js";
import type { FoundKind } from "../tokens/kinds.js";
import { scanTokens } from "../tokens/scan.js";
import { gramsOf } from "./grams.js";
import { Hasher, type Hash } from "./hash.js";
import { LEAF_SORT } from "./sorts.js";
import { eachWord } from "./words.js";

/** A value token of a text. */
export interface TokenUnit {
  readonly start: number;
  readonly end: number;
  readonly canonical: string;
}

/** Visits that return false end the reading. */
export interface UnitVisitor {
  readonly word: (word: number) => boolean;
  readonly token: (token: TokenUnit) => boolean;
}

interface RawToken extends TokenUnit {
  readonly kind: FoundKind;
}

interface Readings {
  readonly readings: readonly Sought[];
  readonly isComplete: boolean;
}

export class Sought {
  /** As it was given. */
  readonly written: string;
  /** In the form in which texts are compared. */
  readonly normal: string;
  readonly hasher: Hasher;
  private readonly seed: number;
  private wordList: Words | undefined;
  private tokenList: readonly RawToken[] | undefined;
  private tokenUnitList: readonly TokenUnit[] | undefined;
  private gramList: Int32Array | undefined;
  private readingList: Readings | undefined;

  constructor(written: string, seed: number) {
    this.written = written;
    this.normal = normalize(written);
    this.seed = seed;
    this.hasher = new Hasher(seed);
  }

  get words(): Words {
    return (this.wordList ??= new Words(this.normal, this.hasher));
  }

  /** The value tokens, quoted ones excepted, in the order in which a page's are indexed. */
  get tokens(): readonly RawToken[] {
    return (this.tokenList ??= tokensIn(this.normal));
  }

  /** The value tokens without overlap: each counts as one word. */
  get tokenUnits(): readonly TokenUnit[] {
    return (this.tokenUnitList ??= tokenUnitsOf(this.tokens));
  }

  /** Reads the words and value tokens in order; a word in a token, wholly or in part, is the token's. */
  eachUnit(visitor: UnitVisitor): { readonly count: number; readonly isWhole: boolean } {
    const { words, tokenUnits } = this;
    let count = 0;
    let word = 0;
    const hasWordsBefore = (start: number): boolean => {
      for (; word < words.length && words.end(word) <= start; word++) {
        count++;
        if (!visitor.word(word)) return false;
      }
      return true;
    };
    for (const token of tokenUnits) {
      if (!hasWordsBefore(token.start)) return { count, isWhole: false };
      while (word < words.length && words.start(word) < token.end) word++;
      count++;
      if (!visitor.token(token)) return { count, isWhole: false };
    }
    return { isWhole: hasWordsBefore(this.normal.length), count };
  }

  get grams(): Int32Array {
    return (this.gramList ??= gramsOf(this.normal, this.hasher.base));
  }

  /** What the text says once the declared encodings are undone. */
  get readings(): readonly Sought[] {
    return this.read.readings;
  }

  /** Whether the readings are all there are: a bound may have cut them short. */
  get isReadWhole(): boolean {
    return this.read.isComplete;
  }

  private get read(): Readings {
    return (this.readingList ??= this.decoded());
  }

  private decoded(): Readings {
    const { readings, isComplete } = decodings(this.written);
    return { readings: readings.map(({ text }) => new Sought(text, this.seed)), isComplete };
  }

  /** Whether it is prepared for memories of this seed. */
  isOf(seed: number): boolean {
    return this.seed === seed;
  }

  /** The hash under which a leaf is kept that is the text from one word's start to another's end. */
  leafHash(start: number, end: number): Hash {
    return this.hasher.of(this.normal, start, end, LEAF_SORT);
  }
}

/** Fields of a word: its span and its hash. */
const START = 0;
const END = 1;
const A = 2;
const B = 3;
const WIDTH = 4;

/** The words of a text. */
export class Words {
  private readonly fields: number[] = [];

  constructor(normal: string, hasher: Hasher) {
    const { fields } = this;
    eachWord(normal, hasher, (start, end) => {
      const { a, b } = hasher.last;
      fields.push(start, end, a, b);
    });
  }

  get length(): number {
    return this.fields.length / WIDTH;
  }

  start(word: number): number {
    return this.fields[word * WIDTH + START] ?? 0;
  }

  end(word: number): number {
    return this.fields[word * WIDTH + END] ?? 0;
  }

  /** The node of each word in a table of words, -1 where it has none. */
  headsIn(table: { readonly find: (a: number, b: number) => number }): Int32Array {
    const { fields } = this;
    const heads = new Int32Array(this.length);
    for (let word = 0; word < heads.length; word++) {
      heads[word] = table.find(fields[word * WIDTH + A] ?? 0, fields[word * WIDTH + B] ?? 0);
    }
    return heads;
  }
}

function tokensIn(normal: string): readonly RawToken[] {
  const tokens: RawToken[] = [];
  scanTokens(normal, (kind, start, end) => {
    tokens.push({ kind, start, end, canonical: canonicalToken(kind, normal.slice(start, end)) });
  });
  return tokens;
}

function tokenUnitsOf(tokens: readonly RawToken[]): readonly TokenUnit[] {
  const units: TokenUnit[] = [];
  let done = 0;
  for (const token of tokens) {
    if (token.start < done) continue;
    units.push(token);
    done = token.end;
  }
  return units;
}

/**
 * The policy and the log ask several questions about each text of a call, and about the tokens in it between them. Short
 * texts come again in the next call: an address, a member's name.
 */
const MAX_KEPT = 64;
/** Of all texts kept together. */
const MAX_KEPT_CHARS = 65_536;
/** A memo, no state: what is in it depends on nothing but the text and the seed. Oldest first. */
const kept = new Map<string, Sought>();
let keptChars = 0;

/** The text, prepared for look-ups in memories of this seed. */
export function soughtOf(written: string, seed: number): Sought {
  const known = kept.get(written);
  if (known?.isOf(seed) === true) return known;
  const made = new Sought(written, seed);
  if (written.length > MAX_KEPT_CHARS) return made;
  drop(written);
  kept.set(written, made);
  keptChars += written.length;
  for (const [oldest] of kept) {
    if (kept.size <= MAX_KEPT && keptChars <= MAX_KEPT_CHARS) break;
    drop(oldest);
  }
  return made;
}

function drop(written: string): void {
  if (kept.delete(written)) keptChars -= written.length;
}
