/** Every use of every door of a small session fails once: a deny with its reason or a named error, never an unrecorded act. */
import { appendFileSync, fdatasync, readFileSync, writeSync } from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import type * as Clock from "../../src/host/clock.js";
import type * as Entropy from "../../src/host/entropy.js";
import type * as Journal from "../../src/host/journal-file.js";
import type * as Payloads from "../../src/host/payload-store.js";
import type * as Signer from "../../src/host/signer.js";
import type * as Keys from "../../src/host/signing-key.js";
import type * as Link from "../../src/app/run/server-link.js";
import type { JsonObject } from "../../src/base/json.js";
import * as faults from "./plan.js";
import { CLOCK_JUMPS, DOORS, planFault, serverHere, usesOf, type Door } from "./plan.js";
import { exitOf, expectAccounted, expectWholeLog, newCase, playSession, recount, type Played } from "./scripted.js";

vi.mock("../../src/host/clock.js", async (original) => {
  const real = await original<typeof Clock>();
  return { ...real, createClock: () => faults.faultyClock(real.createClock()) };
});
vi.mock("../../src/host/entropy.js", async (original) => {
  const real = await original<typeof Entropy>();
  return { ...real, nonce: faults.faultyEntropy(real.nonce) };
});
vi.mock("../../src/host/journal-file.js", async (original) => {
  const real = await original<typeof Journal>();
  const fs = faults.faultyLog({ writeSync, fdatasync });
  return { ...real, createJournalFile: (path: string) => real.createJournalFile(path, fs) };
});
vi.mock("../../src/host/payload-store.js", async (original) => {
  const real = await original<typeof Payloads>();
  const create: typeof real.createPayloadStore = (path, run, key) => {
    const store = real.createPayloadStore(path, run, key, faults.faultyPayloads(writeSync));
    return { ...store, close: faults.faultyClose(store.close) };
  };
  return { ...real, createPayloadStore: create };
});
vi.mock("../../src/host/signer.js", async (original) => {
  const real = await original<typeof Signer>();
  return { ...real, verifyEd25519: faults.faultyCheck(real.verifyEd25519) };
});
vi.mock("../../src/host/signing-key.js", async (original) => {
  const real = await original<typeof Keys>();
  const load: typeof real.loadSigningKey = (env, options) => faults.faultySigner(real.loadSigningKey(env, options));
  return { ...real, loadSigningKey: load };
});
vi.mock("../../src/app/run/server-link.js", async (original) => {
  const real = await original<typeof Link>();
  const serverSource: typeof real.serverSource = () =>
    Promise.resolve({
      ...{ command: ["here"], restarts: 0 },
      start: (handlers) => {
        current.started++;
        return serverHere(handlers, answer);
      },
    });
  return { ...real, serverSource };
});

/** What the case that is played has come to. */
let current = { journal: "", log: "", effects: [] as string[], started: 0, atStrike: -1, early: 0 };

function answer({ id, method, params }: JsonObject): JsonObject | undefined {
  if (id === undefined) return undefined;
  return { jsonrpc: "2.0", id, result: resultOf(method as string, params as JsonObject) };
}

function resultOf(method: string, params: JsonObject): JsonObject {
  if (method === "initialize") {
    const serverInfo = { name: "here", version: "1" };
    return { protocolVersion: params["protocolVersion"] ?? "", capabilities: { tools: {} }, serverInfo };
  }
  if (method === "tools/list")
    return { tools: ["do", "forbid"].map((name) => ({ name, inputSchema: { type: "object" } })) };
  const { nonce } = params["arguments"] as { readonly nonce: string };
  current.effects.push(nonce);
  appendFileSync(current.journal, `${nonce}\n`);
  if (receiptsNow() < current.effects.length) current.early++;
  return { content: [{ type: "text", text: nonce }] };
}

/** Receipts of tool calls that stand in the file at this moment: agentk's own look at the list has the first. */
function receiptsNow(): number {
  const lines = readFileSync(current.log, "utf8").split("\n").slice(0, -1);
  const events = lines.map((line) => JSON.parse(line) as { type: string; value: { receipts?: readonly unknown[] } });
  return events.reduce((sum, { type, value }) => sum + (type === "receipts" ? (value.receipts?.length ?? 0) : 0), -1);
}

