/** Chunks: what stands between white space, brackets and quotes. A value token begins in one chunk, and most hold none. */
import { MAX_TOKEN_CHARS } from "../bounds.js";
import { codeSet, isDigitCode, isIn, isLetterCode, isWordCode } from "./chars.js";

/** What a chunk holds beside letters: which tokens it may be. */
export const DIGIT = 1;
export const DOT = 2;
export const COLON = 4;
export const AT = 8;
/** A slash or a backslash. */
export const SLASH = 16;
/** A hyphen or underscore. */
export const DASH = 32;
export const PLUS = 64;
/** Something beyond ASCII. */
export const WIDE = 128;

/** Without one of these a chunk holds no token at all. */
export const ANY_TOKEN = DIGIT | DOT | COLON | AT | SLASH | DASH | PLUS;
const ALL = 255;

/** The chunk last read: one object for all chunks of a text. */
export interface Chunk {
  end: number;
  holds: number;
  /** Letters only, with sentence punctuation at most at its end: no token starts here. */
  isPlain: boolean;
}

const HELD = new Uint8Array(0x80);
for (let code = 0x30; code <= 0x39; code++) HELD[code] = DIGIT;
for (const [characters, held] of [
  [".", DOT],
  [":", COLON],
  ["@", AT],
  ["/\\", SLASH],
  ["-_", DASH],
  ["+", PLUS],
] as const) {
  for (let i = 0; i < characters.length; i++) HELD[characters.charCodeAt(i)] = held;
}

/** Ends a chunk wherever it stands: white space, angle brackets, double quotes, backticks, bars, braces. */
function isHard(code: number): boolean {
  return code <= 0x20 || isIn(HARD, code);
}

/** Ends a chunk outside of a URL. */
function isSoft(code: number): boolean {
  return isIn(SOFT, code) || code === 0x3002;
}

const HARD = codeSet('"`<>{}|\u00a0');
const SOFT = codeSet("()[],;*'");

/** Whether no chunk begins with this character. */
export function isBetween(code: number): boolean {
  return isHard(code) || isSoft(code);
}

/** Reads the chunk that begins at `start`. */
export function readChunk(text: string, start: number, chunk: Chunk): void {
  const most = Math.min(text.length, start + MAX_TOKEN_CHARS);
  let end = start;
  chunk.isPlain = true;
  chunk.holds = 0;
  for (; end < most; end++) {
    const code = text.charCodeAt(end);
    if (isLetterCode(code)) continue;
    if (isEnd(text, end, code)) break;
    if (isSecondSlash(text, end, code)) {
      chunk.isPlain = false;
      chunk.holds = ALL;
      end = urlEnd(text, end, most);
      break;
    }
    chunk.holds |= heldBy(code);
    chunk.isPlain &&= code >= 0x80 || isSentenceEnd(code, text.charCodeAt(end + 1));
  }
  // A chunk that was cut says nothing of what follows it.
  if (end === start + MAX_TOKEN_CHARS) chunk.holds = ALL;
  chunk.end = Math.max(end, start + 1);
}

function isSecondSlash(text: string, at: number, code: number): boolean {
  return code === 0x2f && text.charCodeAt(at - 1) === 0x2f;
}

function heldBy(code: number): number {
  return code < 0x80 ? (HELD[code] ?? 0) : WIDE;
}

function isEnd(text: string, at: number, code: number): boolean {
  return isHard(code) || (isSoft(code) && !isInside(text, at));
}

/** Inside a URL only a bracket that closes what was opened before it ends the chunk. */
function urlEnd(text: string, start: number, most: number): number {
  let open = 0;
  let end = start;
  for (; end < most; end++) {
    const code = text.charCodeAt(end);
    if (isHard(code)) break;
    if (code === 0x28 || code === 0x5b) open++;
    else if ((code === 0x29 || code === 0x5d) && --open < 0) break;
  }
  return end;
}

/** An apostrophe inside a word, a comma inside a number. */
function isInside(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const next = text.charCodeAt(at + 1);
  if (code === 0x27) return at > 0 && isWordCode(text.charCodeAt(at - 1)) && isWordCode(next);
  return code === 0x2c && isDigitCode(text.charCodeAt(at - 1)) && isDigitCode(next);
}

/** . : ! ? or an apostrophe with nothing of a word behind it. */
function isSentenceEnd(code: number, next: number): boolean {
  const isMark = code === 0x2e || code === 0x3a || code === 0x21 || code === 0x3f || code === 0x27;
  return isMark && (!isWordCode(next) || code === 0x27) && next !== 0x2f;
}

const TRAILING = codeSet(".,:;!?'*_)]~=");

/** The end of a chunk without the punctuation after it; in a URL the brackets at the end are balanced. */
export function trimmedEnd(text: string, start: number, { end, holds }: Chunk): number {
  const isUrl = (holds & SLASH) !== 0 && text.slice(start, end).includes("//");
  let trimmed = end;
  while (trimmed > start) {
    const code = text.charCodeAt(trimmed - 1);
    if (!isIn(TRAILING, code) || (isUrl && (code === 0x29 || code === 0x5d))) break;
    trimmed--;
  }
  return trimmed;
}
