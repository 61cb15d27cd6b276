/**
 * One generation of pages with its index: append-only, so that a look-up up to a mark never changes its answer. Leaves are
 * indexed when something is first looked for behind them, or earlier by `settle`, in the order in which they came.
 */
import type { Labels } from "../../abi/labels.js";
import { GRAM_CHARS, RUN_CHARS, STRIDE } from "../bounds.js";
import { BOTTOM, join } from "../lattice.js";
import { canonicalToken } from "../tokens.js";
import { TOKEN_KINDS, type FoundKind } from "../tokens/kinds.js";
import { scanTokens } from "../tokens/scan.js";
import { canonicalScalar } from "../values.js";
import { Column, lastAtMost, Rows } from "./column.js";
import { GramTable } from "./grams.js";
import { Hasher, type Hash } from "./hash.js";
import { KeyTable } from "./key-table.js";
import { rankOf, type KeptLeaf, type Kind, type Place, type Places } from "./places.js";
import { LEAF_SORT, TOKEN_SORT, TYPED_SORT } from "./sorts.js";
import type { Sought } from "./sought.js";
import { WordTable } from "./words.js";

/** A generation as one handle sees it: its first `count` leaves. */
export interface Span {
  readonly segment: Segment;
  readonly count: number;
  /** As charged against the bound. */
  readonly bytes: number;
}

const FOUND_KINDS: readonly FoundKind[] = [...TOKEN_KINDS, "amount"];
const KIND_NUMBERS: ReadonlyMap<FoundKind, number> = new Map(FOUND_KINDS.map((kind, number) => [kind, number]));
const KIND_BITS = 4;

/** Fields of a token: its length is kept above its kind. */
const POSITION = 0;
const SIZE_AND_KIND = 1;

