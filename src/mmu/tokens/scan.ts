/** Finds the value tokens of a text in one pass. */
import type { Emit } from "./kinds.js";
import { digitGroups, ibanEnd, walletEnd } from "./accounts.js";
import { codeAt, codeSet, isDigitCode, isIn, isLetterCode, isWordCode } from "./chars.js";
import { ANY_TOKEN, DIGIT, isBetween, readChunk, trimmedEnd, type Chunk } from "./chunk.js";
import { digitsAt } from "./digits.js";
import { hostParts, mailParts, netPart, type Part } from "./net.js";

/** Finds the tokens of a text, quoted ones only on demand. Attacker-controlled: each chunk is looked at once, each look ahead is bounded. */
export function scanTokens(text: string, emit: Emit, withQuoted = false): void {
  const chunk: Chunk = { end: 0, holds: 0, isPlain: true };
  let at = 0;
  while (at < text.length) {
    const code = codeAt(text, at);
    if (isBetween(code)) {
      if (withQuoted && (code === 0x22 || code === 0x60)) quotedAt(text, at, emit);
      at++;
      continue;
    }
    readChunk(text, at, chunk);
    const hasNone = chunk.isPlain || (chunk.holds & ANY_TOKEN) === 0;
    at = hasNone ? chunk.end : Math.max(chunkTokens(text, at, chunk, emit), at + 1);
  }
}

/** Emits what the chunk starts with or is; returns where to go on, which may be past the chunk. */
function chunkTokens(text: string, start: number, chunk: Chunk, emit: Emit): number {
  const { holds } = chunk;
  const end = trimmedEnd(text, start, chunk);
  if (end === start) return chunk.end;
  const parts = netParts(text, { start, end, holds });
  if (parts.length === 0) return wordTokens(text, start, { end, holds }, emit);
  let at = start;
  for (const each of parts) {
    besideTokens(text, at, { end: each.start, holds }, emit);
    emit(each.kind, each.start, each.end);
    at = each.end;
  }
  // A number that goes on past the chunk is read as one: none of its groups is a token of its own.
  return Math.max(besideTokens(text, at, { end, holds }, emit), end);
}

/** What leads somewhere in a chunk: its link, host or path, or all of its addresses, or the hosts beside its marks. */
function netParts(text: string, chunk: Pick<Chunk, "end" | "holds"> & { start: number }): readonly Part[] {
  const part = netPart(text, chunk);
  const hosts = part === undefined || part.kind === "path" ? hostParts(text, chunk) : [];
  // Nobody is asked about a path: none may hide a host, as `/a:evil.example` would.
  if (part === undefined || hosts.length > 0) return hosts;
  // Most are all of their chunk.
  const isAll = part.start === chunk.start && part.end === chunk.end;
  return part.kind === "email" && !isAll ? mailParts(text, chunk) : [part];
}

/**
 * The tokens of what stands in a chunk beside its addresses, or before its link. Attacker-controlled: `evil.example?` before
 * a link that is well known is no part of it. Linear: what is left has no address, or no link of the same form. Returns
 * where to go on.
 */
function besideTokens(text: string, from: number, { end, holds }: Pick<Chunk, "end" | "holds">, emit: Emit): number {
  let start = from;
  while (start < end && !isWordCode(codeAt(text, start)) && !isIn(FIRSTS, codeAt(text, start))) start++;
  return start < end ? chunkTokens(text, start, { end, holds, isPlain: false }, emit) : start;
}

/** What a path begins with, or a phone number. */
const FIRSTS = codeSet("/\\.~+");

/** Addresses looked for in a chunk from where a token ended to the chunk's end; later ones end at the next mark. */
const MAX_WHOLE_LOOKS = 8;

/** Where an address is cut from what follows it, once a chunk has been looked at often. */
const MARKS = codeSet("()[],;*'&=~!$%^+#?");

/**
 * The ends of what is looked at for addresses within one chunk. Attacker-controlled: a chunk of a thousand short tokens
 * must not be read a thousand times; so after a few looks each one ends at the next mark, and none are read twice.
 */
class Looks {
  private left = MAX_WHOLE_LOOKS;
  private seen = 0;
  private readonly text: string;
  private readonly end: number;

