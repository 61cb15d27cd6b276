/**
 * What the agent has seen: an immutable handle on an append-only index of pages. A handle answers the same for ever:
 * its look-ups stop at its own marks, whatever was added to the storage behind it later.
 */
import type { Labels } from "../abi/labels.js";
import { DIRECTORY_PAGE, isServerClass } from "../abi/provenance.js";
import { GENERATIONS, LEAF_COST, MAX_EVICTED_CLASSES, MAX_INDEX_BYTES, MAX_PINNED_SHARE } from "./bounds.js";
import { KindTable } from "./index/kinds.js";
import type { KeptLeaf, Kind } from "./index/places.js";
import { Segment, type Span } from "./index/segment.js";
import { BOTTOM, join } from "./lattice.js";
import { keptForm } from "./text/kept-form.js";

/** A leaf of a page, with what the operator's sources say of it. */
export interface PageLeaf {
  readonly path: string;
  /** JSON scalars as text; numbers by String(). */
  readonly text: string;
  /** False for a number, boolean or null. */
  readonly isText: boolean;
  readonly labels: Labels;
  readonly classes: readonly string[];
}

export interface MemoryBounds {
  /** Bytes of text as charged: its normalised length and LEAF_COST for each leaf. */
  readonly maxBytes: number;
  /** Where the hashes start. It changes no answer; a seed that is secret keeps keys from being made to collide. */
  readonly seed: number;
}

export interface AddOptions {
  /**
   * Never evicted: for the words of the user's and of the operator's directory, which no flood of pages may push out.
   * What goes beyond MAX_PINNED_SHARE of the bound is kept as other pages are.
   */
  readonly pinned?: boolean;
}

/** What all handles on one memory share. */
interface Shared extends MemoryBounds {
  readonly kinds: KindTable;
}

interface Contents {
  readonly pinned: Span | undefined;
  /** Oldest first. */
  readonly generations: readonly Span[];
  readonly evicted: Labels;
  readonly evictedClasses: readonly string[];
}

const DEFAULT_BOUNDS: MemoryBounds = { maxBytes: MAX_INDEX_BYTES, seed: 0x9e3779b9 };

export class Memory {
  /** What is pinned, then the generations, oldest first. */
  readonly spans: readonly Span[];
  /**
   * The join of the labels of everything evicted. INVARIANT: what is then found nowhere is at least this, so eviction
   * never lowers a label.
   */
  readonly evicted: Labels;
  /**
   * Classes of evicted leaves: `untrusted` and their tags, in order. INVARIANT: none that a trusted leaf gave, and none
   * that says who wrote it; what is lost never endorses anything.
   */
  readonly evictedClasses: readonly string[];
  private readonly shared: Shared;
  private readonly contents: Contents;

  private constructor(shared: Shared, contents: Contents) {
    const { pinned, generations, evicted, evictedClasses } = contents;
    this.shared = shared;
    this.contents = contents;
    this.spans = pinned === undefined ? generations : [pinned, ...generations];
    this.evicted = evicted;
    this.evictedClasses = evictedClasses;
  }

  static empty(bounds: Partial<MemoryBounds> = {}): Memory {
    const shared = { ...DEFAULT_BOUNDS, ...bounds, kinds: new KindTable() };
    return new Memory(shared, { pinned: undefined, generations: [], evicted: BOTTOM, evictedClasses: [] });
  }

  /** What the texts that are looked for here must be hashed with. */
  get seed(): number {
    return this.shared.seed;
  }

  /** Bytes as charged against the bound. */
  get bytes(): number {
    return bytesOf(this.spans);
  }

  /** Bytes of the index beside the texts, as allocated now; shared with other handles. */
  get indexBytes(): number {
    return this.spans.reduce((sum, { segment }) => sum + segment.byteLength, 0);
  }

