/** What a session remembers stays exact for what is asked, bounded, and errs against the caller. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countOf,
  EMPTY_RECALL,
  MAX_BUDGET_ENTRIES,
  MAX_BUDGETS,
  remember,
  spend,
  spentOn,
  type Recall,
  type Watcher,
} from "../../src/policy/recall.js";
import { ask } from "./fixture.js";

const watcher = (keep: number): Watcher => ({ key: "k", keep, counts: () => true });

function remembering(keep: number, times: readonly number[]): Recall {
  return times.reduce((recall, wall_ms) => remember(recall, [watcher(keep)], { ...ask(), wall_ms }), EMPTY_RECALL);
}

describe("remember", () => {
  it("counts as if everything were kept, up to what the test can tell apart, whatever the clock does", () => {
    const times = fc.array(fc.nat({ max: 50 }), { maxLength: 20 });
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 1, max: 5 }),
        fc.nat({ max: 60 }),
        fc.nat({ max: 30 }),
        (all, keep, now, within) => {
          const recall = remembering(keep, all);
          const exact = all.filter((time) => time > now - within).length;
          expect(countOf(recall, "k", now, within)).toBe(Math.min(exact, keep));
          expect(recall.calls.get("k")?.length ?? 0).toBeLessThanOrEqual(keep);
        },
      ),
    );
  });

  it("leaves the recall that it was given as it was", () => {
    const first = remembering(3, [1]);
    remember(first, [watcher(3)], { ...ask(), wall_ms: 2 });
    expect(countOf(first, "k", 5)).toBe(1);
    expect(countOf(EMPTY_RECALL, "k", 5)).toBe(0);
  });

  it("keeps nothing for what nobody counts", () => {
    expect(remember(EMPTY_RECALL, [{ ...watcher(1), counts: () => false }], ask())).toBe(EMPTY_RECALL);
  });
});

describe("spend", () => {
  it("never says less than was spent, however many entries there are", () => {
    let recall = EMPTY_RECALL;
    const count = MAX_BUDGET_ENTRIES + 50;
    for (let at = 0; at < count; at++) recall = spend(recall, [{ key: "k", amount: 1 }], at);
    expect(recall.spent.get("k")).toHaveLength(MAX_BUDGET_ENTRIES);
    expect(spentOn(recall, "k", count)).toBe(count);
    for (const within of [1, 10, count - 60, count - 10]) {
      const exact = Math.min(within - 1, count);
      expect(spentOn(recall, "k", count, within)).toBeGreaterThanOrEqual(exact);
    }
    expect(spentOn(recall, "k", count, 10)).toBe(9);
  });

  it("lets the budgets beyond the bound count for all, rather than for none", () => {
    let recall = EMPTY_RECALL;
    for (let at = 0; at < MAX_BUDGETS + 3; at++) recall = spend(recall, [{ key: `k${String(at)}`, amount: 2 }], at);
    expect(recall.spent.size).toBe(MAX_BUDGETS + 1);
    expect(spentOn(recall, "new", 9999)).toBe(6);
    expect(spentOn(recall, "k0", 9999)).toBe(8);
  });
});
