/** The direction of a drift: what passes more freely widens, by the verdict first and by what is changed second. */
import { describe, expect, it } from "vitest";
import type { Decision, Verdict } from "../../src/abi/decision.js";
import { changeName, driftOf, type Changes, type Drift, type Forked, type Ruled } from "../../src/replay/drift.js";

const REASONS = {
  allow: "policy-allow",
  deny: "policy-deny",
  ask: "policy-ask",
  transform: "policy-transform",
  defer: "policy-defer",
} as const satisfies Record<Verdict, Decision["reason"]>;

const KEY = { kind: "redact", path: "/key" } as const;
const NAME = { kind: "redact", path: "/name" } as const;

function ruled(verdict: Verdict, rule = "r", ...changes: Changes): Ruled {
  return { decision: { verdict, rule, reason: REASONS[verdict] }, changes };
}

function forked(original: Ruled, fork: Ruled | undefined): Forked {
  const call = { seq: 3, on: "call", session: "s1", syscall: "tool.invoke", target: "fs/read" } as const;
  return { ...call, original, fork, missing: [] };
}

describe("a drift", () => {
  it.each<[string, Ruled, Ruled | undefined, Drift]>([
    ["a denial that stays", ruled("deny"), ruled("deny"), "same"],
    ["a denial that is allowed", ruled("deny"), ruled("allow"), "widen"],
    ["a denial that passes with changes", ruled("deny"), ruled("transform", "r", KEY), "widen"],
    ["a call that is denied", ruled("allow"), ruled("deny"), "narrow"],
    ["a call that is asked about", ruled("allow"), ruled("ask"), "narrow"],
    ["a call that passes with changes", ruled("allow"), ruled("transform", "r", KEY), "narrow"],
    ["changes that are dropped", ruled("transform", "r", KEY), ruled("allow"), "widen"],
    ["a transform that changed nothing, allowed as it is", ruled("transform"), ruled("allow"), "widen"],
    ["an allow that becomes a transform, of nothing yet", ruled("allow"), ruled("transform"), "narrow"],
    ["a denial that becomes a question", ruled("deny"), ruled("ask"), "other"],
    ["a denial by another rule", ruled("deny"), ruled("deny", "q"), "other"],
    ["an allow by another rule", ruled("allow"), ruled("allow", "q"), "other"],
    ["the same changes", ruled("transform", "r", KEY, NAME), ruled("transform", "r", NAME, KEY), "same"],
    ["a change less", ruled("transform", "r", KEY, NAME), ruled("transform", "r", KEY), "widen"],
    ["a change more", ruled("transform", "r", KEY), ruled("transform", "r", KEY, NAME), "narrow"],
    ["a change elsewhere", ruled("transform", "r", KEY), ruled("transform", "r", NAME), "widen"],
    [
      "a change of another kind",
      ruled("transform", "r", KEY),
      ruled("transform", "r", { ...KEY, kind: "substitute" }),
      "widen",
    ],
    ["the same changes by another rule", ruled("transform", "r", KEY), ruled("transform", "q", KEY), "other"],
    ["changes to what does not pass", ruled("deny", "r", KEY), ruled("deny", "r"), "same"],
    ["what cannot be known", ruled("deny"), undefined, "same"],
  ])("of %s", (_what, original, fork, drift) => {
    expect(driftOf(forked(original, fork))).toBe(drift);
  });

  it("is named by both decisions, also by one that cannot be known", () => {
    expect(changeName(forked(ruled("deny", "a"), ruled("allow", "b")))).toBe("deny:a->allow:b");
    expect(changeName(forked(ruled("deny", "a"), undefined))).toBe("deny:a->indeterminate");
  });
});
