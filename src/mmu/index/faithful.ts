/** Whether a place is what a text says, and not only what it looks like: of two spellings, one may lead elsewhere. */
import { originalSpan } from "../text/kept-form.js";
import { isDisguised } from "../text/folding.js";
import { canonicalToken } from "../tokens.js";
import { bareAccount, bareDigits } from "../tokens/accounts.js";
import { currenciesAt, isBareYear, isMoney } from "../tokens/digits.js";
import type { TokenKind } from "../tokens/kinds.js";
import { canonicalScalar } from "../values.js";
import type { Place } from "./places.js";
import type { Sought } from "./sought.js";

/** Says of a place that was found whether it counts as the text that was looked for. */
export type Accepts = (place: Place) => boolean;

/**
 * The test for the places of an argument's text.
 * - Text with hidden characters, control characters or compatibility forms has no place: it can carry what the place does not say.
 * - Digits that may be an id do not stand where a sum of money or a year stands.
 * - A trusted place counts only as it was written, and for no sum of another currency; case is free in plain words, host names and e-mail addresses, and
 *   separators in account numbers.
 */
export function acceptsFor(sought: Sought): Accepts {
  // Most texts that are looked for have no place at all.
  let made: Accepts | undefined;
  return (place) => (made ??= madeFor(sought))(place);
}

function madeFor(sought: Sought): Accepts {
  if (isDisguised(sought.written)) return () => false;
  const isDigits = /^\d+$/.test(sought.normal);
  const isSpelled = spellingOf(sought);
  return (place) => {
    if (isDigits && isNoId(place)) return false;
    return place.kind.labels.integrity !== "trusted" || isSpelled(place);
  };
}

function isNoId({ segment, leaf, start, end }: Place): boolean {
  const { normal } = segment.leafAt(leaf);
  return isMoney(normal, start, end) || isBareYear(normal, start, end);
}

/** In these, case or separators mean nothing (RFC 5321 leaves the local part to its host; no host in use tells case apart). */
const FREE_KINDS: ReadonlySet<TokenKind> = new Set(["email", "iban", "card", "phone"]);
const NET_KINDS: ReadonlySet<TokenKind> = new Set(["url", "domain"]);
const LITERAL_KINDS: ReadonlySet<TokenKind> = new Set(["path", "id", "wallet"]);

function spellingOf(sought: Sought): Accepts {
  const { normal } = sought;
  const written = sought.written.trim();
  const account = bareAccount(normal);
  const scalar = canonicalScalar(normal);
  if (account !== undefined || scalar !== undefined) {
    const currencies = currenciesAt(normal, 0, normal.length);
    return (place) => isSameNumber(normalOf(place), account, scalar) && isSameCurrency(place, currencies);
  }
  const kinds = sought.tokens.flatMap(({ kind, start, end }) =>
    kind !== "amount" && start === 0 && end === normal.length ? [kind] : [],
  );
  const isOf = (set: ReadonlySet<TokenKind>): TokenKind | undefined => kinds.find((kind) => set.has(kind));
  const free = isOf(FREE_KINDS);
  if (free !== undefined) return (place) => canonicalToken(free, normalOf(place)) === canonicalToken(free, normal);
  const net = isOf(NET_KINDS);
  if (net !== undefined) return (place) => canonicalToken(net, writtenOf(place)) === canonicalToken(net, written);
  if (isOf(LITERAL_KINDS) !== undefined || isLiteral(written)) return (place) => writtenOf(place) === written;
  return (place) => normalOf(place) === normal;
}

function isSameNumber(found: string, account: string | undefined, scalar: string | undefined): boolean {
  if (account !== undefined && bareDigits(found) === account) return true;
  return scalar !== undefined && canonicalScalar(found) === scalar;
}

/** Whether the sum that stands there is in the currencies of the one that is looked for, as far as both say. */
function isSameCurrency({ segment, leaf, start, end }: Place, currencies: readonly string[]): boolean {
  const { normal } = segment.leafAt(leaf);
  const there = currenciesAt(normal, start, end);
  return there.length === 0 || currencies.every((name) => there.includes(name));
}

function normalOf({ segment, leaf, start, end }: Place): string {
  return segment.leafAt(leaf).normal.slice(start, end);
}

function writtenOf({ segment, leaf, start, end }: Place): string {
  const kept = segment.leafAt(leaf);
  const span = originalSpan(kept, start, end);
  return kept.text.slice(span.start, span.end).trim();
}

/** A word, for text in any script. Linear: each match takes all of a run. */
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/** A slash, or a word that mixes letters and digits: letter for letter it names a thing, and in other letters another. */
function isLiteral(written: string): boolean {
  if (/[/\\]/.test(written)) return true;
  return (written.match(WORDS) ?? []).some((word) => /\p{N}/u.test(word) && /\p{L}/u.test(word));
}
