/** What a composed text is made of: value tokens, whole short leaves and long runs of pages, and its words one by one. */
import { MAX_LEAF_WORDS } from "../bounds.js";
import { canonicalScalar } from "../values.js";
import { Places, type Kind } from "./places.js";
import { addExact, addToken } from "./search.js";
import type { Segment } from "./segment.js";
import { LEAF_SORT } from "./sorts.js";
import type { Sought, TokenUnit } from "./sought.js";
import type { View } from "./view.js";

type Views = readonly View[];

/** Adds the places of whole value tokens, whole leaves of several words, and long runs that a text shares with pages. */
export function addParts(views: Views, sought: Sought, places: Places): void {
  for (const { canonical } of sought.tokenUnits) addToken(views, sought, canonical, places);
  for (const { segment, count } of views) segment.addRuns(sought, { count, places });
  for (const view of views) addLeavesWithin(view, sought, places);
}

/** Shorter leaves are found by chance; their words count in coverage all the same. */
const MIN_LEAF_CHARS = 8;

/** Adds the leaves of two to MAX_LEAF_WORDS words that stand in the text from a word's start to a word's end. */
function addLeavesWithin(view: View, sought: Sought, places: Places): void {
  const { words } = sought;
  for (let word = 0; word + 1 < words.length; word++) {
    if (!view.has(word)) continue;
    // Leaves of one word are none.
    let tried = 1;
    view.eachNode(word, (node) => {
      const lengths = view.segment.words.leafLengths(node) & ~tried;
      tried |= lengths;
      if (lengths !== 0) addLeavesFrom(view, sought, { word, lengths }, places);
      return false;
    });
  }
}

/** Bit n-1 of `lengths`: leaves of n words are looked for. */
function addLeavesFrom(
  { segment, count }: View,
  { normal, words, hasher }: Sought,
  { word, lengths }: { readonly word: number; readonly lengths: number },
  places: Places,
): void {
  const start = words.start(word);
  const most = Math.min(MAX_LEAF_WORDS, words.length - word);
  let hashed = start;
  hasher.start(LEAF_SORT);
  for (let size = 1; size <= most && lengths >>> (size - 1) !== 0; size++) {
    const end = words.end(word + size - 1);
    hasher.take(normal, hashed, end);
    hashed = end;
    if ((lengths & (1 << (size - 1))) === 0 || end - start < MIN_LEAF_CHARS) continue;
    segment.addEqual(normal, { start, end, hash: hasher.end() }, { places, count });
  }
}

export interface Coverage {
  readonly isCovered: boolean;
  /** The most trusted place of each word. */
  readonly places: Places;
}

/** Whether each word of a text of two or more stands in some page. */
export function coverageOf(views: Views, sought: Sought): Coverage {
  const places = new Places();
  const { count, isWhole } = sought.eachUnit({
    word: (word) => addBestWord(views, sought, word, places),
    token: (token) => addBestToken(views, sought, token, places),
  });
  return isWhole ? { isCovered: count >= 2, places } : { isCovered: false, places: new Places() };
}

/** Adds the most trusted place of a word, the first of several. Returns false when it stands nowhere. */
function addBestWord(views: Views, { words }: Sought, word: number, places: Places): boolean {
  let best: Kind | undefined;
  let segment: Segment | undefined;
  let found = 0;
  for (const view of views) {
    if (!view.has(word)) continue;
    view.eachNode(word, (node) => {
      const kind = view.segment.kindOf(view.segment.words.kind(node));
      if (best !== undefined && best.rank <= kind.rank) return false;
      best = kind;
      segment = view.segment;
      found = node;
      return false;
    });
  }
  if (best === undefined || segment === undefined) return false;
  if (!places.has(best)) places.add(segment.placeAt(segment.words.first(found), words.end(word) - words.start(word)));
  return true;
}

function addBestToken(views: Views, sought: Sought, unit: TokenUnit, places: Places): boolean {
  const [best] = tokenPlaces(views, sought, unit).byTrust();
  if (best !== undefined) places.add(best);
  return best !== undefined;
}

/** The places of a value token of the text; of one that stands nowhere as such, the leaves that it is as a whole. */
function tokenPlaces(views: Views, sought: Sought, { start, end, canonical }: TokenUnit): Places {
  const places = new Places();
  addToken(views, sought, canonical, places);
  if (places.size > 0) return places;
  addExact(views, sought, { start, end, scalar: canonicalScalar(sought.normal.slice(start, end)) }, places);
  return places;
}

/** The kinds of leaf in which each word and value token of the text stands, in order. */
export function kindsOfUnits(views: Views, sought: Sought): readonly (readonly Kind[])[] {
  const kinds: (readonly Kind[])[] = [];
  sought.eachUnit({
    word: (word) => kinds.push(kindsOfWord(views, word)) > 0,
    token: (token) => kinds.push(tokenPlaces(views, sought, token).kinds()) > 0,
  });
  return kinds;
}

function kindsOfWord(views: Views, word: number): readonly Kind[] {
  const kinds = new Set<Kind>();
  for (const view of views) {
    view.eachNode(word, (node) => {
      kinds.add(view.segment.kindOf(view.segment.words.kind(node)));
      return false;
    });
  }
  return [...kinds];
}
