/** Where a phone or card number may end that is written in groups. */
import { codeAt, isAlnumCode, isDigitCode } from "./chars.js";

/** Groups behind the first, at most so many. */
const MAX_GROUPS = 6;
/** Digits of the first group, and of any other. */
const FIRST_DIGITS = 4;
const GROUP_DIGITS = 5;
/** Blanks, points and dashes between two groups. */
const MAX_BETWEEN = 2;

/** More than the longest number has characters, with all its brackets and blanks. */
const MAX_SPAN = 64;

const LETTER_OR_NUMBER = /^[\p{L}\p{N}]/u;

/**
 * The end of the groups of digits that begin at `start`, or -1. It is what this matches there, tried in its order:
 * `(?:\+ ?|00)?\(?\d{1,4}\)?(?:[ .-]{0,2}\(?\d{1,5}\)?){1,6}(?![\p{L}\p{N}])`
 * Attacker-controlled: of a long run of digits the engine would try every way to cut it into groups, some ten thousand.
 * Here a place that leads nowhere after so many groups is tried once.
 */
export function groupsEnd(text: string, start: number): number {
  const groups = new Groups(text, start);
  for (const from of prefixEnds(text, start)) {
    const end = groups.endFrom(from, 0, FIRST_DIGITS);
    if (end >= 0) return end;
  }
  return -1;
}

const PLUS = 0x2b;
const BLANK = 0x20;
const ZERO = 0x30;
const OPEN = 0x28;
const CLOSE = 0x29;

/** Where the first group may begin. */
function prefixEnds(text: string, start: number): readonly number[] {
  const [first, second] = [codeAt(text, start), codeAt(text, start + 1)];
  if (first === PLUS) return second === BLANK ? [start + 2, start + 1, start] : [start + 1, start];
  return first === ZERO && second === ZERO ? [start + 2, start] : [start];
}

class Groups {
  private readonly text: string;
  private readonly start: number;
  /** By groups before a place, and its distance from the start: from there on nothing was found. */
  private readonly failed = new Uint8Array(MAX_SPAN * (MAX_GROUPS + 1));

  constructor(text: string, start: number) {
    this.text = text;
    this.start = start;
  }

  /** The end when a group begins here, perhaps behind a bracket, with `before` groups behind the first before it. */
  endFrom(from: number, before: number, most: number): number {
    if (codeAt(this.text, from) === OPEN) {
      const end = this.endOfDigits(from + 1, before, most);
      if (end >= 0) return end;
    }
    return this.endOfDigits(from, before, most);
  }

  private endOfDigits(from: number, before: number, most: number): number {
    const { text } = this;
    let at = from;
    while (at < from + most && isDigitCode(codeAt(text, at))) at++;
    for (; at > from; at--) {
      const closed = codeAt(text, at) === CLOSE ? this.endAfter(at + 1, before) : -1;
      const end = closed >= 0 ? closed : this.endAfter(at, before);
      if (end >= 0) return end;
    }
    return -1;
  }

  /** The end when a group has ended here: of more groups, else here. */
  private endAfter(at: number, groups: number): number {
    const place = groups * MAX_SPAN + at - this.start;
    if (this.failed[place] === 1) return -1;
    if (groups < MAX_GROUPS) {
      let from = at;
      while (from < at + MAX_BETWEEN && isBetween(codeAt(this.text, from))) from++;
      for (; from >= at; from--) {
        const end = this.endFrom(from, groups + 1, GROUP_DIGITS);
        if (end >= 0) return end;
      }
    }
    if (groups > 0 && !this.goesOn(at)) return at;
    this.failed[place] = 1;
    return -1;
  }

  private goesOn(at: number): boolean {
    const code = codeAt(this.text, at);
    return code < 0x80 ? isAlnumCode(code) : LETTER_OR_NUMBER.test(this.text.slice(at, at + 2));
  }
}

function isBetween(code: number): boolean {
  return code === BLANK || code === 0x2d || code === 0x2e;
}