export class Segment {
  private readonly seed: number;
  private readonly hasher: Hasher;
  private readonly leaves: KeptLeaf[] = [];
  /** INVARIANT: no table is read before all leaves are in it. */
  private indexed = 0;
  private readonly leafKinds = new Column();
  private readonly starts = new Column();
  private readonly kinds: Kind[] = [];
  /** The first leaf of each kind. */
  private readonly kindLeaves: number[] = [];
  private readonly kindIds = new Map<Kind, number>();
  private readonly exact = new KeyTable();
  private readonly tokens = new KeyTable();
  private readonly tokenPlaces = new Rows(2);
  private readonly grams: GramTable;
  private readonly wordTable: WordTable;
  /** Position after the last leaf; between two leaves one position stays free. */
  private size = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.hasher = new Hasher(seed);
    this.wordTable = new WordTable(this.hasher);
    this.grams = new GramTable(this.hasher.base);
  }

  /** Leaves so far. */
  get count(): number {
    return this.leaves.length;
  }

  /** The words of all leaves. */
  get words(): WordTable {
    this.settle();
    return this.wordTable;
  }

  /** Appends a leaf. Kinds are told apart by identity: the owner hands one object for what is one kind. */
  append(leaf: KeptLeaf, kind: Kind): void {
    const id = this.kindId(kind);
    this.leaves.push(leaf);
    this.leafKinds.push(id);
    this.starts.push(this.size);
    this.size += leaf.normal.length + 1;
  }

  /** Indexes the leaves that are not yet. Linear in them. */
  settle(): void {
    while (this.indexed < this.leaves.length) this.index(this.indexed++);
  }

  private index(leafIndex: number): void {
    const leaf = this.leafAt(leafIndex);
    const { normal } = leaf;
    const id = this.leafKinds.at(leafIndex);
    const position = this.starts.at(leafIndex);
    this.exact.add(this.hasher.of(normal, 0, normal.length, LEAF_SORT), id, leafIndex);
    const typed = typedKey(leaf);
    if (typed !== undefined) this.exact.add(this.hasher.of(typed, 0, typed.length, TYPED_SORT), id, leafIndex);
    this.addTokens(normal, position, id);
    this.wordTable.addLeaf(normal, position, id);
    this.grams.addLeaf(normal, position, id);
  }

  /** A copy of the first `count` leaves, for a handle whose storage has moved on. */
  copy(count: number): Segment {
    const copy = new Segment(this.seed);
    this.leaves.slice(0, count).forEach((leaf, index) => {
      copy.append(leaf, this.kindOf(this.leafKinds.at(index)));
    });
    return copy;
  }

  /** The join of the labels of the first `count` leaves. */
  labels(count: number): Labels {
    return this.kinds.reduce(
      (labels, kind, id) => ((this.kindLeaves[id] ?? count) < count ? join(labels, kind.labels) : labels),
      BOTTOM,
    );
  }

  /** The kinds of the first `count` leaves. */
  kindsOf(count: number): readonly Kind[] {
    return this.kinds.filter((_, id) => (this.kindLeaves[id] ?? count) < count);
  }

  leafAt(index: number): KeptLeaf {
    return this.leaves[index] ?? NO_LEAF;
  }

  kindOf(id: number): Kind {
    return this.kinds[id] ?? NO_KIND;
  }

  /** The position after the first `count` leaves. */
  limit(count: number): number {
    return count >= this.leaves.length ? this.size : this.starts.at(count);
  }

  /** Adds the first leaf of each kind that is `normal[start, end)` as a whole, whose hash the caller has made. */
  addEqual(
    normal: string,
    span: { readonly start: number; readonly end: number; readonly hash: Hash },
    to: Found,
  ): void {
    const length = span.end - span.start;
    this.addLeaves(
      span.hash,
      to,
      (leaf) => leaf.normal.length === length && normal.startsWith(leaf.normal, span.start),
    );
  }

  /** Adds the first leaf of each kind that is this number, date, boolean or null as a whole. */
  addTyped(key: string, hash: Hash, to: Found): void {
    this.addLeaves(hash, to, (leaf) => typedKey(leaf) === key);
  }

  /** Adds the first token of each kind that has this canonical form. */
  addToken(canonical: string, hash: Hash, to: Found): void {
    this.settle();
    const limit = this.limit(to.count);
    for (let node = this.tokens.find(hash.a, hash.b); node >= 0; node = this.tokens.next(node)) {
      const token = this.tokens.first(node);
      const position = this.tokenPlaces.at(token, POSITION);
      if (position >= limit || to.places.has(this.kindOf(this.tokens.kind(node)))) continue;
      const packed = this.tokenPlaces.at(token, SIZE_AND_KIND);
      const place = this.placeAt(position, packed >> KIND_BITS);
      const { normal } = this.leafAt(place.leaf);
      const kind = FOUND_KINDS[packed & ((1 << KIND_BITS) - 1)] ?? "quoted";
      if (canonicalToken(kind, normal.slice(place.start, place.end)) === canonical) to.places.add(place);
    }
  }

  /** Adds for every kind the first place that shares a run of RUN_CHARS with the text. */
  addRuns(sought: Sought, { count, places }: Found): void {
    this.settle();
    const done = new Set<number>();
    this.grams.scan(sought.grams, this.limit(count), ({ at, kind, position, isFull }) => {
      if (done.has(kind)) return false;
      if (!places.has(this.kindOf(kind))) {
        const run = this.extend(sought.normal, at, position);
        if (run === undefined || (run.end - run.start < RUN_CHARS && !isFull)) return false;
        places.add(run);
      }
      done.add(kind);
      return done.size === this.kinds.length;
    });
  }

  /**
   * False when nothing of RUN_CHARS that starts at `from` in the text stands in leaves of the kind: one of its first
   * STRIDE grams would be kept.
   */
  mayHoldRun(sought: Sought, from: number, kind: number, count: number): boolean {
    this.settle();
    const limit = this.limit(count);
    for (let at = from; at < from + STRIDE; at++) {
      if (this.grams.has(sought.grams[at] ?? 0, kind, limit)) return true;
    }
    return false;
  }

  /** Bytes of the index itself, without the texts. */
  get byteLength(): number {
    this.settle();
    const parts = [this.leafKinds, this.starts, this.tokenPlaces, this.exact, this.tokens, this.wordTable, this.grams];
    return parts.reduce((sum, part) => sum + part.byteLength, 0);
  }

  placeAt(position: number, length: number): Place {
    const leaf = lastAtMost(this.starts, position);
    const start = position - this.starts.at(leaf);
    return { segment: this, leaf, kind: this.kindOf(this.leafKinds.at(leaf)), start, end: start + length };
  }

  /** True when a position lies strictly inside a value token. INVARIANT: no token lies within another, so the last decides. */
  cuts(position: number): boolean {
    this.settle();
    let low = 0;
    let high = this.tokenPlaces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.tokenPlaces.at(middle, POSITION) < position) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return false;
    const end = this.tokenPlaces.at(low - 1, POSITION) + (this.tokenPlaces.at(low - 1, SIZE_AND_KIND) >> KIND_BITS);
    return end > position;
  }

  private addLeaves(hash: Hash, { count, places }: Found, isIt: (leaf: KeptLeaf) => boolean): void {
    this.settle();
    for (let node = this.exact.find(hash.a, hash.b); node >= 0; node = this.exact.next(node)) {
      const index = this.exact.first(node);
      const kind = this.kindOf(this.exact.kind(node));
      if (index >= count || places.has(kind)) continue;
      const leaf = this.leafAt(index);
      if (isIt(leaf)) places.add({ segment: this, leaf: index, kind, start: 0, end: leaf.normal.length });
    }
  }

  private addTokens(normal: string, position: number, kind: number): void {
    scanTokens(normal, (found, start, end) => {
      const token = this.tokenPlaces.add();
      this.tokenPlaces.set(token, POSITION, position + start);
      this.tokenPlaces.set(token, SIZE_AND_KIND, ((end - start) << KIND_BITS) | (KIND_NUMBERS.get(found) ?? 0));
      this.tokens.add(this.tokenHash(found, normal, start, end), kind, token);
    });
  }

  private tokenHash(found: FoundKind, normal: string, start: number, end: number): Hash {
    // Most tokens are ids, which are compared as they stand: no text need be made for them.
    if (found === "id") return this.hasher.of(normal, start, end, TOKEN_SORT);
    const canonical = canonicalToken(found, normal.slice(start, end));
    return this.hasher.of(canonical, 0, canonical.length, TOKEN_SORT);
  }

  /** The longest run around a gram, or undefined when the gram only has the same hash. */
  private extend(text: string, at: number, position: number): Place | undefined {
    const place = this.placeAt(position, GRAM_CHARS);
    const { normal } = this.leafAt(place.leaf);
    let { start, end } = place;
    const ahead = at - start;
    let same = start;
    while (same < end && normal.charCodeAt(same) === text.charCodeAt(same + ahead)) same++;
    if (same < end) return undefined;
    while (start > 0 && start + ahead > 0 && normal.charCodeAt(start - 1) === text.charCodeAt(start + ahead - 1))
      start--;
    const most = Math.min(normal.length, text.length - ahead);
    while (end < most && normal.charCodeAt(end) === text.charCodeAt(end + ahead)) end++;
    return { ...place, start, end };
  }

  private kindId(kind: Kind): number {
    const known = this.kindIds.get(kind);
    if (known !== undefined) return known;
    this.kindIds.set(kind, this.kinds.length);
    this.kindLeaves.push(this.leaves.length);
    return this.kinds.push(kind) - 1;
  }
}

/** Where an answer is gathered, and how much of the generation the asker sees. */
export interface Found {
  readonly places: Places;
  readonly count: number;
}

/** The typed form of a whole leaf: a number or date, or `b:true`, `b:null` for JSON's own words. */
function typedKey(leaf: KeptLeaf): string | undefined {
  const scalar = canonicalScalar(leaf.normal);
  if (scalar !== undefined || leaf.isText) return scalar;
  return `b:${leaf.text}`;
}

const NO_LEAF: KeptLeaf = { page: "", path: "", text: "", normal: "", isText: true, map: undefined };
const NO_LABELS: Labels = { ...BOTTOM, integrity: "poisoned-suspect", confidentiality: "secret" };
const NO_KIND: Kind = { labels: NO_LABELS, classes: [], rank: rankOf(NO_LABELS) };
