/** A generation as one look-up sees it: up to the handle's mark, with the words of the text found once. */
import type { Segment, Span } from "./segment.js";
import type { Sought } from "./sought.js";

export class View {
  readonly segment: Segment;
  /** Leaves that count. */
  readonly count: number;
  /** The position after them. */
  readonly limit: number;
  private readonly sought: Sought;
  private found: Int32Array | undefined;

  constructor({ segment, count }: Span, sought: Sought) {
    this.segment = segment;
    this.count = count;
    this.limit = segment.limit(count);
    this.sought = sought;
  }

  /** Whether a word of the text stands in some leaf. */
  has(word: number): boolean {
    const head = this.heads[word] ?? -1;
    return head >= 0 && this.segment.words.first(head) < this.limit;
  }

  /** Calls `visit` for each kind of leaf in which a word of the text stands, in order of arrival, until it returns true. */
  eachNode(word: number, visit: (node: number) => boolean): void {
    const { words } = this.segment;
    for (let node = this.heads[word] ?? -1; node >= 0; node = words.next(node)) {
      // Nodes are in order of arrival, so nothing after this one counts either.
      if (words.first(node) >= this.limit || visit(node)) return;
    }
  }

  /** The node of a word for one kind of leaf, or -1. */
  nodeOf(word: number, kind: number): number {
    const { words } = this.segment;
    let node = this.heads[word] ?? -1;
    while (node >= 0 && words.kind(node) !== kind) node = words.next(node);
    return node;
  }

  private get heads(): Int32Array {
    return (this.found ??= this.sought.words.headsIn(this.segment.words));
  }
}

export function viewsOf(spans: readonly Span[], sought: Sought): readonly View[] {
  return spans.map((span) => new View(span, sought));
}
