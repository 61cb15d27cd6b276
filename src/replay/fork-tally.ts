/** What the decisions of a fork come to: totals, changes, a stable summary, and what is not known. Bounded. */
import { changeName, driftOf, type Drift, type Forked, type MissingWhy } from "./drift.js";

/** A change with its direction. */
export interface ForkChange extends Forked {
  readonly drift: Exclude<Drift, "same">;
}

export interface ForkReport {
  /** Decisions that were asked for again, known or not. */
  readonly replayed: number;
  readonly changed: number;
  readonly widened: number;
  readonly narrowed: number;
  /** `deny:rule->allow:rule` and how often, in the order of the names. */
  readonly summary: Readonly<Record<string, number>>;
  /** In the order of the log; the first MAX_LISTED of them. */
  readonly changes: readonly ForkChange[];
  readonly indeterminate: number;
  /** How many decisions lack each thing; one may lack several. */
  readonly missing: Readonly<Partial<Record<MissingWhy, number>>>;
  /** The first MAX_LISTED that cannot be known. */
  readonly unknown: readonly Forked[];
}

/** Changes, and unknown decisions, that are listed of one log. All are counted. */
export const MAX_LISTED = 10_000;

export class ForkTally {
  private replayed = 0;
  private indeterminate = 0;
  private readonly drifts = { widen: 0, narrow: 0, other: 0 };
  private readonly summary = new Map<string, number>();
  private readonly missing = new Map<MissingWhy, number>();
  private readonly changes: ForkChange[] = [];
  private readonly unknown: Forked[] = [];

  add(forked: Forked): void {
    this.replayed++;
    if (forked.fork === undefined) {
      this.addUnknown(forked);
      return;
    }
    const drift = driftOf(forked);
    if (drift === "same") return;
    this.drifts[drift]++;
    count(this.summary, changeName(forked));
    if (this.changes.length < MAX_LISTED) this.changes.push({ ...forked, drift });
  }

  private addUnknown(forked: Forked): void {
    this.indeterminate++;
    for (const why of new Set(forked.missing.map((missing) => missing.why))) count(this.missing, why);
    if (this.unknown.length < MAX_LISTED) this.unknown.push(forked);
  }

  report(): ForkReport {
    const { widen, narrow, other } = this.drifts;
    return {
      replayed: this.replayed,
      changed: widen + narrow + other,
      widened: widen,
      narrowed: narrow,
      summary: inOrder(this.summary),
      changes: this.changes,
      indeterminate: this.indeterminate,
      missing: inOrder(this.missing),
      unknown: this.unknown,
    };
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function inOrder<K extends string>(counts: ReadonlyMap<K, number>): Record<K, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))) as Record<K, number>;
}

/** The sum over several logs. */
export function addSummaries(summaries: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum = new Map<string, number>();
  for (const summary of summaries) {
    for (const [name, times] of Object.entries(summary)) sum.set(name, (sum.get(name) ?? 0) + times);
  }
  return inOrder(sum);
}
