/**
 * Base64 and base64url (RFC 4648 sections 4 and 5), lenient as decoders in the wild are: padding may be missing, unused
 * bits are ignored, a run may be wrapped into lines (RFC 2045 section 6.8) and may stick to the words of a path.
 */
import { readText, textOf } from "../readable.js";
import type { Decoded, Encoding } from "./encoding.js";
import { boundedRuns, inPlace, memberEnd, membersOf, nextRun, wholeReadings, type Run, type Words } from "./runs.js";
import { bytesOf, EITHER, longestIn, mayBeText, STANDARD } from "./sextets.js";

/** Characters of a run within longer text: 12 bytes. Shorter ones are ordinary words too often. */
const LEAST_RUN = 16;

/** Readable bytes in a run that is not readable as a whole. */
const LEAST_STRETCH = 12;

/** Slashes of one run after which its text may begin. */
const MAX_SLASHES = 8;

/** Characters of a word when the whole text is encoded words. */
const LEAST_WORD = 4;

export const base64: Encoding = {
  id: "base64@1",
  undoes: "base64, with or without padding, in one line or wrapped",
  decode: decoderOf(STANDARD),
};

const decodeEither = decoderOf(EITHER, /[-_]/);

export const base64url: Encoding = {
  id: "base64url@1",
  undoes: "base64 in the alphabet for URLs and file names, or in both alphabets mixed",
  // Without a character of its own alphabet a run is the other row's.
  decode: (text) => (/[-_]/.test(text) ? decodeEither(text) : []),
};

function decoderOf(alphabet: string, needed?: RegExp): Encoding["decode"] {
  const words = wordsOf(alphabet);
  const members = membersOf(alphabet);
  const unslashed = membersOf(alphabet.replace("/", ""));
  return (text) => {
    const runs = runsIn(text, members, needed);
    const readings = [...wholeReadings(text, words), ...boundedRuns(text, runs)];
    if (!runs.some(({ start, end }) => text.slice(start, end).includes("/"))) return readings;
    // A slash may be a digit or part two paths: the other way to read it comes last.
    const parts = inPlace(text, runsIn(text, unslashed, needed));
    return parts === text ? readings : [...readings, { text: parts, start: 0, end: text.length }];
  };
}

function wordsOf(alphabet: string): Words {
  const members = membersOf(alphabet);
  const bytesOfWord = (word: string): Uint8Array | undefined => {
    const end = memberEnd(word, members, 0);
    const isPadded = end === word.length || (word.length - end <= 2 && /^={1,2}$/.test(word.slice(end)));
    const isWord = isPadded && end >= LEAST_WORD && end % 4 !== 1;
    return isWord && mayBeText(word, 0, end) ? bytesOf(word.slice(0, end)) : undefined;
  };
  const mayBegin = (head: string): boolean => mayBeText(head, 0, memberEnd(head, members, 0));
  return { members: membersOf(`${alphabet}= \t\r\n`), mayBegin, bytesOf: bytesOfWord };
}

function runsIn(text: string, members: Uint8Array, needed?: RegExp): readonly Decoded[] {
  const found: Decoded[] = [];
  for (let from = 0; ;) {
    const first = nextRun(text, members, LEAST_RUN, from);
    if (first === undefined) return found;
    const lines = linesFrom(text, members, first);
    from = lines.at(-1)?.end ?? first.end;
    if (needed?.test(text.slice(first.start, from)) === false) continue;
    found.push(...readLines(text, lines));
  }
}

/** The run and the lines that continue it. */
function linesFrom(text: string, members: Uint8Array, first: Run): readonly Run[] {
  const lines = [first];
  for (let end = first.end; ;) {
    const start = afterBreak(text, end);
    end = start < 0 ? start : memberEnd(text, members, start);
    if (end <= start) return lines;
    lines.push({ start, end });
  }
}

/** The index after a line break and an indentation, -1 when no line ends here. */
function afterBreak(text: string, at: number): number {
  let next = text.startsWith("\r\n", at) ? at + 2 : text[at] === "\n" ? at + 1 : -1;
  while (next >= 0 && (text[next] === " " || text[next] === "\t")) next += 1;
  return next;
}

/** The lines as one encoded text, or else each by itself. */
function readLines(text: string, lines: readonly Run[]): readonly Decoded[] {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (lines.length === 1) return readRun(text, first);
  const reading = mayBeText(text, first.start, first.end) ? readJoined(text, lines) : undefined;
  if (reading !== undefined) return [{ text: reading, start: first.start, end: paddedEnd(text, last.end) }];
  return lines.filter(({ start, end }) => end - start >= LEAST_RUN).flatMap((line) => readRun(text, line));
}

function readJoined(text: string, lines: readonly Run[]): string | undefined {
  return readText(bytesOf(lines.map(({ start, end }) => text.slice(start, end)).join("")), false);
}

function paddedEnd(text: string, end: number): number {
  let padded = end;
  while (padded < end + 2 && text[padded] === "=") padded += 1;
  return padded;
}

/** The run as it is; else from behind one of its slashes; else between its slashes; else what is readable in it. */
function readRun(text: string, run: Run): readonly Decoded[] {
  const whole = readExactly(text, run.start, run.end);
  if (whole !== undefined) return [whole];
  return readPath(text, run) ?? readStretch(text, run);
}

function readExactly(text: string, start: number, end: number): Decoded | undefined {
  const length = end - start;
  if (length < LEAST_RUN || length % 4 === 1 || !mayBeText(text, start, end)) return undefined;
  const reading = readText(bytesOf(text.slice(start, end)), false);
  return reading === undefined ? undefined : { text: reading, start, end: paddedEnd(text, end) };
}

/** In a URL the last part of a path sticks to the parts before it, since `/` is of the alphabet, too. */
function readPath(text: string, run: Run): readonly Decoded[] | undefined {
  const parts = text.slice(run.start, run.end).split("/");
  if (parts.length === 1) return undefined;
  let start = run.start;
  const starts = parts.map((part) => {
    const at = start;
    start += part.length + 1;
    return at;
  });
  for (const from of starts.slice(1, MAX_SLASHES + 1)) {
    const rest = readExactly(text, from, run.end);
    if (rest !== undefined) return [rest];
  }
  const readings = parts.map((part, index) => {
    const from = starts[index] ?? run.end;
    return readExactly(text, from, from + part.length);
  });
  const readable = readings.filter((reading) => reading !== undefined);
  return readable.length === 0 ? undefined : readable;
}

/** The longest readable stretch, wherever in the run the groups of four may begin. */
function readStretch(text: string, run: Run): readonly Decoded[] {
  let best: Decoded | undefined;
  for (let shift = 0; shift < 4; shift += 1) {
    const base = run.start + shift;
    const stretch = longestIn(text, { start: base, end: run.end }, LEAST_STRETCH);
    if (stretch === undefined) continue;
    const said = textOf(bytesOf(text.slice(base, run.end)).subarray(stretch.from, stretch.to));
    if (said.length <= (best?.text.length ?? 0)) continue;
    const start = base + Math.floor((stretch.from * 4) / 3);
    const end = Math.min(base + Math.ceil((stretch.to * 4) / 3), run.end);
    best = { text: said, start, end: end === run.end ? paddedEnd(text, end) : end };
  }
  return best === undefined ? [] : [best];
}
