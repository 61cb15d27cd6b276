/** A descriptor that was withheld is in the values: without them a fork knows of it only where the run had to ask. */
import { expect, test } from "vitest";
import type { Decision, Verdict } from "../../src/abi/decision.js";
import type { PageValue, SyscallValue } from "../../src/abi/event.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { ForkDescriptors } from "../../src/replay/fork-descriptors.js";

const decided = (verdict: Verdict, rule = "r"): Decision => ({ verdict, rule, reason: "policy-deny" });
const UNKNOWN = [{ why: "value", at: "kernel.quarantined" }];

/** What is missing of a call to a server that had a descriptor withheld, or had none. */
function missing(run: Decision, fork: Verdict, more: { isCut?: boolean; kind?: string } = {}): unknown {
  const { isCut = true, kind = "tool.invoke" } = more;
  const descriptors = new ForkDescriptors();
  const changes = isCut ? [{ kind: "withhold", path: "/tools/0", reason: "quarantined" }] : [];
  descriptors.page({ server: "fs", delivery: decided("allow"), changes } as unknown as PageValue);
  const call = { kind, server: "fs", decision: run } as unknown as SyscallValue;
  return descriptors.missing(INITIAL_STATE, call, { decision: decided(fork), changes: [] });
}

test("a call that the run's policy denied, and the fork's lets pass, may have been withheld", () => {
  expect(missing(decided("deny"), "allow")).toEqual(UNKNOWN);
  expect(missing(decided("defer"), "ask")).toEqual(UNKNOWN);
  expect(missing(decided("deny"), "transform", { kind: "prompt.get" })).toEqual(UNKNOWN);
});

test("nothing is unknown where the run had to ask, where the fork does not, or where nothing was withheld", () => {
  expect(missing(decided("allow"), "allow")).toEqual([]);
  expect(missing(decided("ask"), "allow")).toEqual([]);
  expect(missing(decided("deny", "quarantined"), "allow")).toEqual([]);
  expect(missing(decided("deny"), "deny")).toEqual([]);
  expect(missing(decided("deny"), "allow", { isCut: false })).toEqual([]);
  expect(missing(decided("deny"), "allow", { kind: "resource.read" })).toEqual([]);
});
