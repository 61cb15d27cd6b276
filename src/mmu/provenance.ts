/** Where the value of an argument came from, and what it is to be treated as (design.md section 4). */
import type { Labels } from "../abi/labels.js";
import type { Origin, Provenance } from "../abi/provenance.js";
import { MAX_ARGUMENT_CHARS, MAX_ORIGINS } from "./bounds.js";
import { acceptsFor } from "./index/faithful.js";
import { addParts, coverageOf, kindsOfUnits } from "./index/parts.js";
import { Places, type Kind, type Place } from "./index/places.js";
import { addTyped, findWhole, type Whole } from "./index/search.js";
import { Sought, soughtOf } from "./index/sought.js";
import { viewsOf, type View } from "./index/view.js";
import { BOTTOM, join } from "./lattice.js";
import type { Memory } from "./memory.js";
import { isVisibleAscii, withoutForms, withoutHidden, withoutSpaces } from "./text/folding.js";
import { originalSpan } from "./text/kept-form.js";
import { activeTokensOf, unreadToken, type Token } from "./tokens.js";
import { canonicalScalar } from "./values.js";

/**
 * The provenance of one argument leaf. `session` is what composed text is at least: the join of all that was delivered.
 * Booleans and null are found only as whole leaves of the same type; a number only as a number. Deterministic: the same
 * memory and value give the same answer.
 */
export function provenanceOf(memory: Memory, value: string | number | boolean | null, session: Labels): Provenance {
  if (typeof value === "string") {
    return value.length > MAX_ARGUMENT_CHARS ? nowhere(memory, session, []) : textProvenance(memory, value, session);
  }
  const whole = typeof value === "number" ? numberWhole(memory, value) : wordWhole(memory, value);
  return wholeAnswer(memory, whole) ?? nowhere(memory, session, []);
}

function numberWhole(memory: Memory, value: number): Whole {
  const scalar = canonicalScalar(value) ?? "";
  const sought = new Sought(scalar.slice(2), memory.seed);
  return findWhole(viewsOf(memory.spans, sought), sought, { typed: scalar });
}

/** JSON's own words. */
function wordWhole(memory: Memory, value: boolean | null): Whole {
  const sought = new Sought("", memory.seed);
  const places = new Places();
  addTyped(viewsOf(memory.spans, sought), sought, `b:${String(value)}`, places);
  return { places, isExact: true, doubts: [] };
}

function textProvenance(memory: Memory, value: string, session: Labels): Provenance {
  const sought = soughtOf(value, memory.seed);
  const views = viewsOf(memory.spans, sought);
  const whole = findWhole(views, sought, { accepts: acceptsFor(sought) });
  const answer = wholeAnswer(memory, whole) ?? refusedAnswer(memory, whole, session);
  return answer ?? composed(memory, { sought, views, doubts: whole.doubts }, session);
}

/** A value token that acts, and where it came from. */
export interface TokenProvenance {
  readonly token: Token;
  readonly provenance: Provenance;
}

/** The provenance of each link, address and account number in a text and in its readings. */
export function tokenProvenance(memory: Memory, text: string, session: Labels): readonly TokenProvenance[] {
  if (text.length > MAX_ARGUMENT_CHARS) {
    return [{ token: unreadToken(text.length), provenance: nowhere(memory, session, []) }];
  }
  const sought = soughtOf(text, memory.seed);
  const seen = new Map<string, Token>();
  for (const form of [sought, ...sought.readings].flatMap(({ written }) => formsOf(written))) {
    for (const token of activeTokensOf(form)) {
      const key = `${token.kind} ${token.canonical}`;
      if (!seen.has(key)) seen.set(key, token);
    }
  }
  // What could not be read to the end may hold anything.
  const unread = sought.isReadWhole ? [] : [unreadToken(text.length)];
  return [...seen.values(), ...unread].map((token) => ({
    token,
    provenance: provenanceOf(memory, token.text, session),
  }));
}

/** No account number is longer with all its separators; in longer texts blanks part the columns of a table. */
const MAX_ACCOUNT_CHARS = 64;

/**
 * A text as written, as programs read it that fold forms and skip what shows nothing, and a short one with single
 * blanks: whoever reads an account number skips whatever blanks stand between its groups.
 */
function formsOf(written: string): readonly string[] {
  const plain = isVisibleAscii(written) ? written : withoutForms(withoutHidden(written));
  const spaced = plain.length > MAX_ACCOUNT_CHARS ? plain : withoutSpaces(plain);
  return [...new Set([written, plain, spaced])];
}

/** The classes of the places of each word of a text, in order; a value token is one word. `nowhere` for a new word. */
export function wordClasses(memory: Memory, text: string): readonly ReadonlySet<string>[] {
  const sought = soughtOf(text, memory.seed);
  const views = viewsOf(memory.spans, sought);
  const made = new Map<Kind, ReadonlySet<string>>();
  return kindsOfUnits(views, sought).map((kinds) => {
    const [only] = kinds;
    if (only === undefined || kinds.length > 1) return classesOf(kinds);
    const classes = made.get(only) ?? classesOf(kinds);
    made.set(only, classes);
    return classes;
  });
}

