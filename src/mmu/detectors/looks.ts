/** What detectors look at: a text as it stands, as a reader sees it, and with the declared encodings undone. */
import { MAX_DECODE_DEPTH } from "../text/decode.js";
import { SWEEP } from "../text/encodings.js";
import { base64, base64url } from "../text/encodings/base64.js";
import type { Decoded, Encoding } from "../text/encodings/encoding.js";
import { hex } from "../text/encodings/hex.js";
import { plusSigns } from "../text/encodings/percent.js";
import { inPlace } from "../text/encodings/runs.js";
import { isVisibleAscii, withoutForms, withoutHidden, withoutSpaces } from "../text/folding.js";
import { codedParts } from "./coded.js";
import { withoutLookAlikes } from "./look-alikes.js";

/** White space and control characters as JSON text writes them, also in JSON within JSON. */
const JSON_SPACE = /\\(?:[bfnrt]|u00[01][0-9a-f])/g;

/** The rows that must guess where an encoding begins; the one that must come after them; and all others. */
const RUNS: readonly Encoding[] = [hex, base64url, base64];
const ESCAPES = SWEEP.filter((row) => row !== plusSigns && !RUNS.includes(row));

/** A page comes as JSON text, which is one encoding more. */
const MAX_SWEEPS = MAX_DECODE_DEPTH + 1;

/** A string of JSON text, or a text, that may be nothing but encoded words: short ones count then. */
const WHOLE_STRING = /"([\w+/=%.*:,;\s-]{8,65536})(?=")/g;
const WHOLE_TEXT = /^[\w+/=%.*:,;\s-]{8,65536}$/;

/** What nearly every word of base64 or hexadecimal digits and every form has; most members' names have not. */
const MAY_BE_CODE = /[A-Z0-9+]/;

/**
 * The looks of a text, itself first. Deterministic, and linear but for a sort: at most four sweeps of the table of
 * encodings over what may be encoded, and over each string that may be encoded as a whole. Unlike `readingsOf`, it
 * undoes all runs at once and none alone: a sign need not fill its run, and decoys have nothing to use up.
 */
export function* looksOf(text: string): Generator<string, void, undefined> {
  yield text;
  yield* viewsOf(text);
  const met = new Set<string>();
  if (WHOLE_TEXT.test(text)) yield* sweepsOf(text, MAX_SWEEPS, met);
  yield* stringsOf(text, MAX_SWEEPS, met);
  const parts = codedParts(isVisibleAscii(text) ? text : unveiled(text));
  if (parts !== "") yield* sweepsOf(parts, MAX_SWEEPS, met);
}

/**
 * Views of a text besides itself: with single blanks, JSON's escapes of white space among them, since no word would
 * begin at a boundary behind `\n`; and without hidden characters, Unicode forms and look-alikes. Case is the patterns'.
 */
function* viewsOf(text: string): Generator<string, void, undefined> {
  const spaced = withoutSpaces(text.includes("\\") ? text.replace(JSON_SPACE, " ") : text);
  if (spaced !== text) yield spaced;
  if (isVisibleAscii(spaced)) return;
  yield withoutSpaces(withoutLookAlikes(unveiled(spaced)));
  // Attacker-controlled: a hidden character may part words as well as stand within one.
  const parted = spaced.replace(ZERO_WIDTH, " ");
  if (parted !== spaced) yield withoutSpaces(withoutLookAlikes(unveiled(parted)));
}

/** What a model may take for a blank: the soft hyphen, and the zero-width characters that no emoji is joined with. */
const ZERO_WIDTH = /[\u00ad\u200b\u200c\u200e\u200f\u2060-\u2064\ufeff]+/g;

/** What has to be unveiled together: a character, and all behind it that is not visible ASCII (text/normalize.ts). */
const CHUNK = /[\t-\r -~]?[^\t-\r -~]+/g;

/** Characters come again: what a short chunk is without its veils is found once. */
const MAX_REMEMBERED_CHARS = 4;
const MAX_REMEMBERED = 4096;

/** Without hidden characters and Unicode forms, case kept. Twice, since a form may stand for a hidden character. */
function unveiled(text: string): string {
  const known = new Map<string, string>();
  const once = (chunk: string): string => withoutForms(withoutHidden(chunk));
  return text.replace(CHUNK, (chunk) => {
    const found = known.get(chunk) ?? once(once(chunk));
    if (chunk.length <= MAX_REMEMBERED_CHARS && known.size < MAX_REMEMBERED) known.set(chunk, found);
    return found;
  });
}

/** So many sweeps, each with the strings in what it shows, until nothing is left to undo. */
function* sweepsOf(text: string, count: number, met: Set<string>): Generator<string, void, undefined> {
  const next = count === 0 ? text : sweep(text);
  if (next === text) return;
  yield next;
  yield* viewsOf(next);
  yield* stringsOf(next, count - 1, met);
  yield* sweepsOf(next, count - 1, met);
}

/** Sweeps of the strings that were not met yet. */
function* stringsOf(text: string, count: number, met: Set<string>): Generator<string, void, undefined> {
  for (const [, string = ""] of text.matchAll(WHOLE_STRING)) {
    if (met.has(string) || !MAY_BE_CODE.test(string)) continue;
    met.add(string);
    yield* sweepsOf(string, count, met);
  }
}

/** Each row undone once: escapes one after the other, then the runs. */
function sweep(text: string): string {
  const unescaped = ESCAPES.reduce((current, row) => undone(current, row.decode(current)), text);
  const read = runsUndone(unescaped);
  return undone(read, plusSigns.decode(read));
}

/** Runs of all rows side by side: the digits that hexadecimal bytes turn out to be must not count as base64 at once. */
function runsUndone(text: string): string {
  let current = text;
  let taken: readonly Decoded[] = [];
  for (const row of RUNS) {
    const decoded = row.decode(current);
    const [first] = decoded;
    if (first !== undefined && isWhole(first, current)) {
      const placed = inPlace(current, taken);
      current = undone(placed, taken.length === 0 ? decoded : row.decode(placed));
      taken = [];
    } else
      taken = apart(
        taken,
        decoded.filter((part) => !isWhole(part, current)),
      );
  }
  return inPlace(current, taken);
}

/** The runs of both that do not overlap, the first ones preferred; in order. */
function apart(first: readonly Decoded[], second: readonly Decoded[]): readonly Decoded[] {
  let at = 0;
  const free = second.filter(({ start, end }) => {
    while ((first[at]?.end ?? Infinity) <= start) at += 1;
    return (first[at]?.start ?? Infinity) >= end;
  });
  return [...first, ...free].sort((a, b) => a.start - b.start);
}

/** The first reading of the whole; without one, every run in its place. */
function undone(text: string, decoded: readonly Decoded[]): string {
  const [first] = decoded;
  if (first === undefined) return text;
  if (isWhole(first, text)) return first.text;
  const runs = decoded.filter((part) => !isWhole(part, text));
  return inPlace(text, runs);
}

function isWhole({ start, end }: Decoded, text: string): boolean {
  return start === 0 && end === text.length;
}
