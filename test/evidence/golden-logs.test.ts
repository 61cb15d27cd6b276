/** Logs of earlier versions: what was written once verifies and replays for ever. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { replayLog } from "../../src/app/replay/replay-log.js";
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

interface Released {
  readonly version: 2 | 3;
  readonly lines: number;
  readonly allowed: number;
  /** As verify counts them; `lines` are all of a sealed log. */
  readonly signed: { readonly checkpoints: number; readonly receipts: number };
  readonly decisions: Readonly<Record<string, number>>;
}

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

/** Runs of the released program, without a journal and with one; `.key` is the payload key of that operator. */
const RELEASED: readonly Released[] = [
  { version: 2, lines: 34, allowed: 6, signed: { checkpoints: 0, receipts: 0 }, decisions: DECISIONS },
  {
    ...{ version: 3, lines: 49, allowed: 8, signed: { checkpoints: 2, receipts: 8 } },
    decisions: { ...DECISIONS, "allow:named-by-user": 2, "allow:reads-more": 3 },
  },
];

/** A run beside its journal, in a folder of its own, with the operator's data folder. */
function unpacked(version: number): { readonly log: string; readonly env: { readonly AGENTK_DATA_DIR: string } } {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "agentk-golden-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const env = { AGENTK_DATA_DIR: join(folder, "data") };
  mkdirSync(env.AGENTK_DATA_DIR, { mode: 0o700 });
  const name = `flight-log-v${String(version)}-deep`;
  const log = join(folder, "run.jsonl");
  place(`${name}.jsonl`, log);
  place(`${name}.payloads`, join(folder, "run.payloads"));
  place(`${name}.key`, join(env.AGENTK_DATA_DIR, "payload.key"));
  return { log, env };
}

function place(name: string, path: string): void {
  copyFileSync(fileURLToPath(new URL(`../vectors/${name}`, import.meta.url)), path);
  chmodSync(path, 0o600);
}

describe.each(RELEASED)("version $version", ({ version, lines: count, allowed, signed, decisions }) => {
  const name = `flight-log-v${String(version)}`;
  const sealed = vector(`${name}-run.jsonl`);
  const both = [
    ["without a journal", sealed],
    ["with a journal", vector(`${name}-deep.jsonl`)],
  ] as const;

  test.each(both)("a run %s still verifies by the rules of its version", (_what, lines) => {
    expect(lines[0]).toContain(`"format":"agentk-flight/${String(version)}"`);
    for (const more of [{}, { signatures: { trusted: undefined } }])
      expect(verifyLines(lines, more)).toMatchObject({
        ...{ ok: true, ending: "sealed", lines: count, findingCount: 0, allowed, denied: 6 },
        signed: { ...signed, lines: count },
      });
  });

  test.each(both)("a run %s still replays from its lines alone", (_what, lines) => {
    const report = replay(lines);
    expect(report).toMatchObject({ ok: true, lines: count, opened: 0, indeterminate: 0, divergence: undefined });
    expect(report.decisions).toEqual(decisions);
  });

  test("a run still replays with its values, each committed to again", async () => {
    const { log, env } = unpacked(version);
    const report = await replayLog(log, env);
    expect(report).toMatchObject({ ok: true, depth: "deep", lines: count, sealed: 0, indeterminate: 0 });
    expect(report).toMatchObject({ divergence: undefined, broken: undefined, journalFault: undefined });
    expect(report.opened).toBeGreaterThan(10);
    expect(report.decisions).toEqual(decisions);
  });

  test("a run that is edited does neither", () => {
    const edited = sealed.map((line) => line.replace('"rule":"later"', '"rule":"never"'));
    expect(verifyLines(edited).findingCount).toBeGreaterThan(0);
    expect(replay(edited).ok).toBe(false);
  });
});
