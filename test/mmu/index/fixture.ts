/** A small index: leaves of a few kinds, and what is found in them as text. */
import type { Labels } from "../../../src/abi/labels.js";
import { KindTable } from "../../../src/mmu/index/kinds.js";
import type { KeptLeaf, Kind, Place, Places } from "../../../src/mmu/index/places.js";
import { Segment, type Span } from "../../../src/mmu/index/segment.js";
import { Sought } from "../../../src/mmu/index/sought.js";
import { viewsOf, type View } from "../../../src/mmu/index/view.js";
import { BOTTOM, OUTSIDE } from "../../../src/mmu/lattice.js";
import { keptForm } from "../../../src/mmu/text/kept-form.js";

export const SEED = 20_261_122;
export const PRIVATE: Labels = { ...OUTSIDE, confidentiality: "private" };

const table = new KindTable();
export const USER: Kind = table.of(BOTTOM, ["user"]);
export const STRANGER: Kind = table.of(OUTSIDE, []);
export const MAILBOX: Kind = table.of(PRIVATE, ["mail"]);

export function leafOf(text: string, isText = true): KeptLeaf {
  return { page: "p1", path: "/x", isText, ...keptForm(text) };
}

/** A text by itself is a stranger's. */
export type Leaf = string | readonly [text: string, kind: Kind];

export function segmentOf(...leaves: readonly Leaf[]): Segment {
  const segment = new Segment(SEED);
  for (const leaf of leaves) {
    const [text, kind] = typeof leaf === "string" ? [leaf, STRANGER] : leaf;
    segment.append(leafOf(text), kind);
  }
  return segment;
}

export function soughtIn(text: string): Sought {
  return new Sought(text, SEED);
}

/** The first `count` leaves of a segment, all of them by default. */
export function spanOf(segment: Segment, count = segment.count): Span {
  return { segment, count, bytes: 0 };
}

export function viewsIn(sought: Sought, ...spans: readonly (Segment | Span)[]): readonly View[] {
  return viewsOf(
    spans.map((span) => (span instanceof Segment ? spanOf(span) : span)),
    sought,
  );
}

/** A place as the number of its leaf and the normalised text that stands there. */
export function textAt({ segment, leaf, start, end }: Place): string {
  return `${String(leaf)}: ${segment.leafAt(leaf).normal.slice(start, end)}`;
}

export function textsIn(places: Places): readonly string[] {
  return [...places.all()].map(textAt);
}
