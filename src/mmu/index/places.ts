/** Where something was found: a span of a leaf, and of each kind of leaf one such span. */
import type { Labels } from "../../abi/labels.js";
import { CONFIDENTIALITY, INTEGRITY, ORIGIN } from "../../abi/labels.js";
import type { KeptForm } from "../text/kept-form.js";

/** A leaf as it is kept. */
export interface KeptLeaf extends KeptForm {
  readonly page: string;
  readonly path: string;
  readonly isText: boolean;
}

/** Where the leaves of places are kept. */
export interface LeafStore {
  readonly leafAt: (leaf: number) => KeptLeaf;
}

/** What leaves are apart by: everything an answer says of them beside their place. */
export interface Kind {
  readonly labels: Labels;
  readonly classes: readonly string[];
  /** Of `rankOf`. */
  readonly rank: number;
}

/** A span of the normalised text of a leaf. */
export interface Place {
  readonly segment: LeafStore;
  readonly leaf: number;
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}

/** The first place of each kind, in the order in which they were found: an answer names no other. */
export class Places {
  private readonly byKind = new Map<Kind, Place>();
  private readonly accepts: (place: Place) => boolean;
  private refusedPlaces: Places | undefined;

  constructor(accepts: (place: Place) => boolean = () => true) {
    this.accepts = accepts;
  }

  /** What looks like what is sought but does not count as it. */
  get refused(): Places {
    return (this.refusedPlaces ??= new Places());
  }

  get size(): number {
    return this.byKind.size;
  }

  has(kind: Kind): boolean {
    return this.byKind.has(kind);
  }

  /** Returns false for a place that is refused. */
  add(place: Place): boolean {
    if (this.byKind.has(place.kind)) return true;
    if (!this.accepts(place)) {
      this.refused.add(place);
      return false;
    }
    this.byKind.set(place.kind, place);
    return true;
  }

  all(): Iterable<Place> {
    return this.byKind.values();
  }

  kinds(): readonly Kind[] {
    return [...this.byKind.keys()];
  }

  /** Most trusted first; among equals the least confidential, then the first found. */
  byTrust(): readonly Place[] {
    const places = [...this.byKind.values()];
    return places.length < 2 ? places : places.sort((a, b) => a.kind.rank - b.kind.rank);
  }
}

/** Lower is more trusted; among equals less confidential. */
export function rankOf({ integrity, confidentiality, origin, tags }: Labels): number {
  const axes =
    INTEGRITY.indexOf(integrity) * 16 + CONFIDENTIALITY.indexOf(confidentiality) * 4 + ORIGIN.indexOf(origin);
  return axes * 1024 + Math.min(tags.length, 1023);
}
