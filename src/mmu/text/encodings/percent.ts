/** Percent-encoding (RFC 3986 section 2.1) and its kin: form encoding with `+` for a blank, and `%uXXXX`. */
import { codePointAt, sizeOf } from "../readable.js";
import type { Decoded, Encoding } from "./encoding.js";

const BYTES = /(?:%[0-9a-f]{2})+/gi;
const UNITS = /%u([0-9a-f]{4})/gi;

/** What form encoding (WHATWG URL, application/x-www-form-urlencoded) neither leaves as it is nor writes for a blank. */
const BEYOND_FORM = /[^A-Za-z0-9*\-._+]/;

/** Characters of a text whose only encoding is `+`: `C++` is none. */
const LEAST_FORM = 8;

export const percent: Encoding = {
  id: "percent@1",
  undoes: "percent-encoding, also with + for a blank or %uXXXX; bytes that are not UTF-8 stay as written",
  decode: (text) => [...decodeSigns(text), ...decodePlus(text)],
};

/** The row in two parts: a plus without percent signs is as well a digit of base64, which then has to come first. */
export const percentSigns: Encoding = { ...percent, decode: decodeSigns };
export const plusSigns: Encoding = { ...percent, decode: decodePlus };

function decodeSigns(text: string): readonly Decoded[] {
  const undone = undo(text);
  return undone === text ? [] : [{ text: undone, start: 0, end: text.length }];
}

function decodePlus(text: string): readonly Decoded[] {
  if (!text.includes("+")) return [];
  const isForm = undo(text) !== text || (text.length >= LEAST_FORM && !BEYOND_FORM.test(text));
  return isForm ? [{ text: undo(text.replaceAll("+", " ")), start: 0, end: text.length }] : [];
}

function undo(text: string): string {
  if (!text.includes("%")) return text;
  return text
    .replace(UNITS, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(BYTES, undoBytes);
}

function undoBytes(run: string): string {
  const bytes = Uint8Array.from({ length: run.length / 3 }, (_, index) =>
    Number.parseInt(run.slice(index * 3 + 1, index * 3 + 3), 16),
  );
  const said: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const code = codePointAt(bytes, at);
    said.push(code < 0 ? run.slice(at * 3, at * 3 + 3) : String.fromCodePoint(code));
    at += code < 0 ? 1 : sizeOf(code);
  }
  return said.join("");
}
