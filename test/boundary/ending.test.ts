/** How a run begins and ends: what is refused before anything starts, and what is left on the disk afterwards. */
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createClientStream } from "../../src/app/run/client-stream.js";
import { readPolicy } from "../../src/app/policy/file.js";
import { serverSource } from "../../src/app/run/server-link.js";
import { Proxy, type ProxyOptions } from "../../src/app/run/stdio-proxy.js";
import { fixture, ProxyProcess, testFolder, type Reply } from "./proxy-process.js";
import { startScripted } from "./scripted-proxy.js";
import { agentk, asked, isAlive, outcomes, textOf, traces, untilLogged, verified } from "./watch.js";

const SCRIPTED = fixture("servers/scripted.mjs");

interface Family {
  readonly proxy: ProxyProcess;
  /** The server and its own child, which has the same pipes open. */
  readonly pids: () => readonly number[];
}

/** A server that a shell has started, with another process beside it. */
function startFamily(name: string): Family {
  const cwd = testFolder(name);
  const script = 'sleep 1000 & echo "$!" > pids; echo "$$" >> pids; exec "$@"';
  const proxy = new ProxyProcess({ cwd, server: ["sh", "-c", script, "sh", process.execPath, SCRIPTED] });
  return { proxy, pids: () => readFileSync(join(cwd, "pids"), "utf8").trim().split("\n").map(Number) };
}

function reasonOf(proxy: ProxyProcess): unknown {
  return proxy.events().at(-1)?.value.reason;
}

