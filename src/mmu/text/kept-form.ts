/** A text as an index keeps it: in the form in which texts are compared, and with the way back where that is long. */
import { normalize } from "./normalize.js";
import { SpanMap } from "./span-map.js";

export interface KeptForm {
  readonly text: string;
  readonly normal: string;
  /** Undefined where it is not needed, or quickly made. */
  readonly map: SpanMap | undefined;
}

/** A shorter text is mapped when it is asked for. */
const MIN_KEPT_CHARS = 256;

/** A longer one is named as a whole. */
const MAX_MAPPED_CHARS = 1024 * 1024;

export function keptForm(text: string): KeptForm {
  const normal = normalize(text);
  const isWorth = text.length >= MIN_KEPT_CHARS && text.length <= MAX_MAPPED_CHARS && normal.length !== text.length;
  return { text, normal, map: isWorth ? new SpanMap(text) : undefined };
}

/** The span of the text that a span of its normal form came from. */
export function originalSpan(
  { text, normal, map }: KeptForm,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } {
  if (text.length === normal.length && isSameSpan(text, normal, start, end)) return { start, end };
  if (text.length > MAX_MAPPED_CHARS) return { start: 0, end: text.length };
  const back = map ?? new SpanMap(text);
  return { start: back.at(start), end: end >= normal.length ? text.length : back.at(end) };
}

function isSameSpan(text: string, normal: string, start: number, end: number): boolean {
  if (text === normal || (start === 0 && end === normal.length)) return true;
  return normalize(text.slice(start, end)) === normal.slice(start, end);
}
