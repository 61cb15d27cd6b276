/** Many calls at once, through one proxy and through several in one folder: one account each, without a gap or a mix-up. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { fixture, ProxyProcess, testFolder, type LoggedEvent } from "./proxy-process.js";
import { HttpProcess } from "./http-process.js";
import { logsIn, readRun, verifyFile } from "./recorded.js";
import { textOf } from "./watch.js";

function startWitness(cwd: string, name: string): ProxyProcess {
  const server = [process.execPath, fixture("servers/witness.mjs"), join(cwd, `${name}.witnessed`)];
  return new ProxyProcess({ cwd, server });
}

async function callAll(proxy: ProxyProcess, name: string, count: number): Promise<readonly string[]> {
  await proxy.handshake();
  const nonces = Array.from({ length: count }, (_, i) => `${name}.${String(i)}`);
  const answers = await Promise.all(nonces.map((nonce) => proxy.call("do", { nonce }, nonce)));
  expect(answers.map(({ result }) => result)).toEqual(
    nonces.map((nonce) => ({ content: [{ type: "text", text: nonce }] })),
  );
  return nonces;
}

/** Each call of the log, in the order of the intents: its nonce, the nonce of its page, its outcome. */
function callsOf(log: string): readonly { asked: unknown; got: unknown; status: unknown }[] {
  const { events, value, close } = readRun(log);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
  const ofCall = (type: string, call: string): readonly LoggedEvent[] =>
    events.filter((event) => event.type === type && event.value.call === call);
  const calls = events.filter(({ type, value: { kind } }) => type === "syscall" && kind === "tool.invoke");
  const accounts = calls.map((intent) => {
    const call = intent.value.call ?? "";
    const [page, ...otherPages] = ofCall("page", call);
    const [outcome, ...otherOutcomes] = ofCall("outcome", call);
    if (page === undefined || outcome === undefined) throw new Error(`\`${call}\` has no page or no outcome`);
    expect([...otherPages, ...otherOutcomes]).toEqual([]);
    expect(outcome.value["page"]).toBe(page.value["page"]);
    expect([intent.seq, page.seq, outcome.seq].toSorted((a, b) => a - b)).toEqual([intent.seq, page.seq, outcome.seq]);
    const { nonce } = value(intent, "arguments") as { nonce: string };
    const { content } = value(page, "content") as { content: { text: string }[] };
    return { asked: nonce, got: content[0]?.text, status: outcome.value.status };
  });
  close();
  return accounts;
}

async function checkLog(log: string, nonces: readonly string[]): Promise<void> {
  expect(callsOf(log)).toEqual(nonces.map((nonce) => ({ asked: nonce, got: nonce, status: "ok" })));
  expect(verifyFile(log)).toMatchObject({ ok: true, ending: "sealed", allowed: nonces.length + 1, denied: 0 });
  expect(await replayLog(log, process.env)).toMatchObject({ ok: true, depth: "deep", sealed: 0 });
}

test("200 calls at once through one proxy: all answered, each outcome with its own call", async () => {
  const cwd = testFolder("crowd");
  const proxy = startWitness(cwd, "one");
  const nonces = await callAll(proxy, "one", 200);
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  await checkLog(proxy.log, nonces);
});

test("4 proxies with 50 calls each in one folder: four logs, none with a line of another", async () => {
  const cwd = testFolder("four");
  const names = ["a", "b", "c", "d"];
  const proxies = names.map((name) => startWitness(cwd, name));
  await Promise.all(proxies.map((proxy, i) => callAll(proxy, names[i] ?? "", 50)));
  for (const end of await Promise.all(proxies.map((proxy) => proxy.close()))) expect(end.code).toBe(0);
  const logs = logsIn(cwd);
  const owners = logs.map(async (log) => {
    const name = String(callsOf(log)[0]?.asked).charAt(0);
    await checkLog(
      log,
      Array.from({ length: 50 }, (_, i) => `${name}.${String(i)}`),
    );
    return name;
  });
  expect((await Promise.all(owners)).toSorted()).toEqual(names);
});

