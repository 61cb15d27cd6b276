/**
 * Keys -> places, apart by kind of leaf: for every key and kind the first place, so that nothing about a key is
 * forgotten in favour of what came later. Open addressing in one Int32Array: hash, second hash, head of the list.
 */
import { Rows } from "./column.js";
import type { Hash } from "./hash.js";

const WIDTH = 3;

/** Fields of a node: one kind of one key. */
const KIND = 0;
const FIRST = 1;
const LAST = 2;
const NEXT = 3;
const MARKS = 4;

export class KeyTable {
  private slots: Int32Array;
  private mask: number;
  private used = 0;
  private readonly nodes = new Rows(5);

  constructor(capacity = 64) {
    this.slots = new Int32Array(capacity * WIDTH);
    this.mask = capacity - 1;
  }

  /** The first node of a key, or -1. Nodes are in order of arrival, one a kind. */
  find(a: number, b: number): number {
    return (this.slots[this.slotOf(a, b) + 2] ?? 0) - 1;
  }

  next(node: number): number {
    return this.nodes.at(node, NEXT);
  }

  kind(node: number): number {
    return this.nodes.at(node, KIND);
  }

  first(node: number): number {
    return this.nodes.at(node, FIRST);
  }

  /** The last place set with `setLast`; at first, the first. */
  last(node: number): number {
    return this.nodes.at(node, LAST);
  }

  setLast(node: number, place: number): void {
    this.nodes.set(node, LAST, place);
  }

  /** Bits that the owner of the table keeps with a node; at first 0. */
  marksOf(node: number): number {
    return this.nodes.at(node, MARKS);
  }

  setMarks(node: number, marks: number): void {
    this.nodes.set(node, MARKS, marks);
  }

  /** Adds a place of a key for a kind. Returns the kind's node when it was there before (and nothing changes), or -1. */
  add({ a, b }: Hash, kind: number, place: number): number {
    if ((this.used + 1) * 10 > (this.mask + 1) * 7) this.grow();
    const at = this.slotOf(a, b);
    let node = (this.slots[at + 2] ?? 0) - 1;
    if (node < 0) {
      this.slots[at] = a;
      this.slots[at + 1] = b;
      this.slots[at + 2] = this.node(kind, place) + 1;
      this.used++;
      return -1;
    }
    for (;;) {
      if (this.nodes.at(node, KIND) === kind) return node;
      const next = this.nodes.at(node, NEXT);
      if (next < 0) break;
      node = next;
    }
    const added = this.node(kind, place);
    this.nodes.set(node, NEXT, added);
    return -1;
  }

  /** The node made last. */
  get newest(): number {
    return this.nodes.length - 1;
  }

  get byteLength(): number {
    return this.slots.byteLength + this.nodes.byteLength;
  }

  private node(kind: number, place: number): number {
    const node = this.nodes.add();
    this.nodes.set(node, KIND, kind);
    this.nodes.set(node, FIRST, place);
    this.nodes.set(node, LAST, place);
    this.nodes.set(node, NEXT, -1);
    return node;
  }

  /** Where a key is, or would be. */
  private slotOf(a: number, b: number): number {
    const { slots, mask } = this;
    let at = (b & mask) * WIDTH;
    while (slots[at + 2] !== 0 && (slots[at] !== a || slots[at + 1] !== b)) {
      at += WIDTH;
      if (at === slots.length) at = 0;
    }
    return at;
  }

  private grow(): void {
    const old = this.slots;
    this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array((this.mask + 1) * WIDTH);
    for (let at = 0; at < old.length; at += WIDTH) {
      const head = old[at + 2] ?? 0;
      if (head === 0) continue;
      const a = old[at] ?? 0;
      const b = old[at + 1] ?? 0;
      const to = this.slotOf(a, b);
      this.slots[to] = a;
      this.slots[to + 1] = b;
      this.slots[to + 2] = head;
    }
  }
}
