/** Chunks: what stands between white space, brackets and quotes. A value token begins in one chunk, and most hold none. */
import { MAX_TOKEN_CHARS } from "../bounds.js";
import { codeAt, codeSet, isAlnumCode, isDigitCode, isIn, isLetterCode, isWordCode } from "./chars.js";

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

const HARD = codeSet('"`<>{}|\u00a0');
for (let code = 0; code <= 0x20; code++) HARD[code] = 1;
/** Ends a chunk outside of a URL. */
const SOFT = codeSet("()[],;*'");

/** Ends a chunk wherever it stands: white space, angle brackets, double quotes, backticks, bars, braces. */
function isHard(code: number): boolean {
  return isIn(HARD, code);
}

/** Whether no chunk begins with this character. */
export function isBetween(code: number): boolean {
  return isIn(BETWEEN, code) || code === 0x3002;
}

const BETWEEN = HARD.map((hard, code) => hard | (SOFT[code] ?? 0));

/** May end a chunk, wherever it stands or outside of a URL. */
const ENDS = 0x100;
/** Neither a letter nor an end. */
const OTHER = 0x200;

/** Of each ASCII character whether it may end a chunk, and else what a chunk holds with it; 0 for a letter. */
const KINDS = new Uint16Array(0x80).fill(OTHER);
for (let code = 0; code < 0x80; code++) {
  if (isBetween(code)) KINDS[code] = ENDS | OTHER;
  else if (isLetterCode(code)) KINDS[code] = 0;
}
for (const [characters, held] of [
  ["0123456789", DIGIT],
  [".", DOT],
  [":", COLON],
  ["@", AT],
  ["/\\", SLASH],
  ["-_", DASH],
  ["+", PLUS],
] as const) {
  for (let i = 0; i < characters.length; i++) KINDS[characters.charCodeAt(i)] = OTHER | held;
}

function kindOf(code: number): number {
  if (code < 0x80) return KINDS[code] ?? OTHER;
  return isBetween(code) ? ENDS | OTHER : OTHER | WIDE;
}

/** Reads the chunk that begins at `start`. */
export function readChunk(text: string, start: number, chunk: Chunk): void {
  const most = Math.min(text.length, start + MAX_TOKEN_CHARS);
  let end = start;
  let isPlain = true;
  let holds = 0;
  for (; end < most; end++) {
    const code = text.charCodeAt(end);
    const kind = kindOf(code);
    if (kind === 0) continue;
    if ((kind & ENDS) !== 0 && !isInside(text, end, holds)) break;
    if (code === SLASH_CODE && isSecondSlash(text, end)) {
      isPlain = false;
      holds = ALL;
      end = urlEnd(text, end, most);
      break;
    }
    holds |= kind & ALL;
    isPlain &&= code >= 0x80 || isSentenceEnd(text, end, code);
  }
  chunk.isPlain = isPlain;
  // A chunk that was cut says nothing of what follows it.
  chunk.holds = end === start + MAX_TOKEN_CHARS ? ALL : holds;
  chunk.end = Math.max(end, start + 1);
}

const SLASH_CODE = 0x2f;

function isSecondSlash(text: string, at: number): boolean {
  return codeAt(text, at - 1) === SLASH_CODE;
}

/** Inside a URL only a bracket that closes what was opened before it ends the chunk. */
function urlEnd(text: string, start: number, most: number): number {
  let open = 0;
  let end = start;
  for (; end < most; end++) {
    const code = codeAt(text, end);
    if (isHard(code)) break;
    if (code === 0x28 || code === 0x5b) open++;
    else if ((code === 0x29 || code === 0x5d) && --open < 0) break;
  }
  return end;
}

/** An apostrophe inside a word, a comma inside a number, a dot of an address. */
function isInside(text: string, at: number, holds: number): boolean {
  const code = codeAt(text, at);
  if (code === 0x27) return at > 0 && isWordCode(codeAt(text, at - 1)) && isWordCode(codeAt(text, at + 1));
  if (code === 0x3002) return (holds & AT) !== 0 && isMailDot(text, at);
  return code === 0x2c && isDigitCode(codeAt(text, at - 1)) && isDigitCode(codeAt(text, at + 1));
}

/** An ideographic full stop in what may be a mail domain in ASCII: mail programs read a dot (UTS 46, section 4). */
function isMailDot(text: string, at: number): boolean {
  return isAlnumCode(codeAt(text, at - 1)) && isAlnumCode(codeAt(text, at + 1));
}

/** . : ! ? or an apostrophe with nothing of a word behind it. */
function isSentenceEnd(text: string, at: number, code: number): boolean {
  const isMark = code === 0x2e || code === 0x3a || code === 0x21 || code === 0x3f || code === 0x27;
  if (!isMark) return false;
  const next = codeAt(text, at + 1);
  return (!isWordCode(next) || code === 0x27) && next !== SLASH_CODE;
}

const TRAILING = codeSet(".,:;!?'*_)]~=");

/** The end of a chunk without the punctuation after it; in a URL the brackets at the end are balanced. */
export function trimmedEnd(text: string, start: number, { end, holds }: Chunk): number {
  const isUrl = (holds & SLASH) !== 0 && text.slice(start, end).includes("//");
  let trimmed = end;
  while (trimmed > start) {
    const code = codeAt(text, trimmed - 1);
    if (!isIn(TRAILING, code) || (isUrl && (code === 0x29 || code === 0x5d))) break;
    trimmed--;
  }
  return trimmed;
}