test("8 proxies started at once in a new folder: eight logs, and `latest.jsonl` is a link to one of them", async () => {
  const cwd = testFolder("eight");
  const server = [process.execPath, fixture("servers/witness.mjs"), join(cwd, "witnessed")];
  const proxies = Array.from({ length: 8 }, () => new ProxyProcess({ cwd, server }));
  await Promise.all(proxies.map((proxy) => proxy.handshake()));
  await Promise.all(proxies.map((proxy, i) => proxy.call("do", { nonce: String(i) })));
  for (const end of await Promise.all(proxies.map((proxy) => proxy.close()))) expect(end.code).toBe(0);
  const logs = logsIn(cwd);
  expect(logs).toHaveLength(8);
  for (const log of logs) {
    expect(verifyFile(log)).toMatchObject({ ok: true, ending: "sealed", allowed: 2 });
    expect(await replayLog(log, process.env)).toMatchObject({ ok: true, depth: "deep", sealed: 0 });
  }
  const latest = join(cwd, ".agentk", "runs", "latest.jsonl");
  expect(lstatSync(latest).isSymbolicLink()).toBe(true);
  expect(readlinkSync(latest)).toBe(basename(readlinkSync(latest)));
  expect(logs.map((log) => realpathSync(log))).toContain(realpathSync(latest));
  expect(readdirSync(join(cwd, ".agentk", "runs")).filter((file) => !/\.(jsonl|payloads)$/.test(file))).toEqual([]);
  expect(readFileSync(join(cwd, "witnessed"), "utf8").split("\n").slice(0, -1).toSorted()).toEqual(
    [...Array.from({ length: 8 }, (_, i) => String(i)), ...Array.from({ length: 8 }, () => "over")].toSorted(),
  );
});

/** The places in a log of all that one call led to, in the order that one leads to the other. */
function causesOf(events: readonly LoggedEvent[], call: string): readonly number[] {
  const isReceipt = ({ type, value }: LoggedEvent): boolean =>
    type === "receipts" && (value["receipts"] as readonly { readonly call: string }[]).some((one) => one.call === call);
  const steps = [
    (event: LoggedEvent) => event.type === "syscall" && event.value.call === call,
    isReceipt,
    (event: LoggedEvent) => event.type === "page" && event.value.call === call,
    (event: LoggedEvent) => event.type === "outcome" && event.value.call === call,
  ];
  return steps.flatMap((isStep) => events.filter(isStep).map(({ seq }) => seq));
}

test("200 calls at once over 4 connections to one run: one chain, no effect before its cause, no answer to another's call", async () => {
  const cwd = testFolder("connections");
  const witnessed = join(cwd, "witnessed");
  const server = [process.execPath, fixture("servers/witness.mjs"), witnessed];
  const front = await new HttpProcess({ server, policy: fixture("policies/allow-all.toml") }).ready();
  const sessions = await Promise.all([1, 2, 3, 4].map(() => front.session()));
  const asked = sessions.flatMap((session, of) =>
    Array.from({ length: 50 }, async (_, i) => {
      const nonce = `s${String(of)}.${String(i)}`;
      return [nonce, textOf(await front.call(session, "do", { nonce }))] as const;
    }),
  );
  for (const [nonce, text] of await Promise.all(asked)) expect(text).toBe(nonce);
  expect(await front.stop()).toEqual({ code: 0, signal: null });
  expect(verifyFile(front.log)).toMatchObject({ ok: true, ending: "sealed", denied: 0 });
  expect(await replayLog(front.log, process.env)).toMatchObject({ ok: true, depth: "deep", sealed: 0 });
  const { events, value, close } = readRun(front.log);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
  const calls = events.filter(({ type, value: { kind } }) => type === "syscall" && kind === "tool.invoke");
  expect(calls).toHaveLength(200);
  const owners = new Map<unknown, Set<string>>();
  for (const intent of calls) {
    const places = causesOf(events, intent.value.call ?? "");
    expect(places).toHaveLength(4);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const { nonce } = value(intent, "arguments") as { nonce: string };
    const page = events[places[2] ?? 0];
    expect(page === undefined ? undefined : value(page, "content")).toMatchObject({ content: [{ text: nonce }] });
    const session = intent.value["session"];
    expect(page?.value["session"]).toBe(session);
    owners.set(session, (owners.get(session) ?? new Set()).add(nonce.split(".")[0] ?? ""));
  }
  close();
  // Each session of the log is one connection, with all of its calls and no other's.
  expect([...owners.values()].map((names) => names.size)).toEqual([1, 1, 1, 1]);
  const done = readFileSync(witnessed, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("s"));
  expect(new Set(done).size).toBe(200);
  expect(done).toHaveLength(200);
});
