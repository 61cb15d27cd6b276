/** Numbers and dates compared as what they are: one typed form for the ways in which people and programs write them. */
import { MAX_SCALAR_CHARS } from "./bounds.js";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH =
  "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const TIME = "(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d{1,9})?)?";
const ZONE = "(z|[+-]\\d{2}:?\\d{2})";
const DAY = "(\\d{1,2})(?:st|nd|rd|th)?";
const ISO_SOURCE = `(\\d{4})[-/](\\d{1,2})[-/](\\d{1,2})(?:[t ]${TIME} ?${ZONE}?)?`;
const DAY_FIRST_SOURCE = `${DAY}[ -](?:of )?${MONTH}\\.?(?:,?[ -](\\d{4}))?`;
const MONTH_FIRST_SOURCE = `${MONTH}\\.? ${DAY}(?:,? (\\d{4}))?`;
const CLOCK_SOURCE = `${TIME}(?: ?([ap])\\.?m\\b)?`;
const END = "(?![\\p{L}\\p{N}])";

const ISO = new RegExp(`^${ISO_SOURCE}$`, "iu");
const DAY_FIRST = new RegExp(`^${DAY_FIRST_SOURCE}$`, "iu");
const MONTH_FIRST = new RegExp(`^${MONTH_FIRST_SOURCE}$`, "iu");
const CLOCK = new RegExp(`^${CLOCK_SOURCE}$`, "iu");

/** Dates and times inside text that start with a digit, and those that start with a month; sticky, bounded. */
export const DATE_AT = new RegExp(
  `(?:${ISO_SOURCE}|${DAY_FIRST_SOURCE}|${CLOCK_SOURCE}|\\d{1,2}[/.]\\d{1,2}[/.]\\d{2,4})${END}`,
  "iuy",
);
export const MONTH_DATE_AT = new RegExp(`${MONTH_FIRST_SOURCE}${END}`, "iuy");

/** A number as written: grouped, plain, or with a decimal part. Sticky, bounded. */
export const NUMBER_AT =
  /(?:\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,18})?|\d{1,3}(?:\.\d{3}){1,6},\d{1,18}|\d{1,3}(?:['_]\d{3}){1,6}(?:\.\d{1,18})?|\d{1,30}(?:[.,]\d{1,18})?)(?![\p{L}\p{N}])/uy;

const CURRENCY_BEFORE = /^(?:[$€£¥]|(?:usd|eur|gbp|chf|jpy|inr)(?= |\d)) ?/i;
const CURRENCY_AFTER = / ?(?:[$€£¥]|\b(?:usd|eur|gbp|chf|jpy|inr))$/i;

/**
 * `n:1200` for 1200, "1200.00", "1,200.00" and "$1,200"; `d:2024-05-15`, `d:2024-05-15T10:00`, `d:--05-15` (no year)
 * and `t:10:00` for dates and times; undefined for what is neither. Digits with a leading zero are an id, no number.
 */
export function canonicalScalar(value: string | number | boolean | null): string | undefined {
  if (typeof value === "number") return numberOf(String(value)) ?? `n:${String(value)}`;
  if (typeof value !== "string" || value.length > MAX_SCALAR_CHARS || !/\d/.test(value)) return undefined;
  return isDigits(value) ? digitsOf(value) : writtenScalar(value.trim());
}

function digitsOf(digits: string): string | undefined {
  return digits.length > 1 && digits.startsWith("0") ? undefined : `n:${digits}`;
}

function writtenScalar(text: string): string | undefined {
  if (!mayBeScalar(text)) return undefined;
  return dateOf(text) ?? numberOf(text.replace(CURRENCY_BEFORE, "").replace(CURRENCY_AFTER, ""));
}

/** Digits alone are a number and no date; most numbers are so written. */
function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return text !== "";
}

/** What numbers and dates begin with, when it is a letter. */
const FIRST_LETTERS: ReadonlySet<string> = new Set([...MONTHS, "usd", "eur", "gbp", "chf", "jpy", "inr"]);
/** The letters of st, nd, rd, th: no other follows the first digits of anything. */
const ORDINAL = /[snrt]/i;
const ASCII_LETTER = /[a-z]/i;

/** False for most ids and words, after a look at how they begin; never for a number or date. */
function mayBeScalar(text: string): boolean {
  const first = text.charAt(0);
  if (ASCII_LETTER.test(first)) return FIRST_LETTERS.has(text.slice(0, 3).toLowerCase()) || /[^\0-\x7f]/.test(text);
  let at = 0;
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  const next = text.charAt(at);
  return at === 0 || !ASCII_LETTER.test(next) || ORDINAL.test(next);
}

/** True for text that stands for a number: a bare one in prose is not an id ("June 13" is not event 13). */
export function isNumeric(canonical: string): boolean {
  return canonical.startsWith("n:");
}

function numberOf(text: string): string | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(plainNumber(text) ?? "");
  if (match === null) return undefined;
  const [, sign, whole = "", decimals = ""] = match;
  if (/^0\d/.test(whole)) return undefined;
  const fraction = trimZeros(decimals);
  const digits = fraction === "" ? whole : `${whole}.${fraction}`;
  return sign === "-" && digits !== "0" ? `n:-${digits}` : `n:${digits}`;
}

