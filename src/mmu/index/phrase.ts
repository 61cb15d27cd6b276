/** Where a short text stands as a whole run of words in longer leaves: a name in a sentence. */
import { RUN_CHARS } from "../bounds.js";
import { isDigitCode, isWholeAt, isWordCode } from "../tokens/chars.js";
import type { Kind, Place, Places } from "./places.js";
import type { Sought, Words } from "./sought.js";
import type { View } from "./view.js";

/** A phrase, and its word to search by. */
interface Phrase {
  readonly sought: Sought;
  /** Without quotes and brackets around it, and without punctuation at its end. */
  readonly text: string;
  /** Where it begins in the text that is looked for. */
  readonly from: number;
  readonly words: Words;
  /** The longest word, the first of several: a choice that does not depend on what is stored. */
  readonly key: number;
  /** A name of three letters counts when it is written with a capital in both places; shorter words never do. */
  readonly needsCapital: boolean;
}

const SHORT_NAME = 3;

/**
 * Adds for each kind of leaf the first place where the text stands as a whole run of words. Returns the kinds whose
 * places were too many to be tried.
 */
export function addPhrase(views: readonly View[], sought: Sought, places: Places): readonly Kind[] {
  const phrase = phraseOf(sought);
  if (phrase === undefined) return [];
  const { needsCapital, text } = phrase;
  if (needsCapital && !isCapital(sought.written, text)) return [];
  const doubts: Kind[] = [];
  for (const view of views) {
    const { segment } = view;
    view.eachNode(phrase.key, (node) => {
      const kind = segment.words.kind(node);
      let refused = 0;
      // Of places that look alike some may not count: a few are tried.
      const found = firstPlace(view, phrase, node, (place) => {
        const isNamed = !needsCapital || isCapital(segment.leafAt(place.leaf).text, text);
        return (isNamed && places.add(place)) || ++refused >= MAX_REFUSED;
      });
      if (!found && segment.words.wholeUntil(node) < view.limit) doubts.push(segment.kindOf(kind));
      return false;
    });
  }
  return doubts;
}

/** Places of one kind that are tried though those before them did not count. */
const MAX_REFUSED = 8;

/**
 * Calls `visit` for the places in leaves of the kind that `node` is of until it returns true; returns whether it did. Looked for where the phrase's rarest word stands, among the
 * places of the key that are tried: so the answer does not depend on which word is the rarest.
 */
function firstPlace(view: View, phrase: Phrase, node: number, visit: (place: Place) => boolean): boolean {
  const { segment, limit } = view;
  const { words, key } = phrase;
  if (phrase.text.length >= RUN_CHARS) {
    const kind = segment.words.kind(node);
    if (!segment.mayHoldRun(phrase.sought, phrase.from, kind, view.count)) return false;
  }
  const rare = rarestWord(view, phrase, node);
  if (rare === undefined) return false;
  const keyAhead = words.start(key) - phrase.from;
  const rareAhead = words.start(rare.word) - phrase.from;
  const end = Math.min(limit, segment.words.wholeUntil(node) + rareAhead - keyAhead);
  let found = false;
  segment.words.eachPlace(rare.node, end, (position) => {
    const place = phraseAt(view, phrase.text, position - rareAhead);
    found = place !== undefined && visit(place);
    return found;
  });
  return found;
}

/** So few are tried sooner than a rarer word is found. */
const FEW_PLACES = 2;

/** The word of the phrase with the fewest places in leaves of this kind; undefined when one has none. */
function rarestWord(
  view: View,
  { words, key }: Phrase,
  node: number,
): { readonly word: number; readonly node: number } | undefined {
  const table = view.segment.words;
  const kind = table.kind(node);
  let best = { word: key, node };
  let least = table.count(node);
  for (let word = 0; word < words.length && least > FEW_PLACES; word++) {
    const other = view.nodeOf(word, kind);
    if (other < 0) return undefined;
    const count = table.count(other);
    // INVARIANT: a list that is not whole is the longest there is, so none but the key's is ever taken.
    if (count >= least) continue;
    best = { word, node: other };
    least = count;
  }
  return best;
}

/** The phrase at a position, when it stands there and cuts neither a word nor a value token. */
function phraseAt({ segment }: View, phrase: string, position: number): Place | undefined {
  if (position < 0) return undefined;
  const place = segment.placeAt(position, phrase.length);
  const { normal } = segment.leafAt(place.leaf);
  if (!normal.startsWith(phrase, place.start) || !isWholeAt(normal, place.start, place.end)) return undefined;
  return segment.cuts(position) || segment.cuts(position + phrase.length) ? undefined : place;
}

/** Undefined when the phrase says too little to be found: one common word, or less than three characters. */
function phraseOf(sought: Sought): Phrase | undefined {
  const { words } = sought;
  const { from, text } = withoutMarks(sought.normal);
  let characters = 0;
  let key = 0;
  for (let word = 0; word < words.length; word++) {
    const length = words.end(word) - words.start(word);
    characters += length;
    if (length > words.end(key) - words.start(key)) key = word;
  }
  if (characters < SHORT_NAME) return undefined;
  const isSingle = words.length === 1;
  if (isSingle && (COMMON_WORDS.has(text) || (characters === SHORT_NAME && hasOnlyDigits(text)))) return undefined;
  return { sought, text, from, words, key, needsCapital: isSingle && characters === SHORT_NAME };
}

/** Marks around a phrase, at most so many on each side. */
const MAX_MARKS = 8;
const OPENING = "\"'([{<";
const CLOSING = "\"')]}>.,;:!?";

function withoutMarks(normal: string): { readonly from: number; readonly text: string } {
  let from = 0;
  while (from < MAX_MARKS && from < normal.length && OPENING.includes(normal.charAt(from))) from++;
  let end = normal.length;
  while (normal.length - end < MAX_MARKS && end > from && CLOSING.includes(normal.charAt(end - 1))) end--;
  return { from, text: normal.slice(from, end) };
}

function hasOnlyDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isWordCode(code) && !isDigitCode(code)) return false;
  }
  return true;
}

/** True when the word stands in the text as written with its first letter a capital. */
function isCapital(text: string, word: string): boolean {
  const name = word.slice(0, 1).toUpperCase() + word.slice(1);
  return name !== word && (text.includes(name) || text.includes(word.toUpperCase()));
}

/** Words that name nothing: by themselves they are found everywhere. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  (
    "the and for are but not you all any can had her was one our out has him his how its let may new now old see two way who " +
    "did get got use say she too own off yes per via that this with from have will your what when they them then than were " +
    "been their there here which would could should about after before into more most other some such only also just like " +
    "over very each every both same make made many much must need please send read write file data text name time user " +
    "true false null none message value type list item page email mail"
  ).split(" "),
);
