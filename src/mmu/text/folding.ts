/**
 * The single steps of normalisation: hidden characters, Unicode forms, case, white space.
 * Unicode tables come from the engine: what a later Unicode version adds may fold differently there. Stable are the
 * composition of assigned characters (UAX #15 section 3) and the set of hidden ones, which is written out here.
 */

/**
 * Code points that show nothing: Default_Ignorable_Code_Point of Unicode 15 (its reserved ranges included) and the
 * interlinear annotation marks U+FFF9..U+FFFB. Zero-width, bidirectional, variation selector and tag characters are
 * among them.
 */
const HIDDEN_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

const hiddenClass = HIDDEN_RANGES.map(([a, z]) => `\\u{${a.toString(16)}}-\\u{${z.toString(16)}}`).join("");

/**
 * Code units without which HIDDEN matches nothing: control characters, the ranges above, and the first halves of those
 * beyond U+FFFF. Without the flag and the look behind, a pass takes a tenth of the time.
 */
const MAY_BE_HIDDEN = new RegExp(`[\\0-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f${HIDDEN_RANGES.map(unitsOf).join("")}]`);

function unitsOf([first, last]: readonly [number, number]): string {
  const [a, z] = [first, last].map((code) => String.fromCodePoint(code).charCodeAt(0).toString(16).padStart(4, "0"));
  return `\\u${a ?? ""}-\\u${z ?? ""}`;
}

/** Control characters that are not white space count as hidden, too: no terminal shows them. */
const HIDDEN = new RegExp(`[\\p{Cc}${hiddenClass}](?<![\\t-\\r\\u0085])`, "gu");

/**
 * Thirty combining marks are more than any language stacks (UAX #15 section 13). Attacker-controlled: the engine sorts
 * marks by insertion, so an unbounded run of them would take quadratic time. U+FF9E and U+FF9F become marks in NFKC.
 */
const EXCESS_MARKS = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]{1,1000}/gu;

/**
 * What NFKC is applied to: all but two Arabic ligatures, which it would spell out as 18 and 8 characters.
 * Attacker-controlled: a page of them would grow to eighteen pages.
 */
const COMPOSED = /[^\ufdfa\ufdfb]+/g;
const LIGATURES = /[\ufdfa\ufdfb]/;

const SINGLE_QUOTES = /[\u02b9\u02bc\u2018-\u201b\u2032\u2035\u2039\u203a\u275b\u275c]/g;
const DOUBLE_QUOTES = /[\u00ab\u00bb\u201c-\u201f\u275d\u275e\u301d-\u301f]/g;
const DASHES = /[\u2010-\u2015\u2212\u2e3a\u2e3b]/g;
const TYPOGRAPHIC = new RegExp(
  `[${[SINGLE_QUOTES, DOUBLE_QUOTES, DASHES].map(({ source }) => source.slice(1, -1)).join("")}]`,
);

/** White_Space of Unicode, and the blank Braille pattern, which looks like it. U+FEFF is no space but hidden. */
const BLANKS = "\\t-\\r\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u2800\\u3000";

/** What is not one blank already: most of a text is, and to leave that alone is four times as fast. */
const SPACES = new RegExp(`[${BLANKS}][ ${BLANKS}]*| [ ${BLANKS}]+`, "g");

/** Two rounds serve nearly always; the bound is for what a future Unicode table may bring. */
const MAX_ROUNDS = 4;

/** What is neither a visible ASCII character nor ASCII white space. A pattern: loops are several times slower here. */
const BEYOND_ASCII = /[^\t-\r -~]/;

/** ASCII that needs no Unicode table: visible characters and white space. */
export function isVisibleAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

/** The text without characters that show nothing. */
export function withoutHidden(text: string): string {
  return MAY_BE_HIDDEN.test(text) ? text.replace(HIDDEN, "") : text;
}

/** What HIDDEN matches, and all other control characters, line breaks among them. */
const UNSEEN = new RegExp(`[\\p{Cc}\\u2028\\u2029${hiddenClass}]`, "u");

/** Whether a text holds what no reader sees, a line break, or a form that stands for another (it is not its own NFKC). */
export function isDisguised(text: string): boolean {
  if (!/[^ -~]/.test(text)) return false;
  return UNSEEN.test(text) || withoutExcess(text) !== text || text.normalize("NFKC") !== text;
}

/** No combining mark stands before U+0300. */
const MAY_HOLD_MARKS = /[\u0300-\uffff]/;

/** So many in a row are too many: of a row that long, one stands at every so-manieth place of the text. */
const EXCESS_RUN = 31;
const MARK = /[\p{M}\uff9e\uff9f\ud800-\udfff]/u;
/** 0 not yet known, 1 no mark nor half of one, 2 one. A memo, no state: the same for every caller. */
const MARKS = new Uint8Array(65_536);

function mayBeMark(code: number): boolean {
  const known = MARKS[code] ?? 0;
  return (known === 0 ? (MARKS[code] = MARK.test(String.fromCharCode(code)) ? 2 : 1) : known) === 2;
}

/** False for nearly all texts, after a look at every thirty-first character. */
function mayHaveExcess(text: string): boolean {
  for (let at = EXCESS_RUN - 1; at < text.length; at += EXCESS_RUN) if (mayBeMark(text.charCodeAt(at))) return true;
  return false;
}

/** In rounds, each of which leaves a thirtieth: a pattern without a bound overflows the engine's stack. */
function withoutExcess(text: string): string {
  if (!MAY_HOLD_MARKS.test(text) || !mayHaveExcess(text)) return text;
  let current = text;
  for (let length = -1; length !== current.length;) {
    length = current.length;
    current = current.replace(EXCESS_MARKS, "$1");
  }
  return current;
}

/** NFKC (two ligatures excepted), with typographic quotation marks and dashes in ASCII. */
export function withoutForms(text: string): string {
  const composed = composedOf(withoutExcess(text));
  if (!TYPOGRAPHIC.test(composed)) return composed;
  return composed.replace(SINGLE_QUOTES, "'").replace(DOUBLE_QUOTES, '"').replace(DASHES, "-");
}

function composedOf(text: string): string {
  if (!LIGATURES.test(text)) return text.normalize("NFKC");
  return text.replace(COMPOSED, (part) => part.normalize("NFKC"));
}

/**
 * Lower case by the root locale. Final sigma becomes the ordinary one, so that the result does not hang on context.
 * Full case folding is not done: `ß` stays apart from `ss` and `İ` from `i`, as domain names keep them apart (RFC 5894).
 */
export function withoutCase(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ");
}

/** Every run of white space is one blank; none at either end. */
export function withoutSpaces(text: string): string {
  return text.replace(SPACES, " ").trim();
}

/** Steps one to three, to a fixed point: removing a character may bring two together that compose. */
export function fold(text: string): string {
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = withoutCase(withoutForms(withoutHidden(current)));
    if (next === current) break;
    current = next;
  }
  return current;
}
