/** What detectors look at: a text as it stands, as a reader sees it, and with the declared encodings undone. */
import { MAX_DECODE_DEPTH } from "../text/decode.js";
import { SWEEP, VEILS } from "../text/encodings.js";
import { base64, base64url } from "../text/encodings/base64.js";
import type { Decoded, Encoding } from "../text/encodings/encoding.js";
import { hex } from "../text/encodings/hex.js";
import { jsonEscapes } from "../text/encodings/json-escapes.js";
import { plusSigns } from "../text/encodings/percent.js";
import { inPlace } from "../text/encodings/runs.js";
import { withChunks } from "../text/chunks.js";
import { isVisibleAscii, withoutForms, withoutHidden, withoutSpaces } from "../text/folding.js";
import { codedParts } from "./coded.js";
import { withoutLookAlikes } from "./look-alikes.js";

/** White space and control characters as JSON text writes them, also in JSON within JSON. */
const JSON_SPACE = /\\(?:[bfnrt]|u00[01][0-9a-f])/g;

/** The rows that must guess where an encoding begins; the others, but for JSON's and `+`, which have their own places. */
const RUNS: readonly Encoding[] = [hex, base64url, base64];
const ESCAPES = SWEEP.filter((row) => row !== plusSigns && row !== jsonEscapes && !RUNS.includes(row));
/** Those that visible ASCII may hold: it has no veils. */
const ASCII_ESCAPES = ESCAPES.filter((row) => !VEILS.includes(row));

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
  if (WHOLE_TEXT.test(text)) yield* stringSweepsOf(text, MAX_SWEEPS, met);
  yield* stringsOf(text, MAX_SWEEPS, met);
  const parts = codedParts(isVisibleAscii(text) ? text : unveiled(text));
  if (parts !== "") yield* sweepsOf(parts, MAX_SWEEPS, met);
}

/**
 * Views of a text besides itself: with single blanks, JSON's escapes of white space among them, since no word would
 * begin at a boundary behind `\n`, and the `+` of forms; and without hidden characters, Unicode forms and look-alikes.
 * Case is the patterns'.
 */
function* viewsOf(text: string): Generator<string, void, undefined> {
  const spaced = withoutSpaces((text.includes("\\") ? text.replace(JSON_SPACE, " ") : text).replaceAll("+", " "));
  if (spaced !== text) yield spaced;
  if (isVisibleAscii(spaced)) return;
  yield withoutSpaces(withoutLookAlikes(unveiled(spaced)));
  // Attacker-controlled: a hidden character may part words as well as stand within one.
  const parted = spaced.replace(ZERO_WIDTH, " ");
  if (parted !== spaced) yield withoutSpaces(withoutLookAlikes(unveiled(parted)));
}

/** What a model may take for a blank: the soft hyphen, and the zero-width characters that no emoji is joined with. */
const ZERO_WIDTH = /[\u00ad\u200b\u200c\u200e\u200f\u2060-\u2064\ufeff]+/g;

/** Chunks are quicker than the whole where they are few; many are slower by an order of magnitude. */
const MAX_CHUNKS = 1024;

/** Without hidden characters and Unicode forms, case kept. Twice, since a form may stand for a hidden character. */
function unveiled(text: string): string {
  const twice = (part: string): string => withoutForms(withoutHidden(withoutForms(withoutHidden(part))));
  return withChunks(text, twice, MAX_CHUNKS) ?? twice(text);
}

/** So many sweeps, each with the strings in what it shows, until nothing is left to undo. */
function* sweepsOf(text: string, count: number, met: Set<string>): Generator<string, void, undefined> {
  if (count <= 0) return;
  // Attacker-controlled: each step may spoil what the one before has shown. A backslash before a word looks like an
  // escape, words between the signs of a form like a run of base64. So all of them count.
  const rows = isVisibleAscii(text) ? ASCII_ESCAPES : ESCAPES;
  const unescaped = rows.reduce((current, row) => undone(current, row.decode(current)), text);
  const unquoted = undone(unescaped, jsonEscapes.decode(unescaped));
  const read = runsUndone(unquoted);
  const next = undone(read, plusSigns.decode(read));
  // Most strings are not encoded at all. Each row gives back the text that it was given.
  if (unescaped === text && unquoted === text && next === text) return;
  for (const step of new Set([unescaped, unquoted, next])) {
    if (step === text) continue;
    yield step;
    yield* viewsOf(step);
  }
  if (next === text) return;
  yield* stringsOf(next, count - 1, met);
  yield* sweepsOf(next, count - 1, met);
}

function* stringsOf(text: string, count: number, met: Set<string>): Generator<string, void, undefined> {
  for (const [, string = ""] of withoutLayers(text).matchAll(WHOLE_STRING)) yield* stringSweepsOf(string, count, met);
}

/**
 * Sweeps of a string that was not met yet. Where its words may be one that was broken into pieces, they are taken
 * together as well; where it may be a form, `+` is a blank as well.
 */
function* stringSweepsOf(string: string, count: number, met: Set<string>): Generator<string, void, undefined> {
  if (met.has(string) || !MAY_BE_CODE.test(string)) return;
  met.add(string);
  yield* sweepsOf(string, count, met);
  // Blanks first: there are many, and to find one character is quick.
  const joined = string.replaceAll(" ", "").replace(/\s+/g, "");
  if (joined !== string) yield* sweepsOf(joined, count, met);
  const [form] = plusSigns.decode(string);
  if (form !== undefined) yield* sweepsOf(form.text, count - 1, met);
}

/** JSON's escapes of quotes and line breaks undone, however many layers of JSON they lie in. */
function withoutLayers(text: string): string {
  if (!text.includes("\\")) return text;
  // INVARIANT: one character follows a run of backslashes, so neither step spoils what the other looks for.
  return text.replace(LAYERED_QUOTE, '"').replace(LAYERED_BREAK, "\n");
}

const LAYERED_QUOTE = /\\{1,16}"/g;
const LAYERED_BREAK = /\\{1,16}[nrt]/g;

/** Runs of all rows side by side: the digits that hexadecimal bytes turn out to be must not count as base64 at once. */
function runsUndone(text: string): string {
  let taken: readonly Decoded[] = [];
  for (const row of RUNS) {
    const decoded = row.decode(text);
    const [first] = decoded;
    if (first !== undefined && isWhole(first, text)) return first.text;
    taken = longest([...taken, ...decoded.filter((part) => !isWhole(part, text))]);
  }
  return inPlace(text, taken);
}

/** In order, of overlapping runs the longest; the first row's of equals. */
function longest(runs: readonly Decoded[]): readonly Decoded[] {
  const kept: Decoded[] = [];
  for (const run of [...runs].sort((a, b) => a.start - b.start)) {
    const last = kept.at(-1);
    if (last === undefined || last.end <= run.start) kept.push(run);
    else if (run.end - run.start > last.end - last.start) kept[kept.length - 1] = run;
  }
  return kept;
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
