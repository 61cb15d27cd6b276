/** kill -9 at any moment: what was done is in the log, what was answered has its outcome, and recovery closes the log. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { recoverLog } from "../../src/app/log/recover.js";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { fixture, ProxyProcess, testFolder, type LoggedEvent, type Reply } from "./proxy-process.js";
import { readRun, verifyFile, wholeLines } from "./recorded.js";
import { until } from "./watch.js";

/** Each kill is another moment; a second pass over the suite asks for fewer of them. */
const KILLS = Number(process.env["AGENTK_TEST_KILLS"] ?? 20);
const CALLS = 12;

interface Killed {
  readonly proxy: ProxyProcess;
  /** Nonces of the calls that were carried out. */
  readonly executed: readonly string[];
  /** Nonces of the calls that the client got a result for. */
  readonly answered: readonly string[];
}

/** A run with calls in flight, killed after so many answers and so many turns of the event loop. */
async function runAndKill(run: number): Promise<Killed> {
  const cwd = testFolder("killed");
  const witnessed = join(cwd, "witnessed");
  writeFileSync(witnessed, "");
  const proxy = new ProxyProcess({ cwd, server: [process.execPath, fixture("servers/witness.mjs"), witnessed] });
  await proxy.handshake();
  for (let i = 0; i < CALLS; i++) callLater(proxy, `n${String(run)}.${String(i)}`);
  await (Math.random() < 0.5
    ? someAnswered(proxy, Math.floor(Math.random() * CALLS))
    : someExecuted(witnessed, Math.ceil(Math.random() * CALLS)));
  for (let turns = Math.floor(Math.random() * 60); turns > 0; turns--) await nextTurn();
  proxy.process.kill("SIGKILL");
  expect(await proxy.ended).toEqual({ code: null, signal: "SIGKILL" });
  const executed = await witnessedOver(witnessed);
  const answered = proxy.replies.filter((reply) => isCall(reply) && reply.result !== undefined);
  return { proxy, executed, answered: answered.map(({ id }) => String(id)) };
}

function callLater(proxy: ProxyProcess, nonce: string): void {
  proxy.send({ jsonrpc: "2.0", id: nonce, method: "tools/call", params: { name: "do", arguments: { nonce } } });
}

const isCall = ({ id }: Reply): boolean => String(id).startsWith("n");

async function someAnswered(proxy: ProxyProcess, count: number): Promise<void> {
  await proxy.reply(() => proxy.replies.filter(isCall).length >= count);
}

/** Most of them not answered: whatever has to be in the log before the act is there now, or was written too late. */
function someExecuted(witnessed: string, count: number): Promise<void> {
  return until(witnessed, () => readFileSync(witnessed, "utf8").split("\n").length > count);
}

/** The nonces that were witnessed, once the server has come to the end of its input. */
async function witnessedOver(file: string): Promise<readonly string[]> {
  const lines = (): readonly string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);
  await until(file, () => lines().at(-1) === "over");
  return lines().slice(0, -1);
}

interface Account {
  /** Nonces of the allowed tool calls, by call id. */
  readonly intents: ReadonlyMap<string, string>;
  /** Nonces of the calls that have a signed receipt. */
  readonly receipted: readonly string[];
  /** Nonces of the calls whose outcome is recorded as `ok`. */
  readonly done: readonly string[];
  /** Allowed calls without an outcome, agentk's own look at the list among them. */
  readonly open: number;
}

function accountOf(log: string): Account {
  const { events, value, close } = readRun(log);
  const isIntent = ({ type, value: { kind, decision } }: LoggedEvent): boolean =>
    type === "syscall" && kind === "tool.invoke" && decision?.verdict === "allow";
  const intents = new Map(
    events.filter(isIntent).map((event) => {
      const { nonce } = value(event, "arguments") as { nonce: string };
      return [event.value.call ?? "", nonce];
    }),
  );
  close();
  const nonceOf = (call = ""): string => intents.get(call) ?? "";
  const ended = events.filter(({ type }) => type === "outcome");
  const outcomes = ended.filter(({ value: { status } }) => status === "ok");
  const allowed = events.filter(({ value: { decision }, type }) => type === "syscall" && decision?.verdict === "allow");
  return {
    intents,
    receipted: events.flatMap(receiptedIn).map(nonceOf),
    done: outcomes.map(({ value: { call } }) => nonceOf(call)).filter((nonce) => nonce !== ""),
    open: allowed.length - ended.length,
  };
}

/** The calls that a line gives receipts to. */
function receiptedIn({ type, value }: LoggedEvent): readonly string[] {
  if (type !== "receipts") return [];
  return (value["receipts"] as readonly { readonly call: string }[]).map(({ call }) => call);
}

