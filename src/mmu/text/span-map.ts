/** The way back from a normal form to the text it was made of: what a span of the one is in the other. */
import { Column, lastAtMost } from "../index/column.js";
import { isVisibleCode } from "./chunks.js";
import { fold, isVisibleAscii, withoutHidden, withoutSpaces } from "./folding.js";

/**
 * Where in the text each unit of its normal form came from. Most follow one another in both, so only the places where
 * they do not are kept: for prose a byte or less for each character.
 */
export class SpanMap {
  private readonly breaks = new Column();
  private readonly origins = new Column();
  private length = 0;
  private next = -1;
  /** Where the white space begins that is a blank once something follows it; -1 when there is none. */
  private blankAt = -1;
  private readonly textLength: number;

  constructor(text: string) {
    this.textLength = text.length;
    const units = new ChunkUnits();
    for (let start = 0; start < text.length;) {
      const end = chunkEnd(text, start);
      if (end === start + 1 && text.charCodeAt(start) < 0x80) this.writeAscii(text.charCodeAt(start), start);
      else for (const unit of units.of(text.slice(start, end))) this.write(unit, start);
      start = this.writeRegular(text, end);
    }
  }

  /**
   * The UTF-16 index in the text of one in its normal form; monotone, and clamped to both lengths. The end maps to the
   * end of the text without its trailing white space.
   */
  at(index: number): number {
    const unit = Math.max(index, 0);
    if (unit >= this.length) return this.blankAt >= 0 ? this.blankAt : this.textLength;
    const found = lastAtMost(this.breaks, unit);
    return this.origins.at(found) + unit - this.breaks.at(found);
  }

  /** Writes visible ASCII with single blanks between, unit by unit what it is in the text; returns where it ends. */
  private writeRegular(text: string, start: number): number {
    IRREGULAR.lastIndex = start;
    const found = IRREGULAR.exec(text)?.index ?? text.length;
    // The character before what is not visible is of its chunk.
    const end = found === text.length || isVisibleCode(text.charCodeAt(found)) ? found : found - 1;
    if (end <= start || text.charCodeAt(start) === 0x20) return start;
    this.write(0, start);
    this.length += end - start - 1;
    this.next = end;
    return end;
  }

  private writeAscii(code: number, from: number): void {
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) this.write(~0, from);
    else if (code > 0x20 && code < 0x7f) this.write(0, from);
  }

  /** A unit that comes from `offset` characters behind `start`; a blank when it is negative, then from `~offset`. */
  private write(offset: number, start: number): void {
    if (offset < 0) {
      if (this.length > 0 && this.blankAt < 0) this.blankAt = start + ~offset;
      return;
    }
    if (this.blankAt >= 0) this.put(this.blankAt);
    this.blankAt = -1;
    this.put(start + offset);
  }

  private put(from: number): void {
    if (from !== this.next) {
      this.breaks.push(this.length);
      this.origins.push(from);
    }
    this.length++;
    this.next = from + 1;
  }
}

/** What is not visible ASCII, and a blank that such a thing or another blank or nothing follows. */
const IRREGULAR = /[^ -~]| (?=[^!-~]|$)/g;

/** One character, and all behind it that is not visible ASCII: what is folded together (text/normalize.ts). */
function chunkEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !isVisibleCode(text.charCodeAt(end))) end++;
  return end;
}

/** What may join the character before it: marks, Hangul vowels and finals, half-width voicing marks. */
const JOINS = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f]/u;

/** Characters come again: what a short chunk or piece is made into is found once. */
const MAX_REMEMBERED = 4096;
const MAX_REMEMBERED_CHARS = 4;

class Remembered<T> {
  private readonly known = new Map<string, T>();
  private readonly make: (text: string) => T;

  constructor(make: (text: string) => T) {
    this.make = make;
  }

  of(text: string): T {
    const found = this.known.get(text);
    if (found !== undefined) return found;
    const made = this.make(text);
    if (text.length <= MAX_REMEMBERED_CHARS && this.known.size < MAX_REMEMBERED) this.known.set(text, made);
    return made;
  }
}

/**
 * What chunks are made into, in units as `SpanMap.write` takes them.
 * INVARIANT: the chunks' folds, blanks joined, are the normal form; NFKC never composes across an ASCII character's front.
 */
class ChunkUnits {
  private readonly chunks = new Remembered((chunk) => this.unitsOf(chunk));
  private readonly folds = new Remembered((piece) => (isVisibleAscii(piece) ? piece.toLowerCase() : fold(piece)));

  of(chunk: string): readonly number[] {
    return this.chunks.of(chunk);
  }

  /** Character by character where their folds make up the chunk's fold, else all of it from its start. */
  private unitsOf(chunk: string): readonly number[] {
    const pieces = piecesOf(chunk);
    if (pieces.length > 1 && pieces.map((piece) => this.folds.of(piece)).join("") !== fold(chunk)) {
      return this.unitsAt(chunk, 0);
    }
    let from = 0;
    return pieces.flatMap((piece) => {
      const units = this.unitsAt(piece, from);
      from += piece.length;
      return units;
    });
  }

  /** One blank stands for each run of white space here: runs of several pieces become one when something follows them. */
  private unitsAt(piece: string, from: number): readonly number[] {
    const folded = withoutSpaces(`.${this.folds.of(piece)}.`).slice(1, -1);
    return Array.from({ length: folded.length }, (_, unit) => (folded[unit] === " " ? ~from : from));
  }
}

/** The characters of a chunk, each with what joins it and what shows nothing behind it. */
function piecesOf(chunk: string): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const character of chunk) {
    if (piece !== "" && !JOINS.test(character) && withoutHidden(character) !== "") {
      pieces.push(piece);
      piece = "";
    }
    piece += character;
  }
  pieces.push(piece);
  return pieces;
}
