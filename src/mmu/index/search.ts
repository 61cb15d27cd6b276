/** Where a normalised text stands as a whole in the leaves of a memory: exactly, or as a whole token or run of words. */
import { bareAccount } from "../tokens/accounts.js";
import { canonicalScalar, isNumeric } from "../values.js";
import { addPhrase } from "./phrase.js";
import type { Accepts } from "./faithful.js";
import { Places, type Kind } from "./places.js";
import { TOKEN_SORT, TYPED_SORT } from "./sorts.js";
import type { Sought } from "./sought.js";
import type { View } from "./view.js";

type Views = readonly View[];

export interface Whole {
  /** Exact places first. */
  readonly places: Places;
  readonly isExact: boolean;
  /** Kinds of leaf that hold so many candidates that not all were tried: it may stand in them. */
  readonly doubts: readonly Kind[];
}

/** A longer text is no value token. */
const MAX_WHOLE_TOKEN = 2048;

/** How a text is looked for. */
export interface SearchOptions {
  /** Stands for a number that was given as one: then only numbers are exact. */
  readonly typed?: string;
  /** All places count without it. */
  readonly accepts?: Accepts;
}

/** The places of a text as a whole. */
export function findWhole(views: Views, sought: Sought, { typed, accepts }: SearchOptions = {}): Whole {
  const places = new Places(accepts);
  const { normal } = sought;
  if (normal === "") return { places, isExact: false, doubts: [] };
  const scalar = canonicalScalar(normal);
  if (typed !== undefined) addTyped(views, sought, typed, places);
  else addExact(views, sought, { start: 0, end: normal.length, scalar }, places);
  const isExact = places.size > 0;
  // A bare number is found only where a number stands for a value; never as a word.
  if (scalar !== undefined && isNumeric(scalar)) {
    addToken(views, sought, scalar, places);
    const account = bareAccount(normal);
    if (account !== undefined) addToken(views, sought, account, places);
    return { places, isExact, doubts: [] };
  }
  for (const canonical of wholeTokens(sought)) addToken(views, sought, canonical, places);
  return { places, isExact, doubts: addPhrase(views, sought, places) };
}

export interface Part {
  readonly start: number;
  readonly end: number;
  /** The number or date that it is. */
  readonly scalar: string | undefined;
}

/** Adds the leaves that are a part of the text as a whole. */
export function addExact(views: Views, sought: Sought, { start, end, scalar }: Part, places: Places): void {
  const span = { start, end, hash: { ...sought.leafHash(start, end) } };
  for (const { segment, count } of views) segment.addEqual(sought.normal, span, { places, count });
  if (scalar !== undefined) addTyped(views, sought, scalar, places);
}

/** Adds the leaves that are a number, date, boolean or null as a whole. */
export function addTyped(views: Views, sought: Sought, key: string, places: Places): void {
  const hash = { ...sought.hasher.of(key, 0, key.length, TYPED_SORT) };
  for (const { segment, count } of views) segment.addTyped(key, hash, { places, count });
}

/** Adds the places of a value token. */
export function addToken(views: Views, sought: Sought, canonical: string, places: Places): void {
  const hash = { ...sought.hasher.of(canonical, 0, canonical.length, TOKEN_SORT) };
  for (const { segment, count } of views) segment.addToken(canonical, hash, { places, count });
}

/** The canonical forms of a text that is one value token from end to end. */
function wholeTokens({ normal, tokens }: Sought): readonly string[] {
  if (normal.length > MAX_WHOLE_TOKEN) return [];
  const whole = tokens.filter(({ start, end, kind }) => start === 0 && end === normal.length && kind !== "amount");
  return whole.map(({ canonical }) => canonical);
}
