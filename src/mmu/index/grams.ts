/**
 * The q-gram table: where a page may share a run with a text. Grams stand at every STRIDE-th position of a leaf, so a
 * shared run of RUN_CHARS holds a whole one. Source: S. Burkhardt and others, "q-gram based database searching", 1999.
 */
import { GRAM_CHARS, GRAM_PLACES, RUN_CHARS, STRIDE } from "../bounds.js";
import { Rows } from "./column.js";
import { mix } from "./hash.js";

const WIDTH = 2;
/** Filter bits a slot; with slots at most seven tenths full, one bit in ten is set at most. */
const FILTER_SHIFT = 3;

/** Fields of a place of a gram. */
const KIND = 0;
const POSITION = 1;
const NEXT = 2;
/** The kind's number is kept twofold; the low bit says that the kind has more places than are kept. */
const FULL = 1;

/**
 * The hashes of the grams at each position of a text; none of a text too short to share a run. Linear. Attacker-controlled:
 * Thue-Morse patterns collide whatever the base is. Who foresees a gram can fill its places of his own kind of leaf, and runs
 * of that kind are missed from there on; what is not found has the labels of the session, which read them.
 */
export function gramsOf(text: string, base: number): Int32Array {
  if (text.length < RUN_CHARS) return NONE;
  const top = powerOf(base, GRAM_CHARS - 1);
  const hashes = new Int32Array(text.length - GRAM_CHARS + 1);
  let rolling = 0;
  for (let i = 0; i < GRAM_CHARS - 1; i++) rolling = (Math.imul(rolling, base) + text.charCodeAt(i)) | 0;
  for (let at = 0; at < hashes.length; at++) {
    rolling = (Math.imul(rolling, base) + text.charCodeAt(at + GRAM_CHARS - 1)) | 0;
    hashes[at] = mix(rolling);
    rolling = (rolling - Math.imul(text.charCodeAt(at), top)) | 0;
  }
  return hashes;
}

const NONE = new Int32Array(0);

function powerOf(base: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = Math.imul(power, base);
  return power;
}

/** One place of a gram. */
export interface GramPlace {
  /** In the text that is looked for. */
  readonly at: number;
  readonly kind: number;
  readonly position: number;
  /** Its kind has more places than are kept, so the gram by itself counts as a run. */
  readonly isFull: boolean;
}

export class GramTable {
  private slots = new Int32Array(64 * WIDTH);
  private mask = 63;
  /** A bit for each gram: most of what is looked for is not there, and this much smaller table says so. */
  private filter = new Int32Array((64 << FILTER_SHIFT) >> 5);
  private used = 0;
  private readonly base: number;
  private readonly blockShift: number;
  private readonly places = new Rows(3);

  constructor(base: number) {
    this.base = base;
    this.blockShift = powerOf(base, STRIDE);
  }

  /** Adds the grams of a leaf whose text starts at `position`. */
  addLeaf(text: string, position: number, kind: number): void {
    if (text.length < RUN_CHARS) return;
    // A gram is two blocks of STRIDE characters and one more: each block is hashed once.
    let block = this.blockAt(text, 0);
    for (let at = 0; at + GRAM_CHARS <= text.length; at += STRIDE) {
      const next = this.blockAt(text, at + STRIDE);
      const blocks = (Math.imul(block, this.blockShift) + next) | 0;
      this.add(mix((Math.imul(blocks, this.base) + text.charCodeAt(at + 2 * STRIDE)) | 0), kind, position + at);
      block = next;
    }
  }

  /** Calls `visit` for each place before `limit` whose gram may equal one of the text's, until it returns true. */
  scan(hashes: Int32Array, limit: number, visit: (place: GramPlace) => boolean): void {
    const { filter, mask } = this;
    const bits = (mask << FILTER_SHIFT) | ((1 << FILTER_SHIFT) - 1);
    for (let at = 0; at < hashes.length; at++) {
      const hash = hashes[at] ?? 0;
      if (((filter[(hash & bits) >>> 5] ?? 0) & (1 << (hash & 31))) === 0) continue;
      const head = this.slots[this.slotOf(hash) + 1] ?? 0;
      if (head !== 0 && this.visitAll(head - 1, { at, limit }, visit)) return;
    }
  }

