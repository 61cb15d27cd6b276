/** What the decisions of a fork come to: counts of each sort, a summary in order, and lists with a bound. */
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../src/abi/decision.js";
import type { Forked, Missing, Ruled } from "../../src/replay/drift.js";
import { addSummaries, ForkTally, MAX_LISTED, type ForkReport } from "../../src/replay/fork-tally.js";

const by = (verdict: Verdict, rule: string): Ruled => ({
  decision: { verdict, rule, reason: verdict === "deny" ? "policy-deny" : "policy-allow" },
  changes: [],
});
const base = { seq: 1, on: "call", session: "s1", syscall: "tool.invoke", target: "fs/read" } as const;
const known = (original: Ruled, fork: Ruled): Forked => ({ ...base, original, fork, missing: [] });
const unknown = (...missing: readonly Missing[]): Forked => ({
  ...base,
  original: by("allow", "a"),
  fork: undefined,
  missing,
});

const SAME = known(by("allow", "a"), by("allow", "a"));
const WIDER = known(by("deny", "z"), by("allow", "a"));
const NARROWER = known(by("allow", "a"), by("deny", "z"));
const OTHER = known(by("allow", "a"), by("allow", "b"));

function tallied(...forked: readonly Forked[]): ForkReport {
  const tally = new ForkTally();
  for (const one of forked) tally.add(one);
  return tally.report();
}

describe("a tally", () => {
  it("counts what was asked again, what changed, and in which direction", () => {
    expect(tallied(SAME, WIDER, WIDER, NARROWER, OTHER, SAME, unknown({ why: "target" }))).toMatchObject({
      replayed: 7,
      changed: 4,
      widened: 2,
      narrowed: 1,
      indeterminate: 1,
    });
  });

  it("lists what changed with its direction, in the order of the log, and what is unknown apart", () => {
    const lost = unknown({ why: "target" });
    const report = tallied(WIDER, SAME, lost, OTHER, NARROWER);
    expect(report.changes).toEqual([
      { ...WIDER, drift: "widen" },
      { ...OTHER, drift: "other" },
      { ...NARROWER, drift: "narrow" },
    ]);
    expect(report.unknown).toEqual([lost]);
  });

  it("sums changes up by their names, in the order of these", () => {
    const { summary } = tallied(WIDER, NARROWER, OTHER, WIDER);
    expect(Object.entries(summary)).toEqual([
      ["allow:a->allow:b", 1],
      ["allow:a->deny:z", 1],
      ["deny:z->allow:a", 2],
    ]);
  });

  it("counts a decision once for each sort of what it lacks", () => {
    const values = [
      { why: "value", at: "r0.every.0" },
      { why: "value", at: "r1.every.0" },
    ] as const;
    const { missing } = tallied(unknown(...values, { why: "labels" }), unknown({ why: "value", at: "changes" }));
    expect(Object.entries(missing)).toEqual([
      ["labels", 1],
      ["value", 2],
    ]);
  });

  it("of nothing is of noughts", () => {
    expect(tallied()).toEqual({
      ...{ replayed: 0, changed: 0, widened: 0, narrowed: 0, indeterminate: 0 },
      ...{ summary: {}, changes: [], missing: {}, unknown: [] },
    });
  });

  it("lists ten thousand of each, and counts all", () => {
    const tally = new ForkTally();
    const lost = unknown({ why: "target" });
    for (let i = 0; i < MAX_LISTED; i++) tally.add(WIDER);
    for (let i = 0; i < MAX_LISTED; i++) tally.add(lost);
    tally.add({ ...WIDER, seq: 2 });
    tally.add({ ...lost, seq: 2 });
    const { changes, unknown: listed, widened, indeterminate, replayed } = tally.report();
    expect([changes.length, listed.length]).toEqual([10_000, 10_000]);
    expect([...changes, ...listed].every(({ seq }) => seq === 1)).toBe(true);
    expect([widened, indeterminate, replayed]).toEqual([10_001, 10_001, 20_002]);
  });
});

describe("the sum of several logs", () => {
  it("adds what has the same name, in the order of the names", () => {
    const sum = addSummaries([{ "b->c": 2, "a->b": 1 }, {}, { "b->c": 3, "A->b": 4 }]);
    expect(Object.entries(sum)).toEqual([
      ["A->b", 4],
      ["a->b", 1],
      ["b->c", 5],
    ]);
  });

  it("of none is empty", () => {
    expect(addSummaries([])).toEqual({});
  });
});
