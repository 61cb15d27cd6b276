/** A text by its chunks: what has to be folded together is a character, and all behind it that is not visible ASCII. */

/** All of what is neither a visible ASCII character nor ASCII white space, from wherever it begins. */
const BEYOND_ASCII = /[^\t-\r -~]+/g;

/** Characters come again: what a short chunk is made into is found once. */
const MAX_REMEMBERED_CHARS = 4;
const MAX_REMEMBERED = 4096;

/**
 * The text with each chunk that is not visible ASCII made into another; undefined when it has more than `most` of them.
 * `map` must be a function of the chunk alone.
 */
export function withChunks(text: string, map: (chunk: string) => string, most: number): string | undefined {
  const known = new Map<string, string>();
  let result = "";
  let from = 0;
  BEYOND_ASCII.lastIndex = 0;
  for (let count = 0; BEYOND_ASCII.test(text); count++) {
    const { lastIndex: end } = BEYOND_ASCII;
    if (count === most) return undefined;
    const start = startOf(text, from, end);
    const chunk = text.slice(start, end);
    const made = known.get(chunk) ?? map(chunk);
    if (chunk.length <= MAX_REMEMBERED_CHARS && known.size < MAX_REMEMBERED) known.set(chunk, made);
    result += text.slice(from, start) + made;
    from = end;
    BEYOND_ASCII.lastIndex = end;
  }
  return result + text.slice(from);
}

/** Where the chunk that ends at an index begins: at the character before what is not visible ASCII, if there is one. */
function startOf(text: string, floor: number, end: number): number {
  let start = end;
  while (start > floor && !isVisibleCode(text.charCodeAt(start - 1))) start--;
  return start > floor ? start - 1 : start;
}

/** Visible ASCII or its white space. */
export function isVisibleCode(code: number): boolean {
  return code <= 0x7e && (code >= 0x20 || (code >= 0x09 && code <= 0x0d));
}
