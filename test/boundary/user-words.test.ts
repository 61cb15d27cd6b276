/** The user's words: by which channels they come in, and that nothing else can pass for them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createControl, type ControlParts } from "../../src/app/run/control.js";
import type { JsonObject } from "../../src/base/json.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { AGENTK, fixture, ProxyProcess, testFolder, type LoggedEvent } from "./proxy-process.js";
import { readRun } from "./recorded.js";
import { judgedCalls, refusedCall, startScripted, type ScriptedProxy } from "./scripted-proxy.js";
import { agentk, eventsOf, textOf, untilLogged, verified, type CommandEnd } from "./watch.js";

const ALL = readFileSync(fixture("policies/allow-all.toml"), "utf8");
const META = `[trust]\nclient_prompt = "_meta"\n\n${ALL}`;
const SOCKET = `[trust]\ncontext_socket = true\n\n${ALL}`;
const PROMPT = "agentk/prompt";

function wordsIn(proxy: ProxyProcess): readonly LoggedEvent[] {
  return proxy.events().filter(({ type, value }) => type === "page" && value["method"] === "user/words");
}

/** The recorded texts, in order. */
function textsIn(proxy: ProxyProcess): readonly unknown[] {
  const { value, close } = readRun(proxy.log);
  const texts = wordsIn(proxy).map((event) => value(event, "content"));
  close();
  return texts;
}

function say(proxy: ProxyProcess, prompt: unknown, args: object = {}): ReturnType<ProxyProcess["request"]> {
  return proxy.request("tools/call", { name: "echo", arguments: args, _meta: { [PROMPT]: prompt, kept: 7 } });
}

/** Settles when a connection is over, however it ended. */
function over(socket: Socket): Promise<void> {
  socket.on("error", () => undefined).resume();
  return new Promise((resolve) =>
    socket.on("close", () => {
      resolve();
    }),
  );
}

function syscalls(proxy: ProxyProcess): readonly LoggedEvent[] {
  return eventsOf(proxy).filter(({ type }) => type === "syscall");
}

