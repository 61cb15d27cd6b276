/** Recorded facts: what a decision asked of values stands in the log, and answers where the values are gone. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/base/json.js";
import { forge, recordingOf, replay, sourceOf } from "../replay/tape-deck.js";
import { policyOf, ruled, Run, SECRET, source } from "./fixture.js";

const POLICY = `[trust]\nclient_prompt = "_meta"\n${source("/own", ["trusted"])}${policyOf(
  {
    id: "pay-known",
    effect: "allow",
    syscalls: ["tool.invoke"],
    more: 'tool = "pay"\nintent = ["pay"]\nevery = [{ path = "/to", from = ["user"] }, { path = "/amount", max = 100 }]',
  },
  {
    id: "pay-listed",
    effect: "ask",
    syscalls: ["tool.invoke"],
    more: 'tool = "pay"\nnot = { descriptor = ["unknown"] }',
  },
  {
    id: "rest",
    effect: "allow",
    syscalls: ["tool.invoke", "tool.response", "tool.describe"],
    more: 'not = { tool = "pay" }',
  },
)}`;

function paying(): Run {
  const run = new Run(POLICY);
  run.user("Pay bob@acme.example.");
  run.reads("read", { own: "orchid-7731", note: "eve@evil.example" });
  run.call("pay", { to: "bob@acme.example", amount: 50 });
  run.call("pay", { to: "eve@evil.example", amount: 50 });
  run.step({ type: "close", close: { reason: "eof", strays: 0 } });
  return run;
}

function factsOf(run: Run): readonly unknown[] {
  return run.steps.flatMap(({ event }) => (event.type === "syscall" ? [event.value.facts] : []));
}

const PAYS = 6;

describe("facts", () => {
  it("name what was asked, in the order of its place, and nothing that was not", () => {
    const run = paying();
    expect(run.steps.flatMap((step) => (step.event.type === "syscall" ? [ruled(step)] : []))).toEqual([
      "allow:rest",
      "allow:pay-known",
      "deny:default-deny",
    ]);
    expect(factsOf(run)).toEqual([
      undefined,
      { held: ["r0.every.0", "r0.every.1", "r0.intent"], failed: [] },
      { held: ["r1.not.descriptor"], failed: ["r0.every.0"] },
    ]);
  });

  it("answer in a replay without values", () => {
    expect(replay(paying().lines)).toMatchObject({
      ...{ ok: true, opened: 0, indeterminate: 0 },
      decisions: { "allow:rest": 1, "allow:pay-known": 1, "deny:default-deny": 1 },
    });
  });

  it("answer where a journal lost a page, or the user's words", () => {
    const run = paying();
    const { journal } = recordingOf(
      run.lines,
      run.steps.flatMap(({ payloads }) => payloads),
    );
    for (const lost of [2, 4, PAYS]) {
      const some = {
        secret: SECRET,
        get: (seq: number, slot: string) => (seq === lost ? undefined : journal.get(`${String(seq)} ${slot}`)),
      };
      expect([lost, replay(run.lines, some)]).toMatchObject([lost, { ok: true }]);
    }
  });
});

describe("a log whose facts were forged, its chain made whole again", () => {
  const run = paying();
  const journal = sourceOf(
    recordingOf(
      run.lines,
      run.steps.flatMap(({ payloads }) => payloads),
    ),
  );
  const held = ["r0.every.0", "r0.every.1", "r0.intent"];
  it.each<readonly [string, JsonObject | undefined]>([
    ["one is gone", { held: held.slice(1), failed: [] }],
    ["all are gone", undefined],
    ["one says the contrary", { held: held.slice(1), failed: ["r0.every.0"] }],
    ["there is one too many", { held: [...held, "r1.not.descriptor"], failed: [] }],
    ["one says both", { held, failed: ["r0.every.0"] }],
  ])("%s: shown by a replay, with values and without", (_how, facts) => {
    const forged = forge(run.lines, PAYS, (value) => {
      const others = Object.entries(value).filter(([member]) => member !== "facts");
      return { ...Object.fromEntries(others), ...(facts === undefined ? {} : { facts }) };
    });
    for (const report of [replay(forged), replay(forged, journal)]) {
      expect(report.ok).toBe(false);
      expect(report.divergence?.line ?? report.broken?.line).toBe(PAYS + 1);
    }
  });

  it("and provenance that was forged is shown by one with values", () => {
    const forged = forge(run.lines, PAYS, (value) => ({ ...value, more_leaves: 7 }));
    expect(replay(forged, journal).divergence?.field).toBe("/value/more_leaves");
  });
});
