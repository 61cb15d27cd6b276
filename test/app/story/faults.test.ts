/** Each thing that must make a story fail does, and is said in words. */
import { describe, expect, test } from "vitest";
import type { HarmSeen, LogSeen, RunSeen, Scenario, StepSeen, Trial } from "../../../src/abi/story.js";
import { faultsOf } from "../../../src/app/story/faults.js";

const step = (call: string, expect: StepSeen["fate"]): Scenario["steps"][number] => ({
  ...{ does: `calls ${call}`, method: "tools/call", params: { name: call }, labels: [], take: {}, expect },
});
const SCENARIO: Scenario = {
  about: "x",
  server: "s",
  patience_ms: 1,
  steps: [step("read", "passed"), step("send", "blocked")],
  harms: [{ id: "sent", says: "it was sent", sink_got: "key" }],
};

const seen = (call: string, fate: StepSeen["fate"]): StepSeen => ({ does: `calls ${call}`, call, fate, says: "" });
const harm = (happened: boolean, couldLook = true): HarmSeen => ({
  id: "sent",
  says: "it was sent",
  happened,
  couldLook,
  found: "f",
});
const BARE: RunSeen = {
  steps: [seen("read", "passed"), seen("send", "passed")],
  harms: [harm(true)],
  serverSaw: ["read", "send"],
  sinkBytes: 3,
  exit: "0",
};
const GUARDED: RunSeen = {
  steps: [seen("read", "passed"), seen("send", "blocked")],
  harms: [harm(false)],
  serverSaw: ["tools/list", "read"],
  sinkBytes: 0,
  exit: "0",
};
const LOG: LogSeen = {
  ...{ path: "l", lines: 3, isVerified: true, isReplayed: true, depth: "deep", allowed: 1, denied: 1, claims: 0 },
  ...{ outline: "same", judged: "same" },
};
const GOOD: Trial = { client: "silent", bare: BARE, guarded: GUARDED, log: LOG };

function faults(change: {
  bare?: Partial<RunSeen>;
  guarded?: Partial<RunSeen>;
  log?: Partial<LogSeen>;
}): readonly string[] {
  const trial: Trial = {
    ...GOOD,
    bare: { ...BARE, ...change.bare },
    guarded: { ...GUARDED, ...change.guarded },
    log: { ...LOG, ...change.log },
  };
  return faultsOf(SCENARIO, [trial]);
}

describe("faults of a played story", () => {
  test("none when it went as told", () => {
    expect(faultsOf(SCENARIO, [GOOD])).toEqual([]);
  });

  test.each([
    [{ bare: { harms: [harm(false)] } }, /without agentk it did not happen, so nothing is shown: it was sent \(f\)/],
    [{ guarded: { harms: [harm(true)] } }, /with agentk it happened: it was sent \(f\)/],
    [{ guarded: { harms: [harm(false, false)] } }, /with agentk it could not be looked for: it was sent/],
    [
      { guarded: { steps: [seen("read", "blocked"), seen("send", "blocked")], serverSaw: [] } },
      /`calls read` was blocked; in the story it was passed/,
    ],
    [
      { guarded: { steps: [seen("read", "passed"), seen("send", "not-tried")] } },
      /`calls send` was not tried; in the story it was blocked/,
    ],
    [{ guarded: { steps: [seen("read", "passed")] } }, /`calls send` was not played/],
    [{ guarded: { serverSaw: ["read", "send"] } }, /the server saw a call of `send` that was reported as blocked/],
    [{ guarded: { exit: "SIGKILL" } }, /agentk ended with SIGKILL/],
    [{ log: { isVerified: false } }, /the log does not verify/],
    [{ log: { isReplayed: false } }, /the log does not replay/],
    [{ log: { claims: 2 } }, /the log does not hold what the client claimed/],
  ] as const)("%j", (change, says) => {
    const found = faults(change);
    expect(found.join("\n")).toMatch(says);
    expect(found).toHaveLength(1);
  });

  test("clients that are not judged alike", () => {
    const lying: Trial = { ...GOOD, client: "lying", log: { ...LOG, claims: 2, judged: "other" } };
    expect(faultsOf(SCENARIO, [GOOD, lying])).toEqual(["the lying client was not judged as the silent one was"]);
  });

  test("a call that was let through once and blocked once reached the server once", () => {
    const scenario = { ...SCENARIO, steps: [step("send", "passed"), step("send", "blocked")] };
    const steps = [seen("send", "passed"), seen("send", "blocked")];
    const once = { ...GOOD, guarded: { ...GUARDED, steps, serverSaw: ["send"] } };
    expect(faultsOf(scenario, [once])).toEqual([]);
    const twice = { ...once, guarded: { ...once.guarded, serverSaw: ["send", "send"] } };
    expect(faultsOf(scenario, [twice])).toHaveLength(1);
  });
});