async function checkRun({ proxy, executed, answered }: Killed): Promise<void> {
  const before = accountOf(proxy.log);
  const intents = [...before.intents.values()];
  expect(intents).toEqual(expect.arrayContaining([...executed]));
  expect(before.receipted).toEqual(expect.arrayContaining([...executed]));
  expect(executed).toEqual(expect.arrayContaining([...answered]));
  expect(before.done).toEqual(expect.arrayContaining([...answered]));
  const recovery = await recoverLog(proxy.log);
  expect(recovery.unanswered).toBe(before.open);
  expect(before.open).toBeGreaterThanOrEqual(intents.length - before.done.length);
  expect(verifyFile(proxy.log)).toMatchObject({ ok: true, ending: "recovered", unanswered: { count: 0 } });
  expect(await replayLog(proxy.log, process.env)).toMatchObject({
    ok: true,
    depth: "deep",
    sealed: 0,
    indeterminate: 0,
  });
}

// Claim: E1
test(
  `of ${String(KILLS)} killed runs, none did what its log does not say, and each recovers`,
  { timeout: 240_000 },
  async () => {
    let next = 0;
    let executed = 0;
    let answered = 0;
    const worker = async (): Promise<void> => {
      while (next < KILLS) {
        const killed = await runAndKill(next++);
        await checkRun(killed);
        executed += killed.executed.length;
        answered += killed.answered.length;
      }
    };
    await Promise.all([worker(), worker()]);
    // The kills are spread over the runs' lives: some calls were never done, some were done and never answered.
    expect(executed).toBeGreaterThan(answered);
    expect(executed).toBeLessThan(KILLS * CALLS);
  },
);

/** More than a thousand recoveries, each with its own flushes: the disk sets the pace. */
const LONG = { timeout: 240_000 };

test("a last line cut at any byte is set aside, recorded, and the log goes on to verify and replay", LONG, async () => {
  const cwd = testFolder("cut");
  const witnessed = join(cwd, "witnessed");
  writeFileSync(witnessed, "");
  const server = [process.execPath, fixture("servers/witness.mjs"), witnessed];
  // Each of several hundred recoveries loads the policy anew.
  const proxy = new ProxyProcess({ cwd, server, flags: ["--policy", fixture("policies/allow-all.toml")] });
  await proxy.handshake();
  await proxy.call("do", { nonce: "answered" });
  const hanging = proxy.call("hang", { nonce: "hanging" }).catch(() => undefined);
  await until(witnessed, () => readFileSync(witnessed, "utf8").includes("hanging\n"));
  proxy.process.kill("SIGKILL");
  await Promise.all([proxy.ended, hanging]);
  await witnessedOver(witnessed);
  const lines = wholeLines(proxy.log);
  const events = lines.map((line) => JSON.parse(line) as LoggedEvent);
  const receipt = events.findLastIndex(({ type }) => type === "receipts");
  const intent = events.findLastIndex(({ type }) => type === "syscall");
  expect(events[intent]?.value.decision?.verdict).toBe("allow");
  expect(receiptedIn(events[receipt] ?? { seq: 0, type: "", value: {} })).toEqual([events[intent]?.value.call]);
  const whole = readFileSync(proxy.log);
  const endOf = (index: number): number => Buffer.byteLength(lines.slice(0, index + 1).join("\n")) + 1;
  for (const line of [intent, receipt]) {
    for (let end = endOf(line - 1); end <= endOf(line); end++) {
      const unanswered = end >= endOf(intent) ? 1 : 0;
      await cutAndRecover(proxy.log, whole.subarray(0, end), { start: endOf(line - 1), unanswered });
    }
  }
  await recoverLog(proxy.log);
});

interface Cut {
  /** Where the record that was cut begins. */
  readonly start: number;
  /** Calls that have no outcome, however many of them have a receipt. */
  readonly unanswered: number;
}

/** Recovers a copy of a log that has only these bytes. */
async function cutAndRecover(log: string, bytes: Buffer, { start, unanswered }: Cut): Promise<void> {
  const folder = join(dirname(log), "..", "..", "tampered", String(bytes.length));
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, "cut.jsonl");
  writeFileSync(copy, bytes);
  copyFileSync(payloadPathOf(log), payloadPathOf(copy));
  const isWhole = bytes.at(-1) === 0x0a;
  const torn = isWhole ? Buffer.alloc(0) : bytes.subarray(start);
  const recovery = await recoverLog(copy);
  expect(recovery).toMatchObject({ tornBytes: torn.length, unanswered });
  if (torn.length > 0) expect(readFileSync(`${copy}.torn`)).toEqual(torn);
  const said = wholeLines(copy)
    .map((line) => JSON.parse(line) as LoggedEvent)
    .find(({ type }) => type === "recovery");
  const torn_sha256 = createHash("sha256").update(torn).digest("hex");
  expect(said?.value).toEqual({ torn_bytes: torn.length, torn_sha256 });
  expect(verifyFile(copy)).toMatchObject({ ok: true, ending: "recovered" });
  if (bytes.length % 16 === 0) expect(await replayLog(copy, process.env)).toMatchObject({ ok: true, depth: "deep" });
}