  /**
   * The memory with one more page; this handle still answers as before. Linear in the page, whose index is made by
   * `settle` or by the first look-up; adding to a handle whose storage has moved on copies the newest generation first, or
   * what is pinned.
   */
  add(page: string, leaves: readonly PageLeaf[], { pinned = false }: AddOptions = {}): Memory {
    const filling = new Filling(this.shared, this.contents);
    for (const { path, text, isText, labels, classes } of leaves) {
      const leaf = { page, path, isText, ...keptForm(text) };
      filling.add(leaf, labels, { classes, pinned });
    }
    return new Memory(this.shared, filling.contents());
  }
}

/** Indexes what was added and not looked for yet. It changes no answer, only who waits for the index. */
export function settleMemory({ spans }: Memory): void {
  for (const { segment } of spans) segment.settle();
}

function bytesOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { bytes }) => sum + bytes, 0);
}

const AUTHORS: ReadonlySet<string> = new Set(["trusted", "user", "directory"]);

/** Classes that policies demand of a value before they let it pass. */
function isAuthor(name: string): boolean {
  return AUTHORS.has(name) || name.startsWith(DIRECTORY_PAGE) || isServerClass(name);
}

/** A memory's contents while a page is added to them. */
class Filling {
  private readonly shared: Shared;
  private pinned: Span | undefined;
  private readonly generations: Span[];
  private evicted: Labels;
  private evictedClasses: readonly string[];
  private bytes: number;

  constructor(shared: Shared, { pinned, generations, evicted, evictedClasses }: Contents) {
    this.shared = shared;
    this.pinned = pinned;
    this.generations = [...generations];
    this.evicted = evicted;
    this.evictedClasses = evictedClasses;
    this.bytes = bytesOf(generations) + (pinned?.bytes ?? 0);
  }

  contents(): Contents {
    const { pinned, generations, evicted, evictedClasses } = this;
    return { pinned, generations, evicted, evictedClasses };
  }

  add(leaf: KeptLeaf, labels: Labels, how: { readonly classes: readonly string[]; readonly pinned: boolean }): void {
    const { maxBytes, kinds } = this.shared;
    const cost = leaf.normal.length + LEAF_COST;
    if (cost > maxBytes) {
      this.lose(labels, [kinds.of(labels, how.classes)]);
      return;
    }
    const isPinned = how.pinned && (this.pinned?.bytes ?? 0) + cost <= maxBytes * MAX_PINNED_SHARE;
    const last = isPinned ? this.own(this.pinned) : this.room(cost);
    last.segment.append(leaf, kinds.of(labels, how.classes));
    const next = { segment: last.segment, count: last.count + 1, bytes: last.bytes + cost };
    if (isPinned) this.pinned = next;
    else this.generations.push(next);
    this.bytes += cost;
    this.evict();
  }

  /** Takes off the newest generation, or a new one when that is full. */
  private room(cost: number): Span {
    const last = this.generations.at(-1);
    if (last === undefined || last.bytes + cost > this.shared.maxBytes / GENERATIONS) return this.own(undefined);
    this.generations.pop();
    return this.own(last);
  }

  /** The span, or a new one, with storage that ends where it does. */
  private own(span: Span | undefined): Span {
    if (span === undefined) return { segment: new Segment(this.shared.seed), count: 0, bytes: 0 };
    return span.segment.count === span.count ? span : { ...span, segment: span.segment.copy(span.count) };
  }

  /** Drops the oldest generations until the bound holds. */
  private evict(): void {
    while (this.bytes > this.shared.maxBytes) {
      const oldest = this.generations.shift();
      if (oldest === undefined) break;
      this.lose(oldest.segment.labels(oldest.count), oldest.segment.kindsOf(oldest.count));
      this.bytes -= oldest.bytes;
    }
  }

  private lose(labels: Labels, kinds: readonly Kind[]): void {
    this.evicted = join(this.evicted, labels);
    const lost = kinds
      .filter((kind) => kind.labels.integrity !== "trusted")
      .flatMap((kind) => [...kind.classes, ...kind.labels.tags])
      .filter((name) => !isAuthor(name));
    // The labels still say what does not fit here.
    this.evictedClasses = [...new Set([...this.evictedClasses, ...lost])].sort().slice(0, MAX_EVICTED_CLASSES);
  }
}
