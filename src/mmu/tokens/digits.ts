/** Tokens that begin with a digit: dates, card and phone numbers, and numbers that stand for a value. */
import type { FoundKind } from "./kinds.js";
import { DATE_AT, MONTH_DATE_AT, NUMBER_AT } from "../values.js";
import { digitGroups } from "./accounts.js";
import { codeAt, codeSet, isDigitCode, isIn, isLetterCode, isWordCode } from "./chars.js";

export interface FoundDigits {
  /** Undefined for digits that stand for nothing by themselves. */
  readonly kind: FoundKind | undefined;
  readonly start: number;
  readonly end: number;
}

/** What begins at a digit or a plus, if anything. */
export function digitsAt(text: string, at: number): FoundDigits | undefined {
  const digits = digitCount(text, at);
  const date = dateAt(text, at, digits);
  if (date !== undefined) return date;
  const groups = digitGroups(text, at);
  return groups === undefined ? numberAt(text, at, digits) : { start: at, ...groups };
}

/** More digits in a row than any date or number has. */
const MAX_DIGITS = 31;

function digitCount(text: string, at: number): number {
  let end = at;
  while (end - at < MAX_DIGITS && isDigitCode(codeAt(text, end))) end++;
  return end - at;
}

const MONTH_BEFORE = /(?:^|[^\p{L}\p{N}])((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? )$/iu;

function dateAt(text: string, at: number, digits: number): FoundDigits | undefined {
  if (mayBeDate(text, at + digits, digits)) {
    DATE_AT.lastIndex = at;
    const match = DATE_AT.exec(text);
    if (match !== null) return { kind: "date", start: at, end: at + match[0].length };
  }
  // A month, a blank, and then the digits.
  if (codeAt(text, at - 1) !== 0x20 || codeAt(text, at - 2) <= 0x20) return undefined;
  const month = MONTH_BEFORE.exec(text.slice(Math.max(0, at - 12), at))?.[1];
  if (month === undefined) return undefined;
  const start = at - month.length;
  MONTH_DATE_AT.lastIndex = start;
  const named = MONTH_DATE_AT.exec(text);
  return named === null ? undefined : { kind: "date", start, end: start + named[0].length };
}

const YEAR_NEXT = codeSet("-/");
/** Separators, and the first letters of st, nd, rd, th. */
const DAY_NEXT = codeSet("-/.: snrtSNRT");
/** The first letters of months, and of "of". */
const MONTH_NEXT = codeSet("jfmasondJFMASOND");

/** Whether a date can begin with so many digits and what follows them; no date is missed. */
function mayBeDate(text: string, end: number, digits: number): boolean {
  const next = codeAt(text, end);
  if (digits === 4) return isIn(YEAR_NEXT, next);
  if (digits !== 1 && digits !== 2) return false;
  if (next === 0x20) {
    const after = codeAt(text, end + 1);
    return isIn(MONTH_NEXT, after) || after >= 0x80;
  }
  return isIn(DAY_NEXT, next) || next >= 0x80;
}

const NUMBER_GOES_ON = codeSet(".,'_");

function numberEnd(text: string, at: number, digits: number): number {
  const next = codeAt(text, at + digits);
  const isBare = digits > 0 && digits < MAX_DIGITS && !isIn(NUMBER_GOES_ON, next) && !(next >= 0x80);
  if (isBare) return isLetterCode(next) ? -1 : at + digits;
  NUMBER_AT.lastIndex = at;
  const written = NUMBER_AT.exec(text)?.[0].replace(/[.,]$/, "");
  return written === undefined ? -1 : at + written.length;
}

function numberAt(text: string, at: number, digits: number): FoundDigits | undefined {
  const end = numberEnd(text, at, digits);
  if (end < 0) return undefined;
  // Part of a longer name ("3.2.1", "12-b", "4/7"): no number of its own.
  if (isPartOfName(text, end) || isPartOfName(text, at - 1, -1)) return undefined;
  let count = 0;
  for (let i = at; i < end; i++) if (isDigitCode(codeAt(text, i))) count++;
  if (count >= 5) return { kind: "number", start: at, end };
  return { kind: standsForValue(text, at, end) ? "amount" : undefined, start: at, end };
}

const NAME_JOINERS = codeSet("-_/.@");

function isPartOfName(text: string, at: number, step = 1): boolean {
  return isIn(NAME_JOINERS, codeAt(text, at)) && isWordCode(codeAt(text, at + step));
}

const CUE = /(?:\b(?:id|no\.?|number|nr\.?|num|ref|code|pin)[ :=]{0,3}|#|[$€£¥] ?|\b(?:usd|eur|gbp|chf|jpy|inr) ?)$/i;
const CURRENCY = / ?(?:[$€£¥]|(?:usd|eur|gbp|chf|jpy|inr|dollars?|euros?|pounds?)\b)/iy;

/** Four digits before the point, a decimal part, a cue, or a currency sign: else "13" in "June 13" would be an id. */
function standsForValue(text: string, start: number, end: number): boolean {
  if (/\d{4}|[.,]\d/.test(text.slice(start, end))) return true;
  if (mayBeCue(codeAt(text, start - 1)) && CUE.test(text.slice(Math.max(0, start - 12), start))) return true;
  const next = codeAt(text, end);
  if (next !== 0x20 && next !== 0x24 && !isLetterCode(next) && !(next >= 0x80)) return false;
  CURRENCY.lastIndex = end;
  return CURRENCY.test(text);
}

const CURRENCY_BEFORE = /(?:[$€£¥]|\b(?:usd|eur|gbp|chf|jpy|inr)) ?$/i;
const ID_CUE = /(?:\b(?:id|no\.?|number|nr\.?|num|ref|code|pin)[ :=]{0,3}|#)$/i;

/** Whether the number in a text is a sum of money: a currency stands beside it or in it. */
export function isMoney(text: string, start: number, end: number): boolean {
  if (/[$€£¥a-z]/i.test(text.slice(start, end))) return true;
  CURRENCY.lastIndex = end;
  return CURRENCY.test(text) || CURRENCY_BEFORE.test(text.slice(Math.max(0, start - 12), start));
}

const WITHIN = /[$€£¥]|usd|eur|gbp|chf|jpy|inr/gi;
const CODES: Readonly<Record<string, string>> = {
  $: "usd",
  dol: "usd",
  "€": "eur",
  "£": "gbp",
  pou: "gbp",
  "¥": "jpy",
};

/** The codes of the currencies that stand in a number or beside it. */
export function currenciesAt(text: string, start: number, end: number): readonly string[] {
  CURRENCY.lastIndex = end;
  const beside = [CURRENCY_BEFORE.exec(text.slice(Math.max(0, start - 12), start)), CURRENCY.exec(text)];
  const written = [...(text.slice(start, end).match(WITHIN) ?? []), ...beside.map((match) => match?.[0] ?? "")];
  const names = written.map((name) => name.trim().slice(0, 3).toLowerCase()).filter((name) => name !== "");
  return names.map((name) => CODES[name] ?? name);
}

const FIRST_YEAR = 1900;
const LAST_YEAR = 2100;

/** Whether the number in a text is a year in a sentence, and not what the words before it call an id. */
export function isBareYear(text: string, start: number, end: number): boolean {
  const year = Number(text.slice(start, end));
  if (end - start !== 4 || year < FIRST_YEAR || year > LAST_YEAR || end - start === text.length) return false;
  return !ID_CUE.test(text.slice(Math.max(0, start - 12), start));
}

const CUE_ENDS = codeSet(" :=.#$");

function mayBeCue(before: number): boolean {
  return isIn(CUE_ENDS, before) || isLetterCode(before) || before >= 0x80;
}
