/**
 * Globs over names and targets: `*` is any run of characters, also none, also across `/` and `:`; `?` is one
 * character; a backslash takes the next one literally; all else stands for itself, case-sensitive.
 * Attacker-controlled: the text. No RegExp is built: the matcher goes back to the last `*` only, so the work is
 * at most pattern length times text length, and linear for patterns that people write.
 */
const RUN = -1;
const ONE = -2;

/** Tokens are code points, or one of the two wildcards. */
function tokensOf(pattern: string): readonly number[] {
  const tokens: number[] = [];
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? "";
    // A backslash at the very end has nothing to escape and stands for itself; the schema refuses it.
    if (character === "\\" && i + 1 < characters.length) tokens.push(codePoint(characters[++i] ?? "", 0));
    else if (character === "?") tokens.push(ONE);
    else if (character !== "*") tokens.push(codePoint(character, 0));
    else if (tokens.at(-1) !== RUN) tokens.push(RUN);
  }
  return tokens;
}

function codePoint(text: string, at: number): number {
  return text.codePointAt(at) ?? 0;
}

function width(point: number): number {
  return point > 0xffff ? 2 : 1;
}

/** Two pointers, and one place to go back to: an earlier `*` never needs to grow once a later one is reached. */
function isMatch(tokens: readonly number[], text: string): boolean {
  let token = 0;
  let at = 0;
  let runToken = -1;
  let runAt = 0;
  while (at < text.length) {
    const point = codePoint(text, at);
    const wanted = tokens[token];
    if (wanted === RUN) {
      runToken = token++;
      runAt = at;
    } else if (wanted === ONE || wanted === point) {
      token++;
      at += width(point);
    } else if (runToken >= 0) {
      runAt += width(codePoint(text, runAt));
      at = runAt;
      token = runToken + 1;
    } else return false;
  }
  while (tokens[token] === RUN) token++;
  return token === tokens.length;
}

/** The only text that a glob matches, when it has no wildcard. */
export function literalOf(pattern: string): string | undefined {
  const tokens = tokensOf(pattern);
  if (tokens.some((token) => token < 0)) return undefined;
  return tokens.map((token) => String.fromCodePoint(token)).join("");
}

/** The test that a glob stands for, over the whole text. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = tokensOf(pattern);
  if (tokens.length === 1 && tokens[0] === RUN) return () => true;
  const literal = literalOf(pattern);
  if (literal !== undefined) return (text) => text === literal;
  return quickGlob(tokens) ?? ((text) => isMatch(tokens, text));
}

/** The test of a glob whose only wildcards are `*` at its ends: the engine's own search is quicker than the matcher. */
function quickGlob(tokens: readonly number[]): ((text: string) => boolean) | undefined {
  const isOpen = tokens[0] === RUN;
  const goesOn = tokens.at(-1) === RUN;
  const inner = tokens.slice(isOpen ? 1 : 0, goesOn ? -1 : undefined);
  // Half a surrogate pair is no part of a whole one: code points compare, not code units.
  if (inner.some((token) => token < 0 || (token >= 0xd800 && token <= 0xdfff))) return undefined;
  const part = inner.map((token) => String.fromCodePoint(token)).join("");
  if (isOpen && goesOn) return (text) => text.includes(part);
  return isOpen ? (text) => text.endsWith(part) : (text) => text.startsWith(part);
}

/** Names that a list of globs remembers its answer for: a session has few tools, and asks about each again and again. */
const MAX_REMEMBERED = 128;
/** Attacker-controlled: the names. Longer ones are matched anew each time. */
const MAX_REMEMBERED_CHARS = 256;

/** Holds when one of the globs does. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  const tests = patterns.map(compileGlob);
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  return remembering((text) => tests.some((test) => test(text)));
}

/** The same test: a name that was asked about before costs one look-up, not some hundred globs. */
function remembering(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const holds = test(text);
    if (text.length > MAX_REMEMBERED_CHARS) return holds;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, holds);
    return holds;
  };
}

/** True when a backslash at the end escapes nothing: most likely a slip of the pen. */
export function hasDanglingEscape(pattern: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\$/.test(pattern);
}
