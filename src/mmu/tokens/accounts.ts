/** Tokens made of digits: account and card numbers, phone numbers. They may be written in groups, so they span white space. */
import { codeAt, codeSet, isAlnumCode, isDigitCode, isIn, isLetterCode, isWordCode } from "./chars.js";
import { groupsEnd } from "./phone.js";

/** ISO 13616 allows 34 characters; the shortest in use (Norway) has 15. */
const IBAN_MIN = 15;
const IBAN_MAX = 34;

/**
 * The end of an account number that starts at `start`, or -1. The form only, no checksum: a number with a mistyped or
 * made-up checksum must not be taken for prose. Grouped by four as ISO 13616 prints it, or in one run.
 */
export function ibanEnd(text: string, start: number): number {
  if (!isIbanHead(text, start)) return -1;
  let at = start + 4;
  let digits = 2;
  let length = 4;
  for (let group = groupAt(text, at); group.size > 0; group = groupAt(text, at)) {
    // Beyond the bank's code, a group without a digit is the next word of the sentence.
    if (length > 4 && (group.size > 4 || group.digits === 0)) break;
    at = group.end;
    length += group.size;
    digits += group.digits;
    if (group.size !== 4 || length > IBAN_MAX) break;
  }
  return isIbanForm(length, digits) && !isWordCode(codeAt(text, at)) ? at : -1;
}

/** Two letters and two digits, with more behind them. */
function isIbanHead(text: string, at: number): boolean {
  const hasForm =
    isLetterCode(codeAt(text, at)) &&
    isLetterCode(codeAt(text, at + 1)) &&
    isDigitCode(codeAt(text, at + 2)) &&
    isDigitCode(codeAt(text, at + 3));
  if (!hasForm) return false;
  const next = codeAt(text, at + 4);
  return isAlnumCode(isSeparator(next) ? codeAt(text, at + 5) : next);
}

function isIbanForm(length: number, digits: number): boolean {
  return length >= IBAN_MIN && length <= IBAN_MAX && digits * 2 >= length;
}

/** The run of letters and digits at a place, past one separator. */
function groupAt(text: string, at: number): { readonly end: number; readonly size: number; readonly digits: number } {
  const from = isSeparator(codeAt(text, at)) ? at + 1 : at;
  const end = wordEnd(text, from, IBAN_MAX + 1);
  return { end, size: end - from, digits: countDigits(text, from, end) };
}

/** People print groups with blanks; others write what no form refuses. */
const SEPARATORS = codeSet(" -._/");

function isSeparator(code: number): boolean {
  return isIn(SEPARATORS, code);
}

function wordEnd(text: string, start: number, most: number): number {
  let end = start;
  while (end - start <= most && isAlnumCode(codeAt(text, end))) end++;
  return end;
}

function countDigits(text: string, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (isDigitCode(codeAt(text, i))) count++;
  return count;
}

/** A card or phone number that starts at `start`: its kind and end. A card passes the Luhn check (ISO/IEC 7812-1). */
export function digitGroups(
  text: string,
  start: number,
): { readonly kind: "card" | "phone"; readonly end: number } | undefined {
  if (digitsAhead(text, start) < MIN_PHONE_DIGITS) return undefined;
  const end = groupsEnd(text, start);
  if (end < 0) return undefined;
  const written = text.slice(start, end);
  const digits = written.replace(/\D/g, "");
  if (digits.length >= 13 && digits.length <= 19 && isLuhn(digits)) return { kind: "card", end };
  return isPhone(written, digits) ? { kind: "phone", end } : undefined;
}

/** E.164 asks for no fewer; cards have more. */
const MIN_PHONE_DIGITS = 7;
const GROUP_CODES = codeSet("0123456789 .-()+");

/** Digits in the characters that groups are made of, from `start` on; no more are counted than are asked for. */
function digitsAhead(text: string, start: number): number {
  let count = 0;
  for (let at = start; count < MIN_PHONE_DIGITS && isIn(GROUP_CODES, codeAt(text, at)); at++) {
    if (isDigitCode(codeAt(text, at))) count++;
  }
  return count;
}

/** With a `+` any 7 to 15 digits (ITU-T E.164); without, at least two groups set apart, or area code in parentheses. */
function isPhone(written: string, digits: string): boolean {
  if (digits.length < MIN_PHONE_DIGITS || digits.length > 15) return false;
  if (written.startsWith("+")) return true;
  const groups = written.split(/[ .()-]+/).filter((group) => group !== "");
  return (
    groups.length >= 3 && groups.every((group) => group.length >= 2 || group === groups[0]) && !/^\d+\.\d/.test(written)
  );
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    const twice = digit * 2;
    sum += i % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

/** An Ethereum address (EIP-55), or one of Bitcoin's in Bech32 (BIP 173); the older forms of Bitcoin's look like any hash. */
const WALLET = /(?:0x[0-9a-f]{40}|(?:bc|tb)1[02-9ac-hj-np-z]{25,87})(?![a-z0-9])/iy;

const WALLET_FIRST = codeSet("0bBtT");

/** The end of a wallet's address that starts at `start`, or -1. */
export function walletEnd(text: string, start: number): number {
  if (!isIn(WALLET_FIRST, codeAt(text, start))) return -1;
  WALLET.lastIndex = start;
  return WALLET.test(text) ? WALLET.lastIndex : -1;
}

/** Without separators, in lower case. */
export function bareDigits(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** What an account, card or phone number written without separators is compared by; undefined for other text. */
export function bareAccount(text: string): string | undefined {
  return /^\+?\d{7,34}$/.test(text) ? bareDigits(text) : undefined;
}
