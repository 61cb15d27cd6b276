/** Played stories as text and JSON: what was seen, and nothing that acts on a terminal. */
import { describe, expect, test } from "vitest";
import type { HarmSeen, RunSeen, StepSeen, StorySeen, Trial } from "../../src/abi/story.js";
import { shimEvalJson, shimEvalText } from "../../src/report/shim-eval-report.js";
import { storyJson, storyText } from "../../src/report/story-report.js";
import { plainPaint } from "../../src/report/style.js";
import { expectGolden } from "./golden.js";

const LOOK = { paint: plainPaint, width: 80 };
const HOSTILE = "\u001b[2J\u202egood news\nmore";

const harm = (happened: boolean): HarmSeen => ({
  ...{ id: "sent", says: "the key arrived", happened, couldLook: true },
  found: happened ? "9 bytes arrived" : "nothing arrived",
});
const steps = (...fates: readonly StepSeen["fate"][]): readonly StepSeen[] =>
  fates.map((fate, index) => ({
    ...{ does: `does ${String(index)}`, call: "tool", fate, says: HOSTILE },
    ...(fate === "blocked" ? { rule: "stays" } : {}),
  }));
const run = (happened: boolean, ...fates: readonly StepSeen["fate"][]): RunSeen => ({
  ...{ steps: steps(...fates), harms: [harm(happened)], serverSaw: ["tool"], sinkBytes: happened ? 9 : 0, exit: "0" },
});
const trial = (client: Trial["client"], stopped: boolean): Trial => ({
  client,
  bare: run(true, "passed", "passed", "unanswered"),
  guarded: run(!stopped, "passed", stopped ? "blocked" : "passed", "failed"),
  log: {
    ...{ path: `runs/${client}.jsonl`, lines: 9, isVerified: true, isReplayed: true, depth: "deep" },
    ...{ allowed: 2, denied: 1, claims: client === "silent" ? 0 : 3, outline: "", judged: "" },
  },
});
const story = (faults: readonly string[], ...trials: readonly Trial[]): StorySeen => ({
  ...{ story: "s", about: "A page wants a key.", trials, faults },
});

const GOOD = story([], trial("honest", true), trial("silent", true));
const BAD = story(["with agentk it happened: the key arrived"], trial("lying", false));

describe("a story", () => {
  test("as text", () => {
    expectGolden("story", storyText(GOOD, LOOK));
    expectGolden("story-failed", storyText(BAD, LOOK));
  });

  test("as a scorecard", () => {
    expectGolden("shim-eval", shimEvalText(GOOD, LOOK));
    expectGolden("shim-eval-failed", shimEvalText(BAD, LOOK));
  });

  test("as JSON: what was found in each run, and whether it is all right", () => {
    expect(JSON.parse(storyJson(GOOD))).toMatchObject({
      ok: true,
      clients: [{ client: "honest", without: { sink_bytes: 9 }, with: { sink_bytes: 0 }, log: { verified: true } }, {}],
    });
    expect(JSON.parse(storyJson(BAD))).toMatchObject({ ok: false, faults: BAD.faults });
    expect(JSON.parse(shimEvalJson(GOOD))).toMatchObject({ ok: true, improved: 2 });
    expect(JSON.parse(shimEvalJson(BAD))).toMatchObject({ ok: false, improved: 0, rows: [{ improved: false }] });
  });

  test("a harm that could not be looked for is no improvement", () => {
    const one = trial("silent", true);
    const blind = { ...one, guarded: { ...one.guarded, harms: [{ ...harm(false), couldLook: false }] } };
    expect(JSON.parse(shimEvalJson(story([], blind)))).toMatchObject({ improved: 0 });
    const harmless = { ...one, bare: { ...one.bare, harms: [harm(false)] } };
    expect(JSON.parse(shimEvalJson(story([], harmless)))).toMatchObject({ improved: 0 });
  });

  test("nothing that a server said acts on a terminal", () => {
    for (const text of [storyText(GOOD, LOOK), storyJson(GOOD), shimEvalText(GOOD, LOOK)])
      expect(["\u001b", "\u202e"].filter((character) => text.includes(character))).toEqual([]);
  });
});
