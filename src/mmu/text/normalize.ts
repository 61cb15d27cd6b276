/** The form in which values are compared: no hidden characters, NFKC, lower case, single blanks. */
import { withChunks } from "./chunks.js";
import { fold, isVisibleAscii, withoutSpaces } from "./folding.js";
import { SpanMap } from "./span-map.js";

/** A normal form, and where in the text each of its characters came from. */
export interface Normalized {
  readonly text: string;
  /**
   * The UTF-16 index in the original of a UTF-16 index in `text`; monotone, and clamped to both lengths. The end of
   * `text` maps to the end of the original without its trailing white space.
   */
  readonly at: (index: number) => number;
}

/**
 * The normal form. Idempotent; text that is normal already comes back as it is, after one pass.
 * Two texts with one normal form look alike to a reader but may differ to a machine: case, forms and hidden characters.
 */
export function normalize(text: string): string {
  if (isNormal(text)) return text;
  return withoutSpaces(isVisibleAscii(text) ? text.toLowerCase() : foldChunks(text));
}

/**
 * `fold`, chunk by chunk: most of a text is visible ASCII, where only case changes.
 * INVARIANT: nothing composes across the front of a visible ASCII character, and no step looks further than a chunk.
 */
function foldChunks(text: string): string {
  const folded = withChunks(text, fold, Infinity) ?? fold(text);
  return folded.replace(CAPITALS, (capitals) => capitals.toLowerCase());
}

const CAPITALS = /[A-Z]+/g;

/** `normalize` with the way back, for spans. The map is built when it is first asked. */
export function normalizeWithMap(text: string): Normalized {
  const normal = normalize(text);
  if (normal === text) return { text, at: (index) => clamp(index, text.length) };
  let map: SpanMap | undefined;
  return { text: normal, at: (index) => (map ??= new SpanMap(text)).at(index) };
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length);
}

/** Anything but visible ASCII without capitals. */
const NEEDS_FOLDING = /[^ -@[-~]/;

/** Visible ASCII without capitals, blanks single and within. */
function isNormal(text: string): boolean {
  return !NEEDS_FOLDING.test(text) && !text.includes("  ") && !text.startsWith(" ") && !text.endsWith(" ");
}
