/** Logs of earlier versions: what was written once verifies and replays for ever. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { replayLog } from "../../src/app/replay-log.js";
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

/** Runs of the released program, without a journal and with one; `.key` is the payload key of that operator. */
const sealed = vector("flight-log-v2-run.jsonl");
const deep = vector("flight-log-v2-deep.jsonl");
const DECISIONS = {
  "allow:look": 1,
  "allow:named-by-user": 1,
  "allow:reads": 1,
  "allow:reads-more": 2,
  "ask:ask-first": 1,
  "defer:later": 1,
  "deny:default-deny": 3,
  "deny:no-contract": 1,
  "transform:hide-it": 1,
};

/** A run beside its journal, in a folder of its own, with the operator's data folder. */
const folder = mkdtempSync(join(realpathSync(tmpdir()), "agentk-golden-"));
const env = { AGENTK_DATA_DIR: join(folder, "data") };
mkdirSync(env.AGENTK_DATA_DIR, { mode: 0o700 });
place("flight-log-v2-deep.jsonl", join(folder, "run.jsonl"));
place("flight-log-v2-deep.payloads", join(folder, "run.payloads"));
place("flight-log-v2-deep.key", join(env.AGENTK_DATA_DIR, "payload.key"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function place(name: string, path: string): void {
  copyFileSync(fileURLToPath(new URL(`../vectors/${name}`, import.meta.url)), path);
  chmodSync(path, 0o600);
}

describe("version 2", () => {
  test.each([
    ["without a journal", sealed],
    ["with a journal", deep],
  ])("a run %s still verifies, and no receipt or checkpoint is asked of it", (_what, lines) => {
    expect(lines[0]).toContain('"format":"agentk-flight/2"');
    const signed = { checkpoints: 0, receipts: 0, lines: 34 };
    for (const more of [{}, { signatures: { trusted: undefined } }])
      expect(verifyLines(lines, more)).toMatchObject({
        ...{ ok: true, ending: "sealed", lines: 34, findingCount: 0 },
        ...{ allowed: 6, denied: 6, signed: { ...signed, lines: 34 } },
      });
  });

  test.each([
    ["without a journal", sealed],
    ["with a journal", deep],
  ])("a run %s still replays from its lines alone", (_what, lines) => {
    const report = replay(lines);
    expect(report).toMatchObject({ ok: true, lines: 34, opened: 0, indeterminate: 0, divergence: undefined });
    expect(report.decisions).toEqual(DECISIONS);
  });

  test("a run still replays with its values, each committed to again", async () => {
    const report = await replayLog(join(folder, "run.jsonl"), env);
    expect(report).toMatchObject({ ok: true, depth: "deep", lines: 34, sealed: 0, indeterminate: 0 });
    expect(report).toMatchObject({ divergence: undefined, broken: undefined, journalFault: undefined });
    expect(report.opened).toBeGreaterThan(10);
    expect(report.decisions).toEqual(DECISIONS);
  });

  test("a run that is edited does neither", () => {
    const edited = sealed.map((line) => line.replace('"rule":"later"', '"rule":"never"'));
    expect(findingsOf(verifyLines(edited))).toHaveLength(1);
    expect(replay(edited).ok).toBe(false);
  });
});
