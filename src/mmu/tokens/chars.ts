/** What is a word character, for text in any script; one table look-up a character. */

const WORD = /[\p{L}\p{N}\p{M}]/u;
/** 0 not yet known, 1 no word character, 2 a letter or mark, 3 a decimal digit. A memo, no state: the same for every caller. */
const CLASSES = new Uint8Array(65_536);

function classOf(code: number): number {
  // A surrogate is half of a character: taken for a letter, so that nothing is cut between the halves.
  const isWord = (code >= 0xd800 && code <= 0xdfff) || WORD.test(String.fromCharCode(code));
  const found = code >= 0x30 && code <= 0x39 ? 3 : isWord ? 2 : 1;
  CLASSES[code] = found;
  return found;
}

/** Stands for what is outside of a text: of no class or set, as no character of a normal form is. */
const OUTSIDE = 0x7f;

/**
 * The code at an index, or one of no class outside of the text. INVARIANT: no NaN. Where `charCodeAt` or a table was once
 * asked beyond its end, the engine takes the slow way from then on, for every text: a third of the speed (Node 20).
 */
export function codeAt(text: string, at: number): number {
  return at >= 0 && at < text.length ? text.charCodeAt(at) : OUTSIDE;
}

/** True for a letter, mark or digit. */
export function isWordCode(code: number): boolean {
  const known = CLASSES[code] ?? 1;
  return known === 0 ? classOf(code) >= 2 : known >= 2;
}

/** True for an ASCII digit. */
export function isDigitCode(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** True for an ASCII letter. */
export function isLetterCode(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** True for an ASCII letter or digit. */
export function isAlnumCode(code: number): boolean {
  return isDigitCode(code) || isLetterCode(code);
}

/** The codes below 0x100 of these characters, as a table. */
export function codeSet(characters: string): Uint8Array {
  const set = new Uint8Array(0x100);
  for (let i = 0; i < characters.length; i++) set[characters.charCodeAt(i)] = 1;
  return set;
}

/** Whether a code stands in a table that `codeSet` made. */
export function isIn(set: Uint8Array, code: number): boolean {
  return code < 0x100 && set[code] === 1;
}

/** Characters that hold the parts of one name together: a word next to one of them is not whole. */
const JOINERS = codeSet("-_.@/\\+&%~#");

/**
 * True when nothing of the same name goes on before `start` or after `end`: "bob" is not whole in "bob.smith", and
 * "smith" is in "see bob smith.".
 */
export function isWholeAt(text: string, start: number, end: number): boolean {
  return !goesOn(text, start - 1, -1) && !goesOn(text, end, 1);
}

function goesOn(text: string, at: number, step: number): boolean {
  const code = codeAt(text, at);
  if (isWordCode(code)) return true;
  return isIn(JOINERS, code) && isWordCode(codeAt(text, at + step));
}
