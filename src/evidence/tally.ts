/** Counting by name in bounded memory. */

/** Names counted apart. Attacker-controlled: a forged log may use a new name on every line. */
const MAX_NAMES = 1000;

/** Where names past the bound are counted. */
const OTHERS = "(others)";

export interface TallyRow {
  readonly name: string;
  readonly count: number;
}

export class Tally {
  private readonly counts = new Map<string, number>();

  add(name: string): void {
    const key = this.counts.has(name) || this.counts.size < MAX_NAMES ? name : OTHERS;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** Most frequent first; equal counts by name. */
  rows(): readonly TallyRow[] {
    const rows = [...this.counts].map(([name, count]) => ({ name, count }));
    return rows.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }
}
