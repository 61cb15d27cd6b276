/** The steps of `normalize` as rows of the table, each by itself: what it undoes is declared, versioned and tested. */
import { isVisibleAscii, withoutCase, withoutForms, withoutHidden, withoutSpaces } from "../folding.js";
import type { Encoding } from "./encoding.js";

/** NFKC makes one character into up to 18 (U+FDFA); what is longer than this is cut here, never in `normalize`. */
function bound(length: number): number {
  return 4 * length + 4096;
}

function row(id: string, undoes: string, step: (text: string) => string): Encoding {
  return {
    id,
    undoes,
    decode: (text) => {
      const undone = step(text).slice(0, bound(text.length));
      return undone === text ? [] : [{ text: undone, start: 0, end: text.length }];
    },
  };
}

/** Visible ASCII hides nothing and has one form. */
function unlessAscii(step: (text: string) => string): (text: string) => string {
  return (text) => (isVisibleAscii(text) ? text : step(text));
}

export const zeroWidth = row(
  "zero-width@1",
  "zero-width, bidirectional, tag, variation selector, other ignorable and control characters",
  unlessAscii(withoutHidden),
);
export const unicode = row(
  "unicode@1",
  "compatibility forms (NFKC), typographic quotes and dashes",
  unlessAscii(withoutForms),
);
export const letterCase = row("case@1", "upper case", withoutCase);
export const space = row("space@1", "runs of white space, and white space at the ends", withoutSpaces);
