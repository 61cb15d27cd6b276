/**
 * Places of leaves in a JSON value, and patterns over them. A place is a JSON pointer (RFC 6901): `~0` is `~`, `~1` is
 * `/`; beyond the RFC, `~2` is `#` and `~3` is `!`, which leaves those two free for marks: a `#` at the end says that
 * the leaf is the member's key itself, and `!` goes from a string into the JSON text that it holds (`/body!/to/0`).
 */
import { err, ok, type Result } from "./result.js";

/** A path pattern as written, with the test it stands for. */
export interface PathPattern {
  readonly text: string;
  /** True when the pattern selects the leaf at this place. */
  readonly matches: (path: string) => boolean;
}

/** The place of what is left of a value that has more leaves than are looked at one by one. */
export const REST_PATH = "#rest";

/** Patterns are the operator's; what is longer than this is a slip, and the bound keeps matching cheap. */
const MAX_PATTERN_CHARS = 1024;
const ANY = "**";
const ONE = "*";
const INTO = "!";
const ESCAPES: Readonly<Record<string, string>> = { "~": "~0", "/": "~1", "#": "~2", "!": "~3" };

/** A member name or an index as a segment of a place, without the slash. */
export function escapeSegment(name: string): string {
  if (!/[~/#!]/.test(name)) return name;
  return name.replace(/[~/#!]/g, (character) => ESCAPES[character] ?? character);
}

/** The name that a well-formed segment stands for: the inverse of escapeSegment. */
export function unescapeSegment(segment: string): string {
  return segment.replace(/~[0-3]/g, (escape) => "~/#!".charAt(Number(escape.charAt(1))));
}

/**
 * The place as if JSON text were the value that it stands for. Attacker-controlled: the value; many a reader takes JSON
 * text where a list or an object stands, so what lies in it must not go unseen. A `!` in a name is `~3` here.
 */
export function throughText(path: string): string {
  return path.replaceAll("!", "");
}

/**
 * The test that a pattern stands for. Segments are literal, `*` (one segment) or `**` (any number, also none). Only
 * `**` goes through a `!` that the pattern does not write. `/x` selects the leaf `/x` and nothing below it, `/x/*` its
 * members, `/x/**` both and all below. A pattern that ends in `#` selects keys only; any other selects values, and one
 * that ends in `**` the keys below as well. The error is one plain sentence.
 */
export function compilePath(pattern: string): Result<PathPattern, string> {
  const fault = faultOf(pattern);
  if (fault !== undefined) return err(fault);
  const keysOnly = pattern.endsWith("#");
  const tokens = tokensOf(keysOnly ? pattern.slice(0, -1) : pattern).map((token) =>
    token.startsWith("/*") ? token.slice(1) : token,
  );
  return ok({ text: pattern, matches: testOf(tokens, keysOnly) });
}

function testOf(tokens: readonly string[], keysOnly: boolean): PathPattern["matches"] {
  // The key of a member is below the object that has it: `/a/**` selects `/a/b#`, and not `/a#`.
  const keyTokens = keysOnly ? tokens : tokens.at(-1) === ANY ? [...tokens, ONE] : undefined;
  return (path) => {
    if (!path.endsWith("#")) return !keysOnly && isMatch(tokens, tokensOf(path));
    return keyTokens !== undefined && isMatch(keyTokens, tokensOf(path.slice(0, -1)));
  };
}

/** What a pattern must not have, `#` at its end aside. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^$/, "a path is empty: write `/**` for every leaf"],
  [/^[^/!]/, "a path must start with `/`"],
  [/#./s, "a path has `#` before its end: write `~2` for a `#` in a name"],
  [/!#$/, "a path ends in `!#`, where no key stands"],
  [/![^/!#]/, "a path has `!` within a name: write `~3` for a `!` in a name"],
  [/~(?![0-3])/, "a path has `~` without 0, 1, 2 or 3 after it: write `~0` for a `~` in a name"],
  [/[^/]\*(?<!\/\*\*)|\*[^/!#*]/, "a path has `*` within a name: only `*` and `**` as whole segments are patterns"],
];

function faultOf(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN_CHARS) return `a path is longer than ${String(MAX_PATTERN_CHARS)} characters`;
  return FAULTS.find(([form]) => form.test(pattern))?.[1];
}

/** `/name` for each segment, still escaped (so that no name is taken for a mark), and `!`. Total: any text is read. */
function tokensOf(path: string): readonly string[] {
  return path.match(/!|\/[^/!]*|[^/!]+/g) ?? [];
}

function isOne(wanted: string | undefined, token: string | undefined): boolean {
  return wanted === ONE ? token !== INTO : wanted === token;
}

/**
 * As in a glob, an earlier `**` never needs to grow once a later one is reached, so there is one place to go back to:
 * at most pattern segments times path segments.
 */
function isMatch(tokens: readonly string[], path: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let anyToken = -1;
  let anyAt = 0;
  while (at < path.length) {
    if (tokens[token] === ANY) {
      anyToken = token++;
      anyAt = at;
    } else if (isOne(tokens[token], path[at])) {
      token++;
      at++;
    } else if (anyToken >= 0) {
      at = ++anyAt;
      token = anyToken + 1;
    } else return false;
  }
  while (tokens[token] === ANY) token++;
  return token === tokens.length;
}
