/** Encoded runs within longer text: how they are found, and how they are put back in their place. */
import { readText } from "../readable.js";
import type { Decoded } from "./encoding.js";

export interface Run {
  readonly start: number;
  readonly end: number;
}

/** Runs given one by one; with more, all of them stand in their places in one reading of the whole. */
const MAX_RUNS = 64;

/** Which ASCII characters belong to a set, by code. */
export function membersOf(characters: string): Uint8Array {
  const members = new Uint8Array(128);
  for (const character of characters) members[character.charCodeAt(0)] = 1;
  return members;
}

/** Within bounds: a look beyond the table would be slow. */
function isMember(text: string, members: Uint8Array, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 && members[code] === 1;
}

/** The end of the members that begin at an index. */
export function memberEnd(text: string, members: Uint8Array, from: number): number {
  let end = from;
  while (end < text.length && isMember(text, members, end)) end += 1;
  return end;
}

/**
 * The first run of at least `least` members that begins at or after `from`. Looks at every `least`-th character and
 * around those only that are members, so that ordinary words cost a fraction of a pass.
 */
export function nextRun(text: string, members: Uint8Array, least: number, from: number): Run | undefined {
  let floor = from;
  for (let probe = floor + least - 1; probe < text.length; probe = floor + least - 1) {
    let start = probe + 1;
    while (start > floor && isMember(text, members, start - 1)) start -= 1;
    // Nothing to the left of the probe means that the probe is no member.
    const end = start > probe ? probe : memberEnd(text, members, probe);
    if (end - start >= least) return { start, end };
    // INVARIANT: no member stands at `end`, so no run that is long enough begins before it.
    floor = Math.max(end, probe) + 1;
  }
  return undefined;
}

/** The text with each run replaced by what it says. Runs in order and apart from each other. */
export function inPlace(text: string, runs: readonly Decoded[]): string {
  let result = "";
  let from = 0;
  for (const run of runs) {
    result += text.slice(from, run.start) + run.text;
    from = run.end;
  }
  return result + text.slice(from);
}

/** Attacker-controlled: a run behind many others must not be lost, so beyond the bound the whole is given, too. */
export function boundedRuns(text: string, runs: readonly Decoded[]): readonly Decoded[] {
  if (runs.length <= MAX_RUNS) return runs;
  return [{ text: inPlace(text, runs), start: 0, end: text.length }, ...runs.slice(0, MAX_RUNS - 1)];
}

/** Characters a text needs that is encoded as a whole: less says too little. */
const LEAST_WHOLE = 8;

/** How one encoding writes a word: its characters and white space, and the bytes of a word that is of it. */
export interface Words {
  readonly members: Uint8Array;
  /** False when no word that is so, or begins so, has bytes that are text throughout. */
  readonly mayBegin: (head: string) => boolean;
  readonly bytesOf: (word: string) => Uint8Array | undefined;
}

/**
 * A text that is nothing but encoded words: each word alone, and all of them as one that was broken into pieces.
 * Short words count here, since all of them must be readable to the last character.
 */
export function wholeReadings(text: string, words: Words): readonly Decoded[] {
  if (text.length < LEAST_WHOLE || !mayBeWords(text, words)) return [];
  if (memberEnd(text, words.members, 0) < text.length) return [];
  const pieces = text.split(/\s+/).filter((piece) => piece !== "");
  const joined = pieces.length < 2 ? undefined : readWord(pieces.join(""), words);
  const readings = [readEach(pieces, words), joined].filter((reading) => reading !== undefined);
  return readings.map((reading) => ({ text: reading, start: 0, end: text.length }));
}

/** Characters of a text of encoded words that are looked at first. */
const HEAD_CHARS = 32;

/** False for most texts, after a look at how they begin: neither their first word nor all words joined are readable. */
function mayBeWords(text: string, { mayBegin }: Words): boolean {
  const head = text.slice(0, HEAD_CHARS);
  const [first = ""] = /\S+/.exec(head) ?? [];
  return first === "" || mayBegin(first) || mayBegin(head.replace(/\s+/g, ""));
}

function readEach(pieces: readonly string[], words: Words): string | undefined {
  const said: string[] = [];
  for (const piece of pieces) {
    const reading = readWord(piece, words);
    if (reading === undefined) return undefined;
    said.push(reading);
  }
  return said.length === 0 ? undefined : said.join(" ");
}

function readWord(word: string, words: Words): string | undefined {
  const bytes = words.bytesOf(word);
  return bytes === undefined ? undefined : readText(bytes, true);
}
