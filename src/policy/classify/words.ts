/** A tool's name as words: snake, camel, kebab and dotted names, cut where a reader would cut them. */

/** In UTF-16 code units. MCP asks for at most 128; what is longer is not read at all. */
export const MAX_CLASSIFIED_NAME = 256;

/** Attacker-controlled: a letter that is no ASCII letter may look like one that is. */
const PLAIN = /^[A-Za-z0-9_\-./: ]*$/;
const ENDS_NAMESPACE = "./:";

export interface NameWords {
  /** Lower case, in order; of every namespace and of the name itself. */
  readonly words: readonly string[];
  /** The index in `words` at which the name itself starts, after `files.` or `bank/`. */
  readonly start: number;
  /** What capitals cut, uncut and in lower case, so that `deLete` does not hide its verb. */
  readonly uncut: readonly string[];
}

export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/** Linear in the length of the name, and read character by character: every call of a tool may come by here. */
export function splitName(name: string): NameWords {
  const words: string[] = [];
  const uncut: string[] = [];
  let start = 0;
  let at = 0;
  let endsNamespace = false;
  while (at < name.length) {
    if (!isLetter(name, at)) {
      endsNamespace ||= isNamespaceEnd(name, at);
      at++;
      continue;
    }
    // A namespace ends only where something follows it.
    if (endsNamespace) start = words.length;
    endsNamespace = false;
    at = readPiece(name, at, words, uncut);
  }
  return { words, start, uncut };
}

/** `getURLContent` is get, url, content; `HTTPRequest` is http, request. Gives the place after the last letter. */
function readPiece(name: string, begin: number, words: string[], uncut: string[]): number {
  let from = begin;
  let at = begin + 1;
  for (; at < name.length && isLetter(name, at); at++) {
    if (!startsWord(name, at)) continue;
    words.push(name.slice(from, at).toLowerCase());
    from = at;
  }
  words.push(name.slice(from, at).toLowerCase());
  if (from > begin) uncut.push(name.slice(begin, at).toLowerCase());
  return at;
}

function startsWord(name: string, at: number): boolean {
  if (!isUpper(name, at)) return false;
  if (!isUpper(name, at - 1)) return true;
  return isLetter(name, at + 1) && !isUpper(name, at + 1);
}

/** Of ASCII; past the end there is none. */
function isLetter(name: string, at: number): boolean {
  const lower = name.charCodeAt(at) | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Of an ASCII letter. */
function isUpper(name: string, at: number): boolean {
  return name.charCodeAt(at) < 0x61;
}

function isNamespaceEnd(name: string, at: number): boolean {
  return ENDS_NAMESPACE.includes(name.charAt(at));
}