/** The answer for a value found exactly or contained, or undefined. */
function wholeAnswer(memory: Memory, { places, isExact, doubts }: Whole): Provenance | undefined {
  if (places.size === 0) return undefined;
  const kinds = places.kinds();
  return {
    match: isExact ? "exact" : "contained",
    origins: originsOf(places),
    labels: wholeLabels(memory, kinds, [...places.refused.kinds(), ...doubts]),
    classes: classesOf(kinds),
    endorsed: kinds.some(({ labels }) => labels.integrity === "trusted"),
  };
}

/**
 * The answer for a value that only looks like what stands somewhere. It may say something else to the machine that reads
 * it, so it counts as composed, and as made from what it looks like.
 */
function refusedAnswer(memory: Memory, { places, doubts }: Whole, session: Labels): Provenance | undefined {
  const { refused } = places;
  if (refused.size === 0) return undefined;
  const all = [...refused.kinds(), ...doubts].map(({ labels }) => labels);
  const { labels, classes } = nowhere(memory, session, all);
  return { match: "decoded", origins: originsOf(refused), labels, classes, endorsed: false };
}

/**
 * Integrity is the most trusted of the places: what the user said stays the user's when an attacker repeats it. All else
 * is joined over them, unless the user said it: then that place decides alone. What was evicted may have held it too, so
 * it joins all but the integrity, which a lost place cannot have raised.
 */
function wholeLabels(memory: Memory, kinds: readonly Kind[], doubts: readonly Kind[]): Labels {
  const users = kinds.filter(({ classes }) => classes.includes("user"));
  const deciding = users.length > 0 ? users : [...kinds, ...doubts];
  const all = deciding.map(({ labels }) => labels).reduce(join, users.length > 0 ? BOTTOM : memory.evicted);
  const most = (users.length > 0 ? users : kinds).reduce((best, kind) => (kind.rank < best.rank ? kind : best));
  return { ...all, integrity: most.labels.integrity };
}

interface Composed {
  readonly sought: Sought;
  readonly views: readonly View[];
  readonly doubts: readonly Kind[];
}

/**
 * The answer for a text that stands nowhere as a whole. Its parts join its labels in full. When every word of it stands
 * in some page, the integrity is that of each word's most trusted place, not the session's: nearly every word stands in
 * some stranger's text, so the least trusted place would say nothing. INVARIANT: coverage raises nothing else. A secret
 * said in other words is still one; and a covered text is never endorsed.
 */
function composed(memory: Memory, { sought, views, doubts }: Composed, session: Labels): Provenance {
  const coverage = coverageOf(views, sought);
  const parts = new Places();
  addParts(views, sought, parts);
  for (const reading of sought.readings) addReading(memory, reading, parts);
  const doubted = doubts.map(({ labels }) => labels);
  const isDecoded = parts.size > 0;
  if (!isDecoded && !coverage.isCovered) return nowhere(memory, session, doubted);
  const isCovered = coverage.isCovered && sought.isReadWhole;
  const base: Labels = isCovered ? { ...session, integrity: "trusted" } : session;
  const covering = isCovered ? coverage.places.kinds().map(({ labels }) => labels) : [];
  const labels = [base, ...covering, ...parts.kinds().map((kind) => kind.labels), ...doubted].reduce(
    join,
    memory.evicted,
  );
  const origins = originsOf(isDecoded ? parts : coverage.places);
  return {
    match: isDecoded ? "decoded" : "covered",
    origins,
    labels,
    classes: nowhereClasses(memory),
    endorsed: false,
  };
}

/** Adds what a reading of a text is or holds. */
function addReading(memory: Memory, reading: Sought, places: Places): void {
  const views = viewsOf(memory.spans, reading);
  for (const place of findWhole(views, reading).places.all()) places.add(place);
  addParts(views, reading, places);
}

function nowhere(memory: Memory, session: Labels, doubts: readonly Labels[]): Provenance {
  const labels = doubts.reduce(join, join(session, memory.evicted));
  return { match: "nowhere", origins: [], labels, classes: nowhereClasses(memory), endorsed: false };
}

const NOWHERE: ReadonlySet<string> = new Set(["nowhere"]);

/** What stands nowhere may have stood in what was evicted. */
function nowhereClasses({ evictedClasses }: Memory): ReadonlySet<string> {
  return evictedClasses.length === 0 ? NOWHERE : new Set(["nowhere", ...evictedClasses]);
}

function classesOf(kinds: readonly Kind[]): ReadonlySet<string> {
  if (kinds.length === 0) return NOWHERE;
  return new Set(kinds.flatMap(({ classes }) => classes).sort());
}

/** A choice of places, one a kind: the most trusted ones and the least trusted ones. */
function originsOf(found: Places): readonly Origin[] {
  const places = found.byTrust();
  if (places.length <= MAX_ORIGINS) return places.map(originOf);
  const half = MAX_ORIGINS / 2;
  return [...places.slice(0, half), ...places.slice(-half)].map(originOf);
}

function originOf({ segment, leaf, kind, start, end }: Place): Origin {
  const kept = segment.leafAt(leaf);
  const { labels, classes } = kind;
  return { page: kept.page, path: kept.path, ...originalSpan(kept, start, end), labels, classes };
}
