/** A quick look that leaves of a text only what declared encodings may be in, and what stands around that. */
import { memberEnd, membersOf, nextRun, type Run } from "../text/encodings/runs.js";

/** Where an escape of HTML, of percent-encoding or of JSON begins; JSON's white space and quotes are in every page. */
const ESCAPE = /%[0-9a-fu]|&[#a-z]|\\(?!["bfnrt])/gi;

const BASE64 = membersOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");

/** Digits, prefixes and separators of hexadecimal bytes, and the letters of JSON's line breaks between them. */
const HEX = membersOf("0123456789abcdefABCDEF xX:,;-\\nrt\t\r\n");

/** Characters of base64, or hexadecimal digits, that runs within longer text have at least (docs/encodings.md). */
const LEAST_RUN = 16;

/** No match of a detector is longer, white space apart. */
const MARGIN = 96;

/** Between parts that do not touch: longer than any gap of a pattern, and of no encoding's alphabet. */
const WALL = ` ${"|".repeat(48)} `;

/**
 * The parts of a text that may hold an encoding, with their surroundings; empty for ordinary prose. Escapes of JSON for
 * quotes and white space are none. Linear but for a sort of the parts.
 */
export function codedParts(text: string): string {
  const runs = merged([...escapesIn(text), ...base64In(text), ...hexIn(text)]);
  const parts: string[] = [];
  let [start, end] = [0, 0];
  for (const [index, run] of runs.entries()) {
    const from = startOf(text, run.start, end);
    if (from > end) {
      parts.push(text.slice(start, end));
      start = from;
    }
    end = endOf(text, run.end, runs[index + 1]?.start ?? text.length);
  }
  return [...parts, text.slice(start, end)].filter((part) => part !== "").join(WALL);
}

/** In order, and those together that are near to each other. */
function merged(runs: readonly Run[]): readonly Run[] {
  const sorted = [...runs].sort((a, b) => a.start - b.start);
  const result: { start: number; end: number }[] = [];
  for (const { start, end } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && start <= last.end + MARGIN) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

function escapesIn(text: string): readonly Run[] {
  return Array.from(text.matchAll(ESCAPE), ({ index }) => ({ start: index, end: index + 1 }));
}

/**
 * A run counts when it has a capital: of the code of ASCII text every other character is one, and what a detector looks
 * for has some whichever way it falls into groups of three. Paths and names with dashes mostly have none.
 */
function base64In(text: string): readonly Run[] {
  const found: Run[] = [];
  for (let run = nextRun(text, BASE64, LEAST_RUN, 0); run !== undefined;) {
    const end = linesEnd(text, run.end);
    if (/[A-Z]/.test(text.slice(run.start, end))) found.push({ start: run.start, end });
    run = nextRun(text, BASE64, LEAST_RUN, end);
  }
  return found;
}

const LINE_BREAK = /(?:\\r|\\n|[\r\n]){1,4}[ \t]{0,64}/y;

/** The end of the lines that continue a run: they may be short. */
function linesEnd(text: string, from: number): number {
  for (let end = from; ;) {
    LINE_BREAK.lastIndex = end;
    const next = LINE_BREAK.test(text) ? memberEnd(text, BASE64, LINE_BREAK.lastIndex) : end;
    if (next <= LINE_BREAK.lastIndex || next === end) return end;
    end = next;
  }
}

function hexIn(text: string): readonly Run[] {
  const found: Run[] = [];
  for (let run = nextRun(text, HEX, LEAST_RUN, 0); run !== undefined;) {
    const digits = text.slice(run.start, run.end).replace(/[^0-9a-f]+/gi, "");
    if (digits.length >= LEAST_RUN) found.push(run);
    run = nextRun(text, HEX, LEAST_RUN, run.end);
  }
  return found;
}

/** An escape of white space in JSON text. */
function isSpaceEscape(text: string, at: number): boolean {
  return text[at] === "\\" && "bfnrt".includes(text[at + 1] ?? "-");
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Where the surroundings of a run begin. Never before `floor`, so that no character is passed twice. */
function startOf(text: string, from: number, floor: number): number {
  let at = from;
  for (let solid = 0; at > floor && solid < MARGIN;) {
    const isEscape = at - 2 >= floor && isSpaceEscape(text, at - 2);
    if (!isEscape && !isSpace(text, at - 1)) solid += 1;
    at -= isEscape ? 2 : 1;
  }
  return at;
}

function endOf(text: string, from: number, ceiling: number): number {
  let at = from;
  for (let solid = 0; at < ceiling && solid < MARGIN;) {
    const isEscape = at + 2 <= ceiling && isSpaceEscape(text, at);
    if (!isEscape && !isSpace(text, at)) solid += 1;
    at += isEscape ? 2 : 1;
  }
  return at;
}
