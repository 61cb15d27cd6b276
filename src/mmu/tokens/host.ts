/** Host names with what may follow them: a port, a path, a query. */
import { codeAt, codeSet, isAlnumCode, isDigitCode, isIn, isLetterCode } from "./chars.js";

export interface Host {
  /** The last label, as written. */
  readonly last: string;
  /** Whether a path, query or fragment follows. */
  readonly hasTail: boolean;
}

/** Attacker-controlled: labels hold no dot and the groups are separated by one, so this is linear. */
const HOST = /^(?:[\p{L}\p{N}_-]{1,63}\.){1,32}([\p{L}]{2,24}|xn--[a-z0-9-]{1,59})\.?(?::\d{1,5})?([/?#]\S*)?$/iu;
const BEYOND_ASCII = /[^\0-\x7f]/;

/** The host that a chunk begins with and is, but for port and tail; two labels at least. */
export function parseHost(chunk: string): Host | undefined {
  if (!BEYOND_ASCII.test(chunk)) return parseAscii(chunk);
  const match = HOST.exec(chunk);
  return match === null ? undefined : { last: match[1] ?? "", hasTail: match[2] !== undefined };
}

const MAX_LABELS = 32;
const MAX_LABEL_CHARS = 63;

/** As HOST, for chunks in ASCII, which are nearly all. */
function parseAscii(chunk: string): Host | undefined {
  let labels = 0;
  let start = 0;
  let end = labelEnd(chunk, start);
  for (; isFollowed(chunk, start, end); end = labelEnd(chunk, start)) {
    labels++;
    start = end + 1;
  }
  const last = chunk.slice(start, end);
  if (labels === 0 || labels > MAX_LABELS || !isLastLabel(last)) return undefined;
  const tail = afterPort(chunk, codeAt(chunk, end) === DOT ? end + 1 : end);
  if (tail === chunk.length) return { last, hasTail: false };
  return isIn(TAIL, codeAt(chunk, tail)) && !/\s/.test(chunk.slice(tail)) ? { last, hasTail: true } : undefined;
}

/** A label that another one follows. */
function isFollowed(chunk: string, start: number, end: number): boolean {
  const size = end - start;
  return size > 0 && size <= MAX_LABEL_CHARS && codeAt(chunk, end) === DOT && isLabelCode(chunk, end + 1);
}

const DOT = 0x2e;
const TAIL = codeSet("/?#");

function isLabelCode(chunk: string, at: number): boolean {
  const code = codeAt(chunk, at);
  return isAlnumCode(code) || code === 0x2d || code === 0x5f;
}

function labelEnd(chunk: string, start: number): number {
  let end = start;
  while (isLabelCode(chunk, end)) end++;
  return end;
}

/** Two to 24 letters, or a name in Punycode (RFC 5891). */
function isLastLabel(label: string): boolean {
  if (/^xn--[a-z0-9-]{1,59}$/i.test(label)) return true;
  if (label.length < 2 || label.length > 24) return false;
  for (let i = 0; i < label.length; i++) if (!isLetterCode(label.charCodeAt(i))) return false;
  return true;
}

const MAX_PORT_DIGITS = 5;

/** The index after a port, or the one given where none stands. */
function afterPort(chunk: string, at: number): number {
  if (codeAt(chunk, at) !== 0x3a) return at;
  let end = at + 1;
  while (isDigitCode(codeAt(chunk, end))) end++;
  return end > at + 1 && end - at - 1 <= MAX_PORT_DIGITS ? end : at;
}