  constructor(text: string, end: number) {
    this.text = text;
    this.end = end;
  }

  /** The end of the look at `from`; `from` itself when there is to be none. */
  endAt(from: number): number {
    if (this.left-- > 0) return this.end;
    if (from < this.seen) return from;
    this.seen = markFrom(this.text, from + 1, this.end);
    return this.seen;
  }
}

function markFrom(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && !isIn(MARKS, codeAt(text, at))) at++;
  return at;
}

/** Accounts, dates, numbers and ids at or inside a chunk. */
function wordTokens(text: string, start: number, chunk: Pick<Chunk, "end" | "holds">, emit: Emit): number {
  let look: NextLook | undefined;
  let at = start;
  while (at < chunk.end) {
    const found = at > start && isWordCode(codeAt(text, at - 1)) ? at : tokenAt(text, at, chunk, emit);
    const next = found > at ? netFromGroup(text, at, found, emit) : found;
    // Most tokens are all of their chunk: then there is nothing to look at.
    if (next >= chunk.end) return next;
    if (next > at) look ??= { end: chunk.end, holds: chunk.holds, looks: new Looks(text, chunk.end) };
    at = next > at && look !== undefined ? netAfter(text, next, look, emit) : at + 1;
  }
  return at;
}

/**
 * Emits the host or address that the last group of a number or date begins: `15 May 2024.example`. Returns where to go on.
 * Attacker-controlled: no known number hides a host. Linear: a chunk is looked at for the one token that begins before it and
 * ends in it.
 */
function netFromGroup(text: string, start: number, end: number, emit: Emit): number {
  const from = lastGroup(text, start, end);
  if (from === start) return end;
  const chunk: Chunk = { end: 0, holds: 0, isPlain: true };
  readChunk(text, from, chunk);
  const look = (to: number): Part | undefined => netPart(text, { start: from, end: to, holds: chunk.holds });
  const whole = look(trimmedEnd(text, from, chunk));
  // What leads somewhere further on in the chunk is found from there.
  const part = whole !== undefined && whole.start > end ? look(markFrom(text, end, whole.start)) : whole;
  if (part === undefined) return end;
  emit(part.kind, part.start, part.end);
  return Math.max(part.end, end);
}

const GOES_ON = codeSet(".@");

/** Where the last of several groups begins, if a host or address may go on behind it; else `start`. */
function lastGroup(text: string, start: number, end: number): number {
  if (!isIn(GOES_ON, codeAt(text, end)) || !isWordCode(codeAt(text, end + 1))) return start;
  let from = end;
  while (from > start && !isBetween(codeAt(text, from - 1))) from--;
  return from;
}

/** A chunk, and how much of it is still looked at for addresses. */
type NextLook = Pick<Chunk, "end" | "holds"> & { readonly looks: Looks };

/** Emits an address that begins where a token ended; returns where to go on. */
function netAfter(text: string, from: number, { end: chunkEnd, holds, looks }: NextLook, emit: Emit): number {
  if (from >= chunkEnd || isWordCode(codeAt(text, from))) return from;
  const start = isBetween(codeAt(text, from)) ? from + 1 : from;
  const end = looks.endAt(start);
  const part = end > start ? netPart(text, { start, end, holds }) : undefined;
  if (part === undefined) return start;
  emit(part.kind, part.start, part.end);
  return Math.max(part.end, start + 1);
}

const PLUS = 0x2b;

function tokenAt(text: string, at: number, { end, holds }: Pick<Chunk, "end" | "holds">, emit: Emit): number {
  const code = codeAt(text, at);
  if (isDigitCode(code) || code === PLUS) {
    const found = digitsAt(text, at);
    if (found === undefined) return idAt(text, at, end, emit);
    if (found.kind !== undefined) emit(found.kind, found.start, found.end);
    return found.end;
  }
  if (!isLetterCode(code)) return at;
  if ((holds & DIGIT) !== 0) {
    const account = ibanEnd(text, at);
    if (account >= 0) {
      emit("iban", at, account);
      return account;
    }
  }
  return idAt(text, at, end, emit);
}

