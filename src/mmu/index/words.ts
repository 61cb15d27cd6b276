/** Words of leaves and where they stand: for coverage, for runs of words, and for short leaves inside longer text. */
import { MAX_CANDIDATES, MAX_LEAF_WORDS } from "../bounds.js";
import { Rows } from "./column.js";
import type { Hasher } from "./hash.js";
import { KeyTable } from "./key-table.js";
import { WORD_SORT } from "./sorts.js";

/** The low bits of a node's marks: bit n-1 says that a leaf of n words starts with this word. The rest counts places. */
const COUNT_SHIFT = MAX_LEAF_WORDS;

/** Fields of a place. */
const POSITION = 0;
const NEXT = 1;

/**
 * Calls `visit` for every word: a run of letters, marks and digits. Its hash is then the hasher's last one, until the
 * visit makes another.
 */
export function eachWord(text: string, hasher: Hasher, visit: (start: number, end: number) => void): void {
  const { length } = text;
  for (let start = 0; start < length; start++) {
    hasher.start(WORD_SORT);
    const end = hasher.takeWord(text, start);
    if (end === start) continue;
    hasher.end();
    visit(start, end);
    start = end;
  }
}

export class WordTable {
  private readonly hasher: Hasher;
  private readonly table = new KeyTable(256);
  private readonly places = new Rows(2);

  constructor(hasher: Hasher) {
    this.hasher = hasher;
  }

  /** Adds the words of a leaf whose text starts at `position`. */
  addLeaf(text: string, position: number, kind: number): void {
    let count = 0;
    let first = -1;
    eachWord(text, this.hasher, (start) => {
      const node = this.add(position + start, kind);
      if (count === 0) first = node;
      count++;
    });
    if (count > 0 && count <= MAX_LEAF_WORDS) {
      this.table.setMarks(first, this.table.marksOf(first) | (1 << (count - 1)));
    }
  }

  /** The first node of a word that stands in some leaf, or -1: one node a kind of leaf, in order of arrival. */
  find(a: number, b: number): number {
    return this.table.find(a, b);
  }

  next(node: number): number {
    return this.table.next(node);
  }

  kind(node: number): number {
    return this.table.kind(node);
  }

  /** The position of the first place. */
  first(node: number): number {
    return this.places.at(this.table.first(node), POSITION);
  }

  /** Bit n-1 is set when a leaf of n words may start with the word. */
  leafLengths(node: number): number {
    return this.table.marksOf(node) & ((1 << COUNT_SHIFT) - 1);
  }

  /** How many places are kept. */
  count(node: number): number {
    return (this.table.marksOf(node) >>> COUNT_SHIFT) + 1;
  }

  /** The position from which on places are not all kept, or Infinity. */
  wholeUntil(node: number): number {
    return this.count(node) <= MAX_CANDIDATES ? Infinity : this.places.at(this.table.last(node), POSITION);
  }

  /** Calls `visit` for the positions of a word before `limit`, oldest first, until it returns true. */
  eachPlace(node: number, limit: number, visit: (position: number) => boolean): void {
    for (let place = this.table.first(node); place >= 0; place = this.places.at(place, NEXT)) {
      const position = this.places.at(place, POSITION);
      if (position >= limit || visit(position)) return;
    }
  }

  get byteLength(): number {
    return this.table.byteLength + this.places.byteLength;
  }

  /** Adds a place of the word that the hasher read last. Returns its node. */
  private add(position: number, kind: number): number {
    const found = this.table.add(this.hasher.last, kind, this.places.length);
    if (found < 0) {
      this.place(position);
      return this.table.newest;
    }
    const marks = this.table.marksOf(found);
    // One more than is ever tried: it says that the list is not whole.
    if (marks >>> COUNT_SHIFT >= MAX_CANDIDATES) return found;
    const place = this.place(position);
    this.places.set(this.table.last(found), NEXT, place);
    this.table.setLast(found, place);
    this.table.setMarks(found, marks + (1 << COUNT_SHIFT));
    return found;
  }

  private place(position: number): number {
    const place = this.places.add();
    this.places.set(place, POSITION, position);
    this.places.set(place, NEXT, -1);
    return place;
  }
}
