/** A run whose operator changes the signing key under it, twice: one log, three keys, and who is believed. */
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixture, ProxyProcess, testFolder } from "./proxy-process.js";
import { agentk, untilLogged } from "./watch.js";

interface World {
  readonly cwd: string;
  readonly proxy: ProxyProcess;
  /** Runs a command that must succeed; its JSON. */
  readonly json: (...words: readonly string[]) => Promise<Readonly<Record<string, unknown>>>;
  readonly root: string;
}

async function world(): Promise<World> {
  const cwd = testFolder("rekey");
  const json = async (...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
    const { code, stdout, stderr } = await agentk(cwd, [...words, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  };
  const { public_key: root } = await json("keygen", "--out", "1.key");
  const key = join(cwd, "signing.key");
  use(cwd, "1.key");
  writeFileSync(join(cwd, "seen"), "");
  const server = [process.execPath, fixture("servers/witness.mjs"), join(cwd, "seen")];
  const proxy = new ProxyProcess({ cwd, server, env: { AGENTK_SIGNING_KEY_FILE: key } });
  await proxy.handshake();
  return { cwd, proxy, json, root: String(root) };
}

function use(cwd: string, file: string): void {
  copyFileSync(join(cwd, file), join(cwd, "signing.key"));
  chmodSync(join(cwd, "signing.key"), 0o600);
}

/** Settles when the proxy has said this on stderr. */
async function untilSaid({ proxy }: World, what: string): Promise<void> {
  while (!proxy.stderr.includes(what)) await once(proxy.process.stderr, "data");
}

/** The next key in the place of the last one, and a signal; gives the new key once the log goes on under it. */
async function rotate(live: World, from: number): Promise<string> {
  const { cwd, proxy } = live;
  const [current, next] = [`${String(from)}.key`, `${String(from + 1)}.key`];
  const { current: key } = await live.json(
    "key-rotate",
    "--current",
    current,
    "--next-out",
    next,
    "--manifest",
    "r.json",
  );
  // The run does not know yet: what it signs meanwhile is signed by a key that has given way.
  await proxy.call("do", { nonce: `late${String(from)}` });
  use(cwd, next);
  proxy.process.kill("SIGHUP");
  await untilSaid(live, `is signed with ${String(key)} from here on`);
  return String(key);
}

// Claim: K2
test("every change is in the log, signed by both, and the rotation manifest makes all of it one operator's", async () => {
  const live = await world();
  const { cwd, proxy, root } = live;
  await proxy.call("do", { nonce: "a" });
  const second = await rotate(live, 1);
  await proxy.call("do", { nonce: "b" });
  const third = await rotate(live, 2);
  await proxy.call("do", { nonce: "c" });
  await untilLogged(proxy, (events) => events.findLastIndex(({ type }) => type === "checkpoint") > changes(events)[1]);
  expect((await proxy.close()).code).toBe(0);

  const events = proxy.events();
  const keys = events.filter(({ type }) => type === "key");
  expect([events[0]?.value["public_key"], ...keys.map(({ value }) => value["public_key"])]).toEqual([
    root,
    second,
    third,
  ]);
  expect(events.filter(({ type }) => type === "receipts").some(({ seq }) => seq > changes(events)[1])).toBe(true);
  const log = proxy.log;
  expect((await agentk(cwd, ["verify", log])).code).toBe(0);
  const trusted = await live.json("verify-signatures", log, "--rotation", "r.json", "--root", root);
  expect(trusted).toMatchObject({ ok: true, findings: [] });
  expect((trusted["signers"] as { standing: string }[]).map(({ standing }) => standing)).toEqual(
    Array(3).fill("trusted"),
  );

  const first = await agentk(cwd, ["verify-signatures", log, "--trusted-public-key", root, "--json"]);
  expect(first.code).toBe(2);
  const codes = (JSON.parse(first.stdout) as { findings: { code: string }[] }).findings.map(({ code }) => code);
  expect(codes).toEqual(["signer-unknown", "signer-unknown"]);

  const line = String(changes(events)[1] + 1);
  await live.json("proof", "inclusion", log, line, "--out", "line.json");
  expect(await live.json("proof", "verify", "line.json", "--public-key", third)).toMatchObject({ ok: true });
  expect((await agentk(cwd, ["proof", "verify", "line.json", "--public-key", root])).code).toBe(2);
  const written = proxy.stderr + readFileSync(log, "utf8");
  for (const file of ["1.key", "2.key", "3.key"])
    expect(written).not.toContain(readFileSync(join(cwd, file), "utf8").trim());
});

/** The places of the first two changes of key; beyond the log where there is none. */
function changes(events: readonly { readonly seq: number; readonly type: string }[]): readonly [number, number] {
  const [one = Infinity, two = Infinity] = events.filter(({ type }) => type === "key").map(({ seq }) => seq);
  return [one, two];
}

test("a key file that is none, that others can read, or that is the same, changes nothing and is said", async () => {
  const live = await world();
  const { cwd, proxy, root } = live;
  const keeps = async (how: string): Promise<void> => {
    const before = proxy.stderr.length;
    proxy.process.kill("SIGHUP");
    while (!proxy.stderr.slice(before).includes(how)) await once(proxy.process.stderr, "data");
  };
  writeFileSync(join(cwd, "signing.key"), "5e5e5e5e\n", { mode: 0o600 });
  await keeps("keeps its key");
  expect(proxy.stderr).not.toContain("5e5e5e5e");
  use(cwd, "1.key");
  chmodSync(join(cwd, "signing.key"), 0o644);
  await keeps("keeps its key");
  use(cwd, "1.key");
  await keeps("has that key already");
  await proxy.call("do", { nonce: "a" });
  expect((await proxy.close()).code).toBe(0);
  expect(proxy.events().filter(({ type }) => type === "key")).toEqual([]);
  expect((await live.json("verify-signatures", proxy.log, "--trusted-public-key", root))["ok"]).toBe(true);
});