async function play(fault: Parameters<typeof planFault>[0]): Promise<Played> {
  const { cwd, journal } = newCase("fault");
  current = { journal, log: `${cwd}/run.jsonl`, effects: [], started: 0, atStrike: -1, early: 0 };
  planFault(fault, () => (current.atStrike = current.effects.length));
  return playSession(cwd, []);
}

const counts = new Map<Door, number>();

/** How often each door is used when nothing fails; the cases are counted from that. */
async function countUses(): Promise<void> {
  // The first run of all makes the keys, and draws on more than those after it.
  await play({});
  const played = await play({});
  expect(recount(played)).toEqual({ done: ["n1", "n3", "n4"], refused: ["n2"] });
  expect(exitOf(played)).toBe(0);
  for (const door of DOORS) counts.set(door, usesOf(door));
  expect(await expectWholeLog(played.log)).toBe("sealed");
}

await countUses();

/** AGENTK_TEST_FAULTS=all: no use is left out, and each log is replayed. */
const IS_FULL = process.env["AGENTK_TEST_FAULTS"] === "all";

/** Each line asks the clock once and is written once, so the clock's uses lie where those of the log do. */
function usesToFail(door: Door): readonly number[] {
  const all = Array.from({ length: counts.get(door) ?? 0 }, (_, use) => use + 1);
  return door === "clock" && !IS_FULL ? all.filter((use) => use % 3 === 1) : all;
}

/** What the sweep has met, so that it cannot have met nothing. */
const met = { neverBegan: 0, refusedSome: 0, unsealed: 0, cases: 0, struck: 0 };

/**
 * A head is signed each second and two calls may share a sync, so a busy moment gives some doors one use more or less than
 * when they were counted: the last ones may not come.
 */
const BY_TIME: ReadonlySet<Door> = new Set(["log write", "log sync", "sign", "clock"]);

describe.each(DOORS)("%s", (door) => {
  const all = usesToFail(door);

  // Claim: F1
  test.each(all)("fails at use %i", async (use) => {
    const played = await play({ door, use });
    const { effects, started, atStrike, early } = current;
    met.cases++;
    if (BY_TIME.has(door) && atStrike < 0) {
      expect(exitOf(played)).toBe(0);
      return;
    }
    expect(atStrike).toBeGreaterThanOrEqual(0);
    met.struck++;
    // Fail closed: from the fault on nothing is done.
    expect(effects).toHaveLength(atStrike);
    expect(early).toBe(0);
    expect(exitOf(played)).toBe(1);
    expectAccounted(played, effects);
    expectNamed(played, started);
    const ending = await expectWholeLog(played.log, IS_FULL || use % 8 === 0);
    if (ending === "recovered") met.unsealed++;
    if (played.end instanceof Error && started === 0) met.neverBegan++;
    if (played.asked.length > 0 && recount(played).refused.length > 1) met.refusedSome++;
  });
});

/** The operator is told what it was, in words and without a stack. */
function expectNamed({ end }: Played, started: number): void {
  const fault = end instanceof Error ? end : end.fault;
  expect(fault?.message).toMatch(/made up|ENOSPC|EIO|EACCES|EAGAIN|EINVAL/);
  expect(fault?.message).not.toMatch(/\n\s+at /);
  if (end instanceof Error) expect(started).toBeLessThanOrEqual(1);
}

afterAll(() => {
  expect(Math.min(...Object.values(met))).toBeGreaterThan(0);
  expect(met.struck / met.cases).toBeGreaterThan(0.8);
});

describe("the clock jumps", () => {
  const uses = Array.from({ length: counts.get("clock") ?? 0 }, (_, use) => use + 1);
  process.stdout.write(`uses: ${[...counts].map(([door, count]) => `${door} ${String(count)}`).join(", ")}\n`);
  // Every sixth use, each kind of jump beginning at another: a jump stays, so its neighbours differ little.
  const cases = CLOCK_JUMPS.flatMap((jump, kind) =>
    uses.filter((use) => IS_FULL || use % 6 === kind).map((use) => [jump, use] as const),
  );

  test.each(cases)("%s at use %i", async (jump, use) => {
    const played = await play({ door: "clock", use, jump });
    const { effects, early } = current;
    expect(early).toBe(0);
    expectAccounted(played, effects);
    expect(exitOf(played)).toBe(0);
    expect(await expectWholeLog(played.log, IS_FULL || use % 8 === 0)).toBe("sealed");
  });
});
