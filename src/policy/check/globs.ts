/**
 * Globs as sets of texts: does one hold all that another does, do two have a text in common?
 * The tokens are those of glob.ts (a test compares the two).
 */
const RUN = -1;
const ONE = -2;

/** Longer pairs are not compared: the answer is then the careful one. */
const MAX_CELLS = 40_000;

function tokensOf(pattern: string): readonly number[] {
  const tokens: number[] = [];
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    const isEscape = characters[i] === "\\" && i + 1 < characters.length;
    if (isEscape) tokens.push(characters[++i]?.codePointAt(0) ?? 0);
    else if (characters[i] !== "*" || tokens.at(-1) !== RUN) tokens.push(tokenOf(characters[i] ?? ""));
  }
  return tokens;
}

function tokenOf(character: string): number {
  if (character === "*") return RUN;
  return character === "?" ? ONE : (character.codePointAt(0) ?? 0);
}

type Cell = (i: number, j: number) => boolean;

/** Fills a table of the two from their ends; `rule` may ask for cells further on. */
function compare(
  a: readonly number[],
  b: readonly number[],
  rule: (i: number, j: number, at: Cell) => boolean,
): boolean {
  const width = b.length + 1;
  const cells = new Uint8Array((a.length + 1) * width);
  const at: Cell = (i, j) => i <= a.length && j <= b.length && cells[i * width + j] === 1;
  for (let i = a.length; i >= 0; i--) {
    for (let j = b.length; j >= 0; j--) cells[i * width + j] = rule(i, j, at) ? 1 : 0;
  }
  return at(0, 0);
}

/** True only when every text of `narrow` is one of `wide`: a `*` of the one must lie within a `*` of the other. */
export function globCovers(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === "*") return true;
  const [a, b] = [tokensOf(wide), tokensOf(narrow)];
  if (a.length * b.length > MAX_CELLS) return false;
  return compare(a, b, (i, j, at) => {
    if (i === a.length) return j === b.length;
    if (a[i] === RUN) return at(i + 1, j) || at(i, j + 1);
    return j < b.length && b[j] !== RUN && (a[i] === ONE || a[i] === b[j]) && at(i + 1, j + 1);
  });
}

function isOneText(a: number | undefined, b: number | undefined): boolean {
  return a === b || a === ONE || b === ONE;
}

/** False only when no text fits both. */
export function globsMeet(one: string, other: string): boolean {
  const [a, b] = [tokensOf(one), tokensOf(other)];
  if (a.length * b.length > MAX_CELLS) return true;
  return compare(a, b, (i, j, at) => {
    if (i === a.length && j === b.length) return true;
    // A `*` ends here, or takes the next token of the other along.
    if (a[i] === RUN || b[j] === RUN) return at(i + 1, j) || at(i, j + 1);
    return i < a.length && j < b.length && isOneText(a[i], b[j]) && at(i + 1, j + 1);
  });
}

/** True only when each of `narrow` lies within one of `wide`. */
export function globsCover(wide: readonly string[], narrow: readonly string[]): boolean {
  return narrow.every((glob) => wide.some((other) => globCovers(other, glob)));
}

/** False only when no text fits one of each. */
export function globListsMeet(one: readonly string[], other: readonly string[]): boolean {
  return one.some((glob) => other.some((second) => globsMeet(glob, second)));
}

/** True when the glob fits every text. */
export function fitsAll(glob: string): boolean {
  const tokens = tokensOf(glob);
  return tokens.length === 1 && tokens[0] === RUN;
}