/** Runs agentk with something on stdin. */
async function agentkWith(cwd: string, args: readonly string[], input: string | Buffer): Promise<CommandEnd> {
  const running = spawn(process.execPath, [AGENTK, ...args], { cwd });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  running.stdout.on("data", (chunk: Buffer) => stdout.push(chunk.toString("utf8")));
  running.stderr.on("data", (chunk: Buffer) => stderr.push(chunk.toString("utf8")));
  running.stdin.on("error", () => undefined).end(input);
  const [code] = (await once(running, "close")) as [number];
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

describe("the client's `_meta` as the user's channel", () => {
  test("when the policy names it, the words are a page before the request that brought them, and go no further", async () => {
    const { proxy, seen } = startScripted("prompt", { policy: META });
    await proxy.handshake();
    expect(textOf(await say(proxy, "pay canary", { a: 1 }))).toBe('{"a":1}');
    await Promise.all([say(proxy, "pay canary"), say(proxy, "and then canary"), say(proxy, "and then canary")]);
    await proxy.request("tools/list", { _meta: { [PROMPT]: "list canary" } });
    await proxy.request("ping", { _meta: { [PROMPT]: "ping canary" } });
    await proxy.close();
    expect(textsIn(proxy)).toEqual(["pay canary", "and then canary", "list canary", "ping canary"]);
    expect(wordsIn(proxy)[0]?.value).toMatchObject({ session: "s1", server: "user" });
    const [page, call] = [wordsIn(proxy)[0]?.seq ?? 0, syscalls(proxy)[0]?.seq ?? 0];
    expect(call).toBe(page + 1);
    expect(syscalls(proxy).some(({ value }) => "claims" in value)).toBe(false);
    expect(seen().join("\n")).not.toMatch(/canary|agentk|kept/);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("also with `initialize`, and beside a claim, which is recorded as ever", async () => {
    const { proxy, seen } = startScripted("prompt-claim", { policy: META });
    const clientInfo = { name: "test", version: "1" };
    const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo, _meta: { [PROMPT]: "hello canary" } };
    await proxy.request("initialize", hello);
    proxy.send({
      jsonrpc: "2.0",
      method: "notifications/initialized",
      params: { _meta: { [PROMPT]: "not a request" } },
    });
    const agentkClaim = { labels: ["private"], capabilities: ["a", "b"] };
    await proxy.request("tools/call", { name: "echo", agentk: agentkClaim, _meta: { [PROMPT]: "pay canary" } });
    await proxy.close();
    expect(textsIn(proxy)).toEqual(["hello canary", "pay canary"]);
    expect(syscalls(proxy)[0]?.value["claims"]).toMatchObject({ labels: ["private"], capabilities: 2 });
    expect(seen().join("\n")).not.toMatch(/canary|agentk/);
  });

  test("the last 64 texts are remembered: an older one is said anew", async () => {
    const { proxy } = startScripted("prompt-many", { policy: META });
    await proxy.handshake();
    for (let i = 0; i < 64; i++) await say(proxy, `text ${String(i)}`);
    await say(proxy, "text 0");
    await say(proxy, "text 64");
    await say(proxy, "text 0");
    await say(proxy, "text 1");
    await proxy.close();
    expect(textsIn(proxy).slice(63)).toEqual(["text 63", "text 64", "text 1"]);
  });

  test.each([
    ["names no channel", ALL],
    ["names the socket only", SOCKET],
  ])("when the policy %s, the words are counted as a claim and dropped", async (_what, policy) => {
    const { proxy, seen } = startScripted("prompt-claimed", { policy });
    await proxy.handshake();
    expect(textOf(await say(proxy, "pay canary", { a: 1 }))).toBe('{"a":1}');
    await proxy.close();
    expect(wordsIn(proxy)).toEqual([]);
    expect(syscalls(proxy)[0]?.value["claims"]).toEqual({ labels: [], capabilities: 1 });
    expect(seen().join("\n")).not.toMatch(/canary|agentk/);
  });

  test.each([
    ["is no text", 1],
    ["is too long", "x".repeat(64 * 1024 + 1)],
  ])("a prompt that %s is malformed, whatever the policy names", async (_what, prompt) => {
    for (const policy of [META, ALL]) {
      const { proxy, seenMethods } = startScripted("prompt-malformed", { policy });
      await proxy.handshake();
      const { error } = await say(proxy, prompt);
      expect(error?.code).toBe(-32602);
      expect(error?.message).toContain("params/_meta/agentk~1prompt");
      await proxy.close();
      expect(wordsIn(proxy)).toEqual([]);
      expect(judgedCalls(proxy)).toEqual([refusedCall("tools/call", "malformed")]);
      expect(seenMethods()).not.toContain("tools/call");
    }
  });

  test("a prompt in what the model or the server writes is nobody's", async () => {
    const { proxy } = startScripted("prompt-elsewhere", { policy: META });
    await proxy.handshake();
    const _meta = { [PROMPT]: "canary" };
    await proxy.call("echo", { _meta, [PROMPT]: "canary" });
    const result = { content: [{ type: "text", text: "t", _meta }], _meta };
    const line = JSON.stringify({ jsonrpc: "2.0", id: "$ID", result }).replace('"$ID"', "$ID");
    const answer = await proxy.call("raw", { line });
    expect(answer.result).toEqual({ content: [{ type: "text", text: "t", _meta: {} }], _meta: {} });
    await proxy.close();
    expect(wordsIn(proxy)).toEqual([]);
  });
});

describe("a method of the user's", () => {
  const NAMES = ["user/words", "user/", "user/x", "agentk/prompt"];

  test("cannot be called by a client, as a request or as a notification", async () => {
    const { proxy, seenMethods } = startScripted("user-client", { policy: META });
    await proxy.handshake();
    for (const method of NAMES) {
      expect((await proxy.request(method, { text: "canary" })).error?.code).toBe(-32601);
      proxy.send({ jsonrpc: "2.0", method, params: { text: "canary" } });
    }
    await proxy.close();
    const refusals = NAMES.flatMap((name) => [refusedCall(name, "no-contract"), refusedCall(name, "no-contract")]);
    expect(judgedCalls(proxy)).toEqual(refusals);
    expect(wordsIn(proxy)).toEqual([]);
    expect(seenMethods()).toEqual(["initialize", "notifications/initialized"]);
  });

  test("cannot be called by a server, as a notification or as a request", async () => {
    const { proxy } = startScripted("user-server", { policy: META });
    await proxy.handshake();
    for (const method of NAMES) {
      const note = JSON.stringify({ jsonrpc: "2.0", method, params: { text: "canary" } });
      await proxy.call("raw", { line: `${note}\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}` });
      await proxy.call("ask", { id: "q", method, params: { text: "canary" } });
    }
    const replies = JSON.stringify(proxy.replies);
    await proxy.close();
    const refused = judgedCalls(proxy).filter(({ from }) => from === "server");
    expect(refused).toHaveLength(2 * NAMES.length);
    const each = (name: string) => refusedCall(name, "no-contract", "server");
    expect(refused).toEqual(NAMES.flatMap((name) => [each(name), each(name)]));
    expect(wordsIn(proxy)).toEqual([]);
    expect(replies).not.toContain("canary");
  });
});

interface Socketed extends ScriptedProxy {
  readonly path: string;
}

/** A proxy with a control socket, and the handshake behind it. */
async function startSocketed(name: string, setup: Parameters<typeof startScripted>[1] = {}): Promise<Socketed> {
  const started = startScripted(name, { policy: SOCKET, ...setup });
  await started.proxy.handshake();
  return { ...started, path: started.proxy.log.replace(/jsonl$/, "sock") };
}

const ADD = ["context", "add", "--session", "s1", "--as", "user"];

function jsonOf({ stdout }: CommandEnd): JsonObject {
  return JSON.parse(stdout) as JsonObject;
}

describe("the control socket as the user's channel", () => {
  test("text from stdin or a file is a page before the command says so; the run tells how it stands", async () => {
    const { proxy, path, seen } = await startSocketed("socket");
    expect([lstatSync(path).isSocket(), lstatSync(path).mode & 0o777]).toEqual([true, 0o600]);
    const first = await agentkWith(proxy.cwd, [...ADD, "--json", "-"], "pay canary\n");
    const [event] = wordsIn(proxy);
    expect(first.code).toBe(0);
    expect(jsonOf(first)).toMatchObject({ socket: path, session: "s1", page: event?.value["page"] });
    writeFileSync(join(proxy.cwd, "prompt.txt"), "and then \u00fc");
    const second = await agentk(proxy.cwd, [...ADD, "--run", path, "prompt.txt"]);
    const page = String(wordsIn(proxy)[1]?.value["page"]);
    expect(second).toMatchObject({ code: 0, stdout: `recorded as page ${page} of session s1\n`, stderr: "" });
    await proxy.call("echo");
    const run = proxy.events()[0]?.value["run"];
    const told = await agentk(proxy.cwd, ["context", "status", "--json", "--run", String(run)]);
    expect(jsonOf(told)).toMatchObject({ run, sessions: ["s1"], allowed: 2, denied: 0, in_flight: 0, recording: true });
    expect((await agentk(proxy.cwd, ["context", "status"])).stdout).toContain("sessions: s1\n");
    await proxy.close();
    expect(textsIn(proxy)).toEqual(["pay canary\n", "and then \u00fc"]);
    expect(seen().join("\n")).not.toContain("canary");
    expect(existsSync(path)).toBe(false);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    expect((await agentk(proxy.cwd, ["context", "status"])).code).toBe(1);
  });

  test.each([
    ["a session that is not there", ["--session", "s2", "--as", "user"], "pay"],
    ["another than the user", ["--session", "s1", "--as", "server"], "pay"],
    ["nobody", ["--session", "s1"], "pay"],
    ["no session", ["--as", "user"], "pay"],
    ["no text", ["--session", "s1", "--as", "user"], ""],
    ["no UTF-8", ["--session", "s1", "--as", "user"], Buffer.from([0xff])],
    ["too much", ["--session", "s1", "--as", "user"], "x".repeat(2 ** 20)],
    ["a file that is not there", ["--session", "s1", "--as", "user", "none.txt"], "pay"],
    ["another run", ["--session", "s1", "--as", "user", "--run", "20261105T070809Z-0123456789ab"], "pay"],
  ])("is not for %s: exit status 1, and nothing is recorded", async (_what, args, input) => {
    const { proxy } = await startSocketed("socket-refused");
    const { code, stdout, stderr } = await agentkWith(proxy.cwd, ["context", "add", ...args], input);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).not.toBe("");
    await proxy.close();
    expect(wordsIn(proxy)).toEqual([]);
  });

  test.each([
    ["a member it does not know", { op: "context.add", session: "s1", as: "user", text: "t", trusted: true }],
    ["words that are not the user's", { op: "context.add", session: "s1", as: "trusted", text: "t" }],
    ["text that is none", { op: "context.add", session: "s1", as: "user", text: ["t"] }],
    ["no text", { op: "context.add", session: "s1", as: "user" }],
    ["an operation it does not know", { op: "constructor" }],
    ["no operation", {}],
    ["more than is asked for", { op: "status", session: "s1" }],
  ])("a request with %s is refused", async (_what, request) => {
    const pages: unknown[] = [];
    const page = (arrival: unknown): Promise<undefined> => {
      pages.push(arrival);
      return Promise.resolve(undefined);
    };
    expect(await createControl(parts({ page }))(request)).toMatchObject({ ok: false });
    expect(pages).toEqual([]);
  });

  test("what could not be recorded is an error; so is what comes before the run has begun", async () => {
    const request = { op: "context.add", session: "s1", as: "user", text: "pay" };
    const lost = parts({ fault: new Error("canary") });
    expect(await createControl(lost)(request)).toEqual({ ok: false, error: "it could not be recorded" });
    expect(await createControl(parts({}))(request)).toEqual({ ok: false, error: "the run has ended" });
    const early = parts({ current: INITIAL_STATE });
    expect(await createControl(early)(request)).toEqual({ ok: false, error: "the run has not begun" });
  });

  test("is not there unless the policy names it", async () => {
    for (const policy of [ALL, META]) {
      const { proxy } = await startSocketed("socket-none", { policy });
      expect(readdirSync(join(proxy.cwd, ".agentk", "runs")).filter((name) => name.endsWith(".sock"))).toEqual([]);
      const { code, stderr } = await agentkWith(proxy.cwd, ADD, "pay");
      expect(code).toBe(1);
      expect(stderr).toContain("context_socket = true");
      await proxy.close();
    }
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "is gone after %s, and a connection does not hold the end up",
    async (signal) => {
      const { proxy, path } = await startSocketed("socket-signal");
      const socket = createConnection(path);
      await once(socket, "connect");
      const closed = once(socket, "close");
      proxy.process.kill(signal);
      expect(await proxy.ended).toEqual({ code: 0, signal: null });
      await closed;
      expect(existsSync(path)).toBe(false);
      expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    },
  );

  test("is the run's own: a second in the same folder does not disturb the first", async () => {
    const first = await startSocketed("socket-two");
    const server = [process.execPath, fixture("servers/scripted.mjs")];
    const flags = ["--policy", join(first.proxy.cwd, "policy.toml")];
    const second = new ProxyProcess({ cwd: first.proxy.cwd, server, flags });
    await second.handshake();
    await agentkWith(first.proxy.cwd, [...ADD, "--run", first.path], "to the first");
    await agentkWith(first.proxy.cwd, ADD, "to the latest");
    await second.close();
    await agentkWith(first.proxy.cwd, [...ADD, "--run", first.path], "to the first again");
    await first.proxy.close();
    const runs = readdirSync(join(first.proxy.cwd, ".agentk", "runs"));
    expect(runs.filter((name) => name.endsWith(".sock"))).toEqual([]);
    const logs = runs.filter((name) => name.endsWith(".jsonl") && name !== "latest.jsonl");
    const texts = logs.map((name) => {
      const { events, value, close } = readRun(join(first.proxy.cwd, ".agentk", "runs", name));
      const words = events.filter((event) => event.value["method"] === "user/words");
      const found = words.map((event) => value(event, "content"));
      close();
      return found;
    });
    expect(texts).toHaveLength(2);
    expect(texts).toContainEqual(["to the first", "to the first again"]);
    expect(texts).toContainEqual(["to the latest"]);
  });

  test("lies elsewhere where the path is too long or the log is the operator's to place, and is found", async () => {
    const runtime = testFolder("runtime");
    chmodSync(runtime, 0o700);
    const env = { XDG_RUNTIME_DIR: runtime };
    const long = join(testFolder("socket-long"), "x".repeat(90));
    mkdirSync(long);
    const policy = join(runtime, "policy.toml");
    writeFileSync(policy, SOCKET);
    const server = [process.execPath, fixture("servers/scripted.mjs")];
    const one = new ProxyProcess({ cwd: long, server, flags: ["--policy", policy], env });
    await one.handshake();
    expect((await agentkWith(long, ADD, "pay")).code).toBe(0);
    expect(readdirSync(join(runtime, "agentk"))).toHaveLength(1);
    await one.close();
    expect(textsIn(one)).toEqual(["pay"]);
    const flags = ["--policy", policy, "--trace-out", "here.jsonl"];
    const two = new ProxyProcess({ cwd: testFolder("socket-out"), server, flags, env });
    await two.handshake();
    const [open = ""] = readFileSync(join(two.cwd, "here.jsonl"), "utf8").split("\n");
    const { run } = (JSON.parse(open) as LoggedEvent).value;
    expect((await agentk(two.cwd, ["context", "status", "--run", String(run)], env)).code).toBe(0);
    await two.close();
    expect(readdirSync(join(runtime, "agentk"))).toEqual([]);
  });

  test("a run whose socket cannot be made does not begin", async () => {
    const cwd = testFolder("socket-unsafe");
    writeFileSync(join(cwd, "policy.toml"), SOCKET);
    const env = { XDG_RUNTIME_DIR: "", AGENTK_DATA_DIR: join(cwd, "d".repeat(120)) };
    const words = ["--policy", "policy.toml", "--trace-out", "log.jsonl", "--payloads", "none"];
    const server = ["sh", "-c", `echo > ${join(cwd, "started")}`];
    const { code, stderr } = await agentk(cwd, ["mcp-proxy-stdio", ...words, "--", ...server], env);
    expect(code).toBe(1);
    expect(stderr).toContain("no folder for the run's socket");
    expect(existsSync(join(cwd, "started"))).toBe(false);
  });
});

describe("a hostile peer on the control socket", () => {
  test("garbage, a line of 100 MB, and a client that is killed in the middle: the run goes on", async () => {
    const { proxy, path } = await startSocketed("socket-hostile");
    const garbage = createConnection(path);
    garbage.write("\u0000\u0001canary\n{}\n");
    await over(garbage);
    const endless = createConnection(path);
    const cut = over(endless);
    const chunk = Buffer.alloc(2 ** 20, "x");
    for (let i = 0; i < 100; i++) endless.write(chunk);
    await cut;
    const script = `const s = require("net").connect(process.argv[1], () => s.write('{"op":"context.add",', () => console.log("half")));`;
    const half = spawn(process.execPath, ["-e", script, path]);
    await once(half.stdout, "data");
    half.kill("SIGKILL");
    await once(half, "close");
    expect(textOf(await proxy.call("echo", { after: 1 }))).toBe('{"after":1}');
    expect((await agentkWith(proxy.cwd, ADD, "pay")).code).toBe(0);
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    expect(textsIn(proxy)).toEqual(["pay"]);
    expect(existsSync(path)).toBe(false);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("a client that asks and does not wait: what it said is recorded all the same", async () => {
    const { proxy, path } = await startSocketed("socket-gone");
    const socket = createConnection(path);
    await once(socket, "connect");
    const request = { op: "context.add", session: "s1", as: "user", text: "pay" };
    socket.end(`${JSON.stringify(request)}\n`);
    socket.destroySoon();
    await untilLogged(proxy, () => wordsIn(proxy).length === 1);
    await proxy.close();
    expect(textsIn(proxy)).toEqual(["pay"]);
  });
});

/** A control whose dispatch records nothing unless the test says otherwise. */
function parts(dispatch: Partial<ControlParts["dispatch"]>): ControlParts {
  const run = { run: "r" } as unknown as NonNullable<typeof INITIAL_STATE.run>;
  const page = (): Promise<undefined> => Promise.resolve(undefined);
  const release = (): Promise<boolean> => Promise.resolve(false);
  const none = { page, release, current: { ...INITIAL_STATE, run }, fault: undefined };
  return { run: "r", sessions: ["s1"], dispatch: { ...none, ...dispatch } };
}
