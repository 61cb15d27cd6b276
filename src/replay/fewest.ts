/**
 * Delta debugging (Zeller and Hildebrandt 2002, the algorithm ddmin): the fewest items that still show something.
 * Deterministic, and bounded by the items that may be tried.
 */

export interface Fewest<T> {
  readonly items: readonly T[];
  /** None of the items can be left out. False when the bound came first. */
  readonly isMinimal: boolean;
}

/**
 * Shrinks `items`, for which `holds` is true. `holds` is asked of sublists in their order; `budget` is the number of
 * items in all the lists that it may be asked of.
 */
export function fewest<T>(items: readonly T[], holds: (items: readonly T[]) => boolean, budget: number): Fewest<T> {
  return new Shrinking(holds, budget).shrink(items);
}

class Shrinking<T> {
  private readonly holds: (items: readonly T[]) => boolean;
  private left: number;

  constructor(holds: (items: readonly T[]) => boolean, budget: number) {
    this.holds = holds;
    this.left = budget;
  }

  shrink(items: readonly T[]): Fewest<T> {
    // Most often nothing before it matters, or the last part alone does.
    if (this.shows([])) return { items: [], isMinimal: true };
    let kept = items;
    for (let parts = 2; kept.length > 1 && this.left > 0;) {
      const smaller = this.smaller(kept, parts);
      if (smaller !== undefined) {
        kept = smaller;
        parts = Math.max(parts - 1, 2);
      } else if (parts >= kept.length) return { items: kept, isMinimal: this.left > 0 };
      else parts = Math.min(parts * 2, kept.length);
    }
    return { items: kept, isMinimal: this.left > 0 };
  }

  /** The list without one of its parts. */
  private smaller(items: readonly T[], parts: number): readonly T[] | undefined {
    const size = Math.ceil(items.length / parts);
    for (let start = 0; start < items.length && this.left > 0; start += size) {
      const rest = items.toSpliced(start, size);
      if (this.shows(rest)) return rest;
    }
    return undefined;
  }

  /** Costs one for each item and one for the question. */
  private shows(items: readonly T[]): boolean {
    this.left -= items.length + 1;
    return this.left > 0 && this.holds(items);
  }
}
