/** What a policy remembers of a session: when calls passed, and what they spent. Immutable, and bounded whatever is called. */
import type { Act, SyscallName } from "../abi/syscalls.js";

/** A call of the session that passed: by an allow, a transform, or an approved ask. */
export interface PassedCall {
  readonly kind: SyscallName;
  readonly server: string;
  /** Absent for kinds that have none. */
  readonly tool?: string;
  readonly target: string;
  readonly act: Act;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wall_ms: number;
}

/** What one call adds to one budget of the policy, if it passes. */
export interface Spend {
  readonly key: string;
  /** Finite and not negative. */
  readonly amount: number;
}

interface Spent {
  readonly wall_ms: number;
  readonly amount: number;
}

/**
 * One for each session. The keys are places in one policy document: under another document, start from EMPTY_RECALL
 * and remember the session's passed calls anew.
 */
export interface Recall {
  /** By history test: when the last calls that it counts passed, oldest first. */
  readonly calls: ReadonlyMap<string, readonly number[]>;
  /** By budget: what was spent, oldest first. */
  readonly spent: ReadonlyMap<string, readonly Spent[]>;
}

export const EMPTY_RECALL: Recall = Object.freeze({ calls: new Map(), spent: new Map() });

/** Entries kept for a budget; a longer past is kept as sums. */
export const MAX_BUDGET_ENTRIES = 1024;
/** Budgets of single tools are made as tools are called; beyond this many, the rest shares one. */
export const MAX_BUDGETS = 1024;
/** Counts for every budget. INVARIANT: no budget's own key has this form (conditions/budget.ts). */
const OVERFLOW = "*";

/** What counts the calls that a history test is about. */
export interface Watcher {
  readonly key: string;
  /** How many calls the test can tell apart, and one more. */
  readonly keep: number;
  readonly counts: (call: PassedCall) => boolean;
}

/** The session's recall after a call has passed. */
export function remember(recall: Recall, watchers: readonly Watcher[], call: PassedCall): Recall {
  const counting = watchers.filter((watcher) => watcher.counts(call));
  if (counting.length === 0) return recall;
  const calls = new Map(recall.calls);
  for (const { key, keep } of counting) {
    const times = insertedAt(calls.get(key) ?? [], call.wall_ms, (time) => time);
    // INVARIANT: the latest are kept, not the last to arrive, so that a clock set back hides no call.
    calls.set(key, times.slice(-keep));
  }
  return { ...recall, calls };
}

/** The session's recall after a call has passed that spends this. */
export function spend(recall: Recall, spends: readonly Spend[], wall_ms: number): Recall {
  if (spends.length === 0) return recall;
  const spent = new Map(recall.spent);
  for (const { key, amount } of spends) {
    const place = spent.has(key) || spent.size < MAX_BUDGETS ? key : OVERFLOW;
    const entries = insertedAt(spent.get(place) ?? [], { wall_ms, amount }, (entry) => entry.wall_ms);
    spent.set(place, merged(entries));
  }
  return { ...recall, spent };
}

/** How many of the remembered calls passed less than `within_ms` before `now`; all of them without it. */
export function countOf(recall: Recall, key: string, now: number, within_ms = Infinity): number {
  const times = recall.calls.get(key) ?? [];
  let count = 0;
  for (const time of times) if (isWithin(time, now, within_ms)) count++;
  return count;
}

/** What was spent on a budget less than `within_ms` before `now`, at least. */
export function spentOn(recall: Recall, key: string, now: number, within_ms = Infinity): number {
  return sumOf(recall.spent.get(key), now, within_ms) + sumOf(recall.spent.get(OVERFLOW), now, within_ms);
}

function sumOf(entries: readonly Spent[] | undefined, now: number, within_ms: number): number {
  let sum = 0;
  for (const entry of entries ?? []) if (isWithin(entry.wall_ms, now, within_ms)) sum += entry.amount;
  return sum;
}

/** What lies ahead of `now`, because a clock was set back, counts as well. */
function isWithin(time: number, now: number, within_ms: number): boolean {
  return !(now - time >= within_ms);
}

/** A copy with one more, in the order of time; after those of the same time. */
function insertedAt<T>(entries: readonly T[], entry: T, timeOf: (entry: T) => number): readonly T[] {
  let at = entries.length;
  for (; at > 0; at--) {
    const before = entries[at - 1];
    if (before === undefined || timeOf(before) <= timeOf(entry)) break;
  }
  return entries.toSpliced(at, 0, entry);
}

/** Above the bound, the two oldest become one with the later time: what was spent counts longer, never shorter. */
function merged(entries: readonly Spent[]): readonly Spent[] {
  const [first, second, ...rest] = entries;
  if (entries.length <= MAX_BUDGET_ENTRIES || first === undefined || second === undefined) return entries;
  return [{ wall_ms: second.wall_ms, amount: first.amount + second.amount }, ...rest];
}