  /** Whether a gram of this hash stands before `limit` in leaves of the kind. */
  has(hash: number, kind: number, limit: number): boolean {
    const head = this.slots[this.slotOf(hash) + 1] ?? 0;
    for (let node = head - 1; node >= 0; node = this.places.at(node, NEXT)) {
      if (this.places.at(node, KIND) >> 1 === kind) return this.places.at(node, POSITION) < limit;
    }
    return false;
  }

  get byteLength(): number {
    return this.slots.byteLength + this.filter.byteLength + this.places.byteLength;
  }

  private blockAt(text: string, start: number): number {
    const { base } = this;
    let hash = 0;
    for (let i = start; i < start + STRIDE; i++) hash = (Math.imul(hash, base) + text.charCodeAt(i)) | 0;
    return hash;
  }

  private visitAll(
    head: number,
    { at, limit }: { readonly at: number; readonly limit: number },
    visit: (place: GramPlace) => boolean,
  ): boolean {
    for (let node = head; node >= 0; node = this.places.at(node, NEXT)) {
      const position = this.places.at(node, POSITION);
      // Places are in order of arrival.
      if (position >= limit) return false;
      const kind = this.places.at(node, KIND);
      if (visit({ at, kind: kind >> 1, position, isFull: (kind & FULL) !== 0 })) return true;
    }
    return false;
  }

  /** INVARIANT: a kind's places fill only its own share, so that one writer's text cannot push out another's. */
  private add(hash: number, kind: number, position: number): void {
    if ((this.used + 1) * 10 > (this.mask + 1) * 7) this.grow();
    const at = this.slotOf(hash);
    const head = (this.slots[at + 1] ?? 0) - 1;
    if (head < 0) {
      this.slots[at] = hash;
      this.slots[at + 1] = this.place(kind << 1, position) + 1;
      this.used++;
      this.mark(hash);
      return;
    }
    let count = 0;
    let tail = head;
    for (let node = head; node >= 0; node = this.places.at(node, NEXT)) {
      if (this.places.at(node, KIND) >> 1 === kind) count++;
      tail = node;
    }
    // One more than is kept: it marks the kind as full.
    if (count > GRAM_PLACES) return;
    const added = this.place((kind << 1) | (count === GRAM_PLACES ? FULL : 0), position);
    this.places.set(tail, NEXT, added);
  }

  private place(kind: number, position: number): number {
    const place = this.places.add();
    this.places.set(place, KIND, kind);
    this.places.set(place, POSITION, position);
    this.places.set(place, NEXT, -1);
    return place;
  }

  private mark(hash: number): void {
    const bit = hash & ((this.mask << FILTER_SHIFT) | ((1 << FILTER_SHIFT) - 1));
    this.filter[bit >>> 5] = (this.filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  private slotOf(hash: number): number {
    const { slots, mask } = this;
    // The bits above the filter's low ones, so that what passes the filter does not crowd.
    let slot = (hash >>> FILTER_SHIFT) & mask;
    while (slots[slot * WIDTH + 1] !== 0 && slots[slot * WIDTH] !== hash) slot = (slot + 1) & mask;
    return slot * WIDTH;
  }

  private grow(): void {
    const old = this.slots;
    this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array((this.mask + 1) * WIDTH);
    this.filter = new Int32Array(((this.mask + 1) << FILTER_SHIFT) >> 5);
    for (let at = 0; at < old.length; at += WIDTH) {
      if (old[at + 1] === 0) continue;
      const hash = old[at] ?? 0;
      const to = this.slotOf(hash);
      this.slots[to] = hash;
      this.slots[to + 1] = old[at + 1] ?? 0;
      this.mark(hash);
    }
  }
}