describe("the end of a run with calls in flight", () => {
  test("the client's end of input: what was asked is answered first, and the server's family goes", async () => {
    const { proxy, pids } = startFamily("end-eof");
    await proxy.handshake();
    const calls = [proxy.call("late", { ms: 100 }), proxy.call("late", { ms: 50 }), proxy.call("echo")];
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    expect((await Promise.all(calls)).map(textOf)).toEqual(["late", "late", "{}"]);
    expect(outcomes(proxy)).toEqual(["ok", "ok", "ok"]);
    expect(reasonOf(proxy)).toBe("eof");
    expect(pids().map(isAlive)).toEqual([false, false]);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s: what waits is recorded as unknown, the family goes",
    async (signal) => {
      const { proxy, pids } = startFamily("end-signal");
      await proxy.handshake();
      const calls = [proxy.call("hold"), proxy.call("hold")];
      await proxy.call("echo");
      expect(pids().map(isAlive)).toEqual([true, true]);
      proxy.process.kill(signal);
      for (const { error } of await Promise.all(calls)) expect(error?.code).toBe(7006);
      expect(await proxy.ended).toEqual({ code: 0, signal: null });
      expect(outcomes(proxy)).toEqual(["ok", "unknown", "unknown"]);
      expect(reasonOf(proxy)).toBe(signal.toLowerCase());
      expect(pids().map(isAlive)).toEqual([false, false]);
      expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    },
  );

  test("a signal after the end of input: the wait for the server is over", async () => {
    const { proxy } = startScripted("end-twice");
    await proxy.handshake();
    const waiting = proxy.call("hold");
    await proxy.call("echo");
    proxy.process.stdin.end();
    proxy.process.kill("SIGTERM");
    expect((await waiting).error).toBeDefined();
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("a signal before the server is started: it never is, and the log is whole", async () => {
    const cwd = testFolder("end-early");
    const output = new PassThrough();
    const options: ProxyOptions = {
      ...{ cwd, env: process.env, traceOut: "log.jsonl", payloads: "sealed", policy: await readPolicy(undefined) },
      ...{ command: "sh", args: ["-c", `echo > ${join(cwd, "started")}`], serverId: "s", agentId: "a", allowEnv: [] },
      ...{ responseTimeoutMs: 1000, maxClientMessages: 10, maxInFlight: 10, maxLineBytes: 1000 },
      durableFrom: "medium",
    };
    const client = createClientStream(new PassThrough(), output, 1000);
    const proxy = new Proxy(options, await serverSource(options), client);
    const served = proxy.serve();
    proxy.stop("sigterm");
    expect((await served).reason).toBe("sigterm");
    const { code, stdout } = await asked(cwd, ["verify", "--json", "log.jsonl"]);
    expect({ code, ok: (JSON.parse(stdout) as { ok: unknown }).ok }).toEqual({ code: 0, ok: true });
    expect(readdirSync(cwd).sort()).toEqual(["log.jsonl", "log.payloads"]);
  });
});

describe("a client that does not read", () => {
  const MIB = 1024 * 1024;

  test("holds the server back instead of filling our memory, and gets the rest when it reads again", async () => {
    const { proxy } = startScripted("stalled", { flags: ["--response-timeout-ms", "1500"] });
    await proxy.handshake();
    await proxy.call("echo");
    proxy.process.stdout.pause();
    const calls = Array.from({ length: 20 }, (_, id) => proxy.call("big", { bytes: MIB }, id));
    // Results that are not taken from the server wait there until their time is up.
    await untilLogged(proxy, () => outcomes(proxy).length === 21);
    expect(outcomes(proxy).filter((status) => status === "ok").length).toBeLessThan(8);
    proxy.process.stdout.resume();
    for (const { result, error } of await Promise.all(calls)) expect(error?.code ?? (result && 7003)).toBe(7003);
    expect(textOf(await proxy.call("echo", { after: 1 }))).toBe('{"after":1}');
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
  });

  test("is not listened to either, once its unread answers are many", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const client = createClientStream(input, output, 1000);
    let taken = 0;
    const all = new Promise<void>((resolve) => {
      const onLine = (): void => {
        client.send("x".repeat(MIB));
        if (++taken === 30) resolve();
      };
      client.start({ onLine, onOversize: resolve, onEnd: resolve, onDrain: () => undefined, onLost: resolve });
    });
    const isPaused = once(input, "pause");
    for (let i = 0; i < 30; i++) input.write("ask\n");
    await isPaused;
    await new Promise(setImmediate);
    expect(taken).toBeLessThan(13);
    output.resume();
    await all;
    expect(taken).toBe(30);
  });

  test("does not keep a signal from ending the run", async () => {
    const { proxy } = startScripted("stalled-signal");
    await proxy.handshake();
    await proxy.call("echo");
    proxy.process.stdout.pause();
    proxy.send({ jsonrpc: "2.0", id: "big", method: "tools/call", params: { name: "big", arguments: { bytes: MIB } } });
    await untilLogged(proxy, () => outcomes(proxy).length === 2);
    // The line that is cut off by the end is nobody's to read.
    proxy.process.stdout.removeAllListeners("data").removeAllListeners("end");
    proxy.process.kill("SIGTERM");
    expect(await once(proxy.process, "exit")).toEqual([0, null]);
    expect(reasonOf(proxy)).toBe("sigterm");
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("any more ends the run, which is recorded to the end", async () => {
    const { proxy, pids } = startFamily("closed");
    await proxy.handshake();
    await proxy.call("echo");
    proxy.process.stdout.destroy();
    proxy.process.stderr.destroy();
    proxy.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "hold" } });
    proxy.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo" } });
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    expect(outcomes(proxy)).toEqual(["ok", "ok", "unknown"]);
    expect(reasonOf(proxy)).toBe("eof");
    expect(pids().map(isAlive)).toEqual([false, false]);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });
});

describe("a run that must not begin", () => {
  /** Runs a proxy whose server would leave a file behind. */
  async function refused(
    name: string,
    flags: (cwd: string) => readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number; stderr: string; left: readonly string[]; cwd: string }> {
    const cwd = testFolder(name);
    const words = ["mcp-proxy-stdio", ...flags(cwd), "--", "sh", "-c", `echo > ${join(cwd, "started")}`];
    const { code, stdout, stderr } = await agentk(cwd, words, env);
    expect(stdout).toBe("");
    return { code, stderr, left: readdirSync(cwd).sort(), cwd };
  }

  test("its log is there already: not a byte of it changes", async () => {
    const end = await refused("exists", (cwd) => {
      writeFileSync(join(cwd, "log.txt"), "kept\n", { mode: 0o644 });
      return ["--trace-out", "log.txt"];
    });
    expect(end).toMatchObject({ code: 1, left: ["log.txt"] });
    expect(end.stderr).toContain(`\`${join(end.cwd, "log.txt")}\` exists already`);
    expect(readFileSync(join(end.cwd, "log.txt"), "utf8")).toBe("kept\n");
    expect(lstatSync(join(end.cwd, "log.txt")).mode & 0o777).toBe(0o644);
  });

  // Claim: A3
  test("its policy has a slip of the pen: exit status 2 and the place", async () => {
    const source = '[[rules]]\nid = "a"\neffect = "allow"\nwhen.sycalls = ["tool.invoke"]\n';
    const end = await refused("typo", (cwd) => {
      writeFileSync(join(cwd, "policy.toml"), `${source}[[rules]]\nid = "default-deny"\neffect = "deny"\n`);
      return ["--policy", "policy.toml"];
    });
    expect(end).toMatchObject({ code: 2, left: ["policy.toml"] });
    expect(end.stderr).toContain(`agentk: ${join(end.cwd, "policy.toml")}:4:6: `);
    expect(end.stderr).toContain("sycalls");
  });

  test.each([
    ["is not there", "ENOENT", () => undefined],
    [
      "is a folder",
      "not a file",
      (path: string) => {
        mkdirSync(path);
      },
    ],
  ])("its policy %s", async (_how, why, prepare) => {
    const end = await refused("unreadable", (cwd) => {
      prepare(join(cwd, "policy.toml"));
      return ["--policy", "policy.toml"];
    });
    expect(end.code).toBe(1);
    expect(end.stderr).toBe(`agentk: cannot read the policy \`${join(end.cwd, "policy.toml")}\` (${why})\n`);
    expect(end.left).not.toContain("started");
    expect(end.left).not.toContain(".agentk");
  });

  test("others could read the operator's key", async () => {
    const data = testFolder("data");
    const key = join(data, "payload.key");
    writeFileSync(key, `${"ab".repeat(32)}\n`);
    chmodSync(key, 0o644);
    const end = await refused("unsafe-key", () => [], { AGENTK_DATA_DIR: data });
    expect(end.code).toBe(1);
    expect(end.stderr).toContain(`\`${key}\` can be used by others`);
    expect(end.left).not.toContain("started");
    expect(existsSync(join(end.cwd, ".agentk", "runs", "latest.jsonl"))).toBe(false);
    expect(readFileSync(key, "utf8")).toBe(`${"ab".repeat(32)}\n`);
  });

  test.each([
    ["--response-timeout-ms", "0"],
    ["--response-timeout-ms", "-5"],
    ["--response-timeout-ms", "1e3"],
    ["--max-in-flight", "99999999999"],
    ["--max-client-messages", "many"],
    ["--max-client-messages", "1.5"],
    ["--max-line-bytes", "10485761"],
    ["--payloads", "open"],
    ["--durable", "always"],
    ["--server-id", "a b"],
    ["--agent-id", "../x"],
    ["--unknown-flag", "x"],
  ])("%s %s is no flag it knows", async (flag, value) => {
    const end = await refused("bad-flag", () => [flag, value]);
    expect(end).toMatchObject({ code: 1, left: [] });
    expect(end.stderr).toContain(flag);
    expect(end.stderr).toContain("--help");
  });

  test("no server is named", async () => {
    const cwd = testFolder("nothing");
    const end = await agentk(cwd, ["mcp-proxy-stdio"]);
    expect(end).toMatchObject({ code: 1, stdout: "" });
    expect(end.stderr).toContain("no server is named");
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("what a run leaves on the disk", () => {
  test("holds no value in the clear, and nobody else can read it, whatever the umask", async () => {
    const cwd = testFolder("umask");
    const proxy = new ProxyProcess({
      cwd,
      launcher: ["sh", "-c", 'umask 000; exec "$@"', "sh"],
      server: [process.execPath, SCRIPTED, "seen", "--token=canary-word"],
      env: { AGENTK_DATA_DIR: join(cwd, "data") },
    });
    await proxy.handshake();
    const args = { nested: { "canary-key": ["canary-item"] }, token: "canary-argument" };
    expect(textOf(await proxy.call("echo", args))).toBe(JSON.stringify(args));
    await proxy.request("tools/call", { name: "secret", arguments: { text: "canary-result" }, _meta: { a: "canary" } });
    await proxy.request("tools/call", { name: "echo", agentk: { labels: [], intent: "canary-intent" } });
    await proxy.call("error", { code: -32000, message: "canary-error" });
    await proxy.call("stderr", { text: "canary-stderr" });
    const refusal: Reply = await proxy.request("canary/method", { canary: "canary-params" });
    expect(refusal.error?.code).toBe(-32601);
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    // Method names are no values: they stand in the log.
    expect(traces(proxy).replaceAll("canary/method", "")).not.toContain("canary");
    const mode = (...parts: string[]): number => lstatSync(join(cwd, ...parts)).mode & 0o777;
    const runs = [".agentk", "runs"];
    const files = readdirSync(join(cwd, ...runs)).filter((file) => file !== "latest.jsonl");
    expect(files.map((file) => file.replace(/^.*\./, "")).sort()).toEqual(["jsonl", "payloads"]);
    for (const file of files) expect(mode(...runs, file)).toBe(0o600);
    expect(mode("data", "payload.key")).toBe(0o600);
    for (const folder of [[".agentk"], runs, ["data"]]) expect(mode(...folder)).toBe(0o700);
    const replay = await asked(cwd, ["replay", "--json", proxy.log], { AGENTK_DATA_DIR: join(cwd, "data") });
    expect(JSON.parse(replay.stdout)).toMatchObject({ ok: true, depth: "deep" });
    // Its key is of this test alone, and the check of all logs afterwards has another.
    rmSync(cwd, { recursive: true });
  });

  test("without payloads there is no journal, and a replay says that it is shallow", async () => {
    const { proxy } = startScripted("none", { flags: ["--payloads", "none"] });
    await proxy.handshake();
    await proxy.call("echo", { token: "canary" });
    await proxy.close();
    expect(traces(proxy)).not.toContain("canary");
    expect(existsSync(proxy.log.replace(/\.jsonl$/, ".payloads"))).toBe(false);
    const { code, stdout } = await asked(proxy.cwd, ["replay", "--json", proxy.log]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, depth: "shallow" });
  });
});
