/** Hexadecimal bytes, as a dump, a debugger or a string literal writes them. */
import { longestStretch, readText } from "../readable.js";
import type { Decoded, Encoding } from "./encoding.js";
import { boundedRuns, membersOf, nextRun, wholeReadings, type Words } from "./runs.js";

/** Digits, prefixes and separators: a run of them is looked at more closely. */
const MEMBERS = membersOf("0123456789abcdefABCDEF xX\\:,;-\t\r\n");

/** Digits of a run within longer text: 8 bytes. */
const LEAST_DIGITS = 16;

/** Digits of a word when the whole text is encoded words. */
const LEAST_WORD_DIGITS = 4;

/** At least eight bytes, each with its prefix or none, at most two separators between, and perhaps half a byte. Linear. */
const BYTES = /(?:0x|\\x)?[0-9a-f]{2}(?:[ :,;\t\r\n-]{0,2}(?:0x|\\x)?[0-9a-f]{2}){7,}[0-9a-f]?/gi;
const WORD = /^(?:(?:0x|\\x)?[0-9a-f]{2}[:,;-]?)+$/i;
const WORD_BEGIN = /^(?:0x|\\x)?[0-9a-f]{2}/i;

export const hex: Encoding = {
  id: "hex@1",
  undoes: "hexadecimal bytes, run together or with blanks, colons, commas, dashes, 0x or \\x between",
  decode: (text) => [...wholeReadings(text, WORDS), ...boundedRuns(text, runsIn(text))],
};

const WORDS: Words = { members: MEMBERS, mayBegin: (head) => WORD_BEGIN.test(head), bytesOf: wordBytes };

interface Dump {
  readonly bytes: Uint8Array;
  /** Where the digits of each byte begin in the dump. */
  readonly starts: Uint32Array;
}

/** The bytes of a text that is digits in pairs, prefixes and separators; a last digit without its pair is dropped. */
function dumpOf(text: string): Dump {
  const bytes = new Uint8Array(text.length >> 1);
  const starts = new Uint32Array(text.length >> 1);
  let count = 0;
  for (let at = 0; at + 1 < text.length;) {
    const second = text.charCodeAt(at + 1);
    const isPrefix = (second | 0x20) === SMALL_X;
    const value = isPrefix ? NO_DIGIT : digit(text.charCodeAt(at)) * 16 + digit(second);
    if (value < NO_DIGIT) {
      bytes[count] = value;
      starts[count] = at;
      count += 1;
    }
    at += isPrefix || value < NO_DIGIT ? 2 : 1;
  }
  return { bytes: bytes.subarray(0, count), starts };
}

const SMALL_X = 0x78;
/** More than any byte. */
const NO_DIGIT = 256;

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : NO_DIGIT;
}

function wordBytes(word: string): Uint8Array | undefined {
  if (!WORD.test(word)) return undefined;
  const { bytes } = dumpOf(word);
  return bytes.length * 2 < LEAST_WORD_DIGITS ? undefined : bytes;
}

function runsIn(text: string): readonly Decoded[] {
  const found: Decoded[] = [];
  for (let run = nextRun(text, MEMBERS, LEAST_DIGITS, 0); run !== undefined;) {
    const within = text.slice(run.start, run.end);
    for (const match of within.matchAll(BYTES)) found.push(...readWords(match[0], run.start + match.index));
    run = nextRun(text, MEMBERS, LEAST_DIGITS, run.end);
  }
  return found;
}

/** A word of less than LEAST_DIGITS characters. */
const SHORT_WORD = /(?:^|\s)\S{1,15}(?!\S)/;

/** Long words of digits were encoded one by one; short ones are the groups of a dump. */
function readWords(run: string, at: number): readonly Decoded[] {
  if (!/\s/.test(run) || SHORT_WORD.test(run)) return readRun(run, at);
  const words = Array.from(run.matchAll(/\S+/g));
  return words.flatMap((word) => readRun(word[0], at + word.index));
}

/** So many digits that behind the first of them a stretch may stand. */
const LONG_GROUP = /[0-9a-f]{17,}/gi;

/**
 * The bytes as they are; else the longest stretch that is readable, with the first digit of a long group or without it.
 * Attacker-controlled: one digit before a group moves all behind it by half a byte, which may be readable as well.
 */
function readRun(run: string, at: number): readonly Decoded[] {
  const dump = dumpOf(run);
  const reading = readText(dump.bytes, false);
  if (reading !== undefined) return [{ text: reading, start: at, end: at + run.length }];
  let best = readStretch(dump, at);
  for (const { 0: group, index } of run.matchAll(LONG_GROUP)) {
    const moved = readStretch(dumpOf(group.slice(1)), at + index + 1);
    if (moved !== undefined && moved.text.length > (best?.text.length ?? 0)) best = moved;
  }
  return best === undefined ? [] : [best];
}

function readStretch({ bytes, starts }: Dump, at: number): Decoded | undefined {
  const stretch = longestStretch(bytes, LEAST_DIGITS / 2);
  if (stretch === undefined) return undefined;
  const [first, last] = [starts[stretch.from] ?? 0, starts[stretch.to - 1] ?? 0];
  return { text: stretch.text, start: at + first, end: at + last + 2 };
}