/** Linear, unlike /0+$/ on many zeros; the text is bounded all the same. */
function trimZeros(decimals: string): string {
  let end = decimals.length;
  while (end > 0 && decimals[end - 1] === "0") end--;
  return decimals.slice(0, end);
}

/** Thousands separators gone, a point as the decimal sign. `1.200` is a decimal, `98,70` too: groups have three digits. */
function plainNumber(text: string): string | undefined {
  if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) return text;
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text)) return text.replaceAll(",", "");
  if (/^[+-]?\d{1,3}(?:[ '_]\d{3})+(?:\.\d+)?$/.test(text)) return text.replaceAll(/[ '_]/g, "");
  if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/.test(text)) return text.replaceAll(".", "").replace(",", ".");
  if (/^[+-]?\d+,\d{1,2}$/.test(text)) return text.replace(",", ".");
  return undefined;
}

function dateOf(text: string): string | undefined {
  return isoOf(text) ?? dayFirst(text) ?? monthFirst(text) ?? clockOf(text);
}

function isoOf(text: string): string | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, zone] = match;
  const date = calendar(year, Number(month), Number(day));
  if (date === undefined || hour === undefined) return date;
  const time = clock(Number(hour), minute ?? "", second);
  return time === undefined ? undefined : `${date}T${time}${zoneOf(zone)}`;
}

function zoneOf(zone: string | undefined): string {
  if (zone === undefined) return "";
  const plain = zone.toUpperCase().replace(":", "");
  return plain === "+0000" ? "Z" : plain;
}

function dayFirst(text: string): string | undefined {
  const match = DAY_FIRST.exec(text);
  return match === null ? undefined : calendar(match[3], monthOf(match[2]), Number(match[1]));
}

function monthFirst(text: string): string | undefined {
  const match = MONTH_FIRST.exec(text);
  return match === null ? undefined : calendar(match[3], monthOf(match[1]), Number(match[2]));
}

function clockOf(text: string): string | undefined {
  const match = CLOCK.exec(text);
  if (match === null) return undefined;
  const [, hour, minute, second, half] = match;
  const twelve = Number(hour) % 12;
  const hours = half === undefined ? Number(hour) : twelve + (half.toLowerCase() === "p" ? 12 : 0);
  const time = clock(hours, minute ?? "", second);
  return time === undefined ? undefined : `t:${time}`;
}

function monthOf(name: string | undefined): number {
  return MONTHS.indexOf((name ?? "").slice(0, 3).toLowerCase()) + 1;
}

function calendar(year: string | undefined, month: number, day: number): string | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return `d:${year ?? "-"}-${two(month)}-${two(day)}`;
}

/** Seconds are said only when they are not zero. */
function clock(hours: number, minute: string, second: string | undefined): string | undefined {
  if (hours > 23 || Number(minute) > 59) return undefined;
  const seconds = second === undefined || second === "00" ? "" : `:${second}`;
  return `${two(hours)}:${minute}${seconds}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