/** Least characters of a name that says by itself what is meant. */
const MIN_ID_CHARS = 6;

/** A name of six characters or more that mixes letters and digits or has - or _ within. */
function idAt(text: string, at: number, end: number, emit: Emit): number {
  const wallet = walletEnd(text, at);
  if (wallet >= 0) {
    emit("wallet", at, wallet);
    return wallet;
  }
  return nameAt(text, at, end, emit);
}

/** What a name may hold, by code. */
const NAME_DIGIT = 1;
const NAME_LETTER = 2;
const NAME_DASH = 4;
const NAME_JOINER = 8;
const NAME_KINDS = new Uint8Array(0x80);
for (let code = 0; code < 0x80; code++) {
  if (isLetterCode(code)) NAME_KINDS[code] = NAME_LETTER;
  else if (isDigitCode(code)) NAME_KINDS[code] = NAME_DIGIT;
}
for (const [characters, kind] of [
  ["-_", NAME_JOINER | NAME_DASH],
  [".:/+=#", NAME_JOINER],
] as const) {
  for (let i = 0; i < characters.length; i++) NAME_KINDS[characters.charCodeAt(i)] = kind;
}
const MAX_JOINERS = 2;

/**
 * Letters and digits with at most two joiners between, from `start` on, looked for no further than `end`: an id when they
 * mix, and a word does not go on behind them. Returns where they end. Attacker-controlled: no name hides an account, as
 * `IBAN:DE89...` would.
 */
function nameAt(text: string, start: number, end: number, emit: Emit): number {
  const most = Math.min(end + 1, text.length);
  let stop = start;
  let held = 0;
  /** Since the last letter or digit. */
  let joiners = 0;
  let joined = 0;
  for (let at = start; at < most; at++) {
    const kind = nameKindAt(text, at, joiners > 0);
    if ((kind & (NAME_DIGIT | NAME_LETTER)) !== 0) {
      held |= kind | joined;
      joiners = 0;
      stop = at + 1;
    } else if ((kind & NAME_JOINER) !== 0 && stop > start && joiners < MAX_JOINERS) {
      joined |= kind;
      joiners++;
    } else break;
  }
  stop = Math.min(stop, end);
  if (stop - start >= MIN_ID_CHARS && isMixed(held) && !isWordCode(codeAt(text, stop))) emit("id", start, stop);
  return stop;
}

/** Behind these a phone number needs no plus; behind a dash it is the rest of an id. */
const PHONE_MARKS = codeSet(":=");

/** Whether an account begins here, behind a mark within a name. */
function isAccountAt(text: string, at: number): boolean {
  const code = codeAt(text, at);
  if (walletEnd(text, at) >= 0) return true;
  if (isLetterCode(code)) return ibanEnd(text, at) >= 0;
  // Dates come first, and most digits are of no group.
  const kind = digitGroups(text, at) === undefined ? undefined : digitsAt(text, at)?.kind;
  return kind === "card" || (kind === "phone" && (code === PLUS || isIn(PHONE_MARKS, codeAt(text, at - 1))));
}

/** What a name may hold: nothing that is of an account. */
function nameKindAt(text: string, at: number, isBehindMark: boolean): number {
  const code = text.charCodeAt(at);
  if (code >= 0x80 || (isBehindMark && isAccountAt(text, at))) return 0;
  return NAME_KINDS[code] ?? 0;
}

function isMixed(held: number): boolean {
  return (held & NAME_DASH) !== 0 || (held & (NAME_DIGIT | NAME_LETTER)) === (NAME_DIGIT | NAME_LETTER);
}

const MAX_QUOTED = 80;

/** Text between two double quotes or backticks on one line: a name that somebody set apart. */
function quotedAt(text: string, at: number, emit: Emit): void {
  const mark = text[at] ?? "";
  const end = text.slice(at + 1, at + 2 + MAX_QUOTED).indexOf(mark) + at + 1;
  if (end <= at + 1 || isWordCode(codeAt(text, at - 1))) return;
  const inner = text.slice(at + 1, end);
  if (/\p{L}/u.test(inner) && !inner.includes("\n") && inner.trim() === inner) emit("quoted", at + 1, end);
}
