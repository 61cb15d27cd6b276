/** Logs of earlier versions: what was written once verifies and replays for ever. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { replay } from "../replay/tape-deck.js";
import { buildLog, chainOf, findingsOf, parse, verifyLines } from "./fixture.js";

function vector(name: string): readonly string[] {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
  return text.split("\n").slice(0, -1);
}

/** The worked example of the page of version 1. Its policy is no whole policy, so it is there to verify. */
const example = vector("flight-log-v1.jsonl");
/** A run of the released program against test/fixtures/servers/scripted.mjs, without a journal. */
const run = vector("flight-log-v1-run.jsonl");

describe("version 1", () => {
  test.each([
    ["the example", example, 8],
    ["a run", run, 39],
  ])("%s still verifies", (_what, lines, count) => {
    expect(lines[0]).toContain('"format":"agentk-flight/1"');
    expect(verifyLines(lines)).toMatchObject({ ok: true, ending: "sealed", lines: count, findingCount: 0 });
  });

  test("the example is the log that the other tests start from", () => {
    expect(buildLog()).toEqual(example);
  });

  test("a run still replays without its values", () => {
    const report = replay(run);
    expect(report).toMatchObject({ ok: true, lines: 39, opened: 0, indeterminate: 0, divergence: undefined });
    expect(report.decisions).toEqual({
      "allow:describe": 1,
      "allow:tool-call": 7,
      "deny:malformed": 1,
      "deny:no-contract": 2,
      "deny:poisoned-session": 2,
    });
  });

  test("a run that is edited does not", () => {
    const denied = run.findIndex((line) => line.includes('"rule":"no-contract"'));
    const edited = run.map((line, at) => (at === denied ? line.replaceAll("no-contract", "malformed") : line));
    expect(findingsOf(verifyLines(edited))).toEqual([`hash-mismatch@${String(denied + 1)}`]);
    expect(replay(edited).ok).toBe(false);
  });

  // In version 1 the risk of a call was its kind's: the name of the tool did not count, and in its replay it must not.
  test("a call of a tool whose name now counts as high risk replays as it was written", () => {
    const renamed = run.map((line) => {
      const { type, value } = parse(line.replaceAll("office/echo", "office/pay"));
      return { type, value } as FlightEvent;
    });
    expect(replay(chainOf(renamed)).divergence).toBeUndefined();
  });
});
