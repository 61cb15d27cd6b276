/** The server as a process: what it is given, what of it is kept, and what is said when it goes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { fixture, ProxyProcess, testFolder, type Reply } from "./proxy-process.js";
import { startScripted } from "./scripted-proxy.js";
import { agentk, facts, outcomes, textOf, traces, verified } from "./watch.js";

const SCRIPTED = fixture("servers/scripted.mjs");

interface About {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly fds: readonly (readonly [number, string])[];
}

async function about(proxy: ProxyProcess): Promise<About> {
  return JSON.parse(textOf(await proxy.call("process"))) as About;
}

// Claim: B1
describe("what the server is given", () => {
  test("of the environment: PATH and the names asked for, nothing else", async () => {
    const env = { AGENTK_SECRET: "canary-env", AGENTK_WANTED: "wanted value", AGENTK_EMPTY: "", NODE_OPTIONS: "" };
    const flags = ["--allow-env", "AGENTK_WANTED", "--allow-env", "AGENTK_EMPTY"];
    const { proxy } = startScripted("environment", { flags, env });
    await proxy.handshake();
    expect(JSON.parse(textOf(await proxy.call("environment")))).toEqual({
      PATH: process.env["PATH"],
      AGENTK_WANTED: "wanted value",
      AGENTK_EMPTY: "",
    });
    await proxy.close();
    expect(traces(proxy) + JSON.stringify(proxy.replies)).not.toContain("canary");
  });

  test.each([
    ["AGENTK_NOT_THERE", "the environment variable `AGENTK_NOT_THERE` is not set"],
    ["A=B", "`A=B` is not the name of an environment variable"],
    ["", "`` is not the name of an environment variable"],
  ])("nothing, when the variable %j cannot be passed", async (name, says) => {
    const cwd = testFolder("no-variable");
    const seen = join(cwd, "seen");
    const end = await agentk(cwd, ["mcp-proxy-stdio", "--allow-env", name, "--", "sh", "-c", `echo > ${seen}`]);
    expect(end).toEqual({ code: 1, stdout: "", stderr: `agentk: ${says}\n` });
    expect(existsSync(seen)).toBe(false);
    expect(existsSync(join(cwd, ".agentk"))).toBe(false);
  });

  test("of descriptors: the three pipes, and none of the log, the journal or the client", async () => {
    const direct = spawn(process.execPath, [SCRIPTED], { env: { PATH: process.env["PATH"] } });
    const answered = once(createInterface({ input: direct.stdout }), "line");
    direct.stdin.write('{"id":1,"method":"tools/call","params":{"name":"process"}}\n');
    const [line] = (await answered) as [string];
    direct.stdin.end();
    const { fds } = JSON.parse(textOf(JSON.parse(line) as Reply)) as About;
    const { proxy } = startScripted("descriptors");
    await proxy.handshake();
    const given = await about(proxy);
    expect(given.fds).toEqual(fds);
    expect(given.fds.filter(([fd]) => fd <= 2).map(([, kind]) => kind)).toEqual(Array(3).fill("socket:[N]"));
    await proxy.close();
  });

  const WORDS = ["--policy", "-x", "--", "--arg=1", "", "two words", "$HOME", "--help"];

  test.each([
    ["after --", { server: [process.execPath, SCRIPTED, "seen", ...WORDS] }],
    ["without --", { server: [], flags: [process.execPath, SCRIPTED, "seen", ...WORDS] }],
    [
      "as --command and --arg",
      {
        server: [],
        flags: ["--command", process.execPath, ...[SCRIPTED, "seen", ...WORDS].flatMap((word) => ["--arg", word])],
      },
    ],
    [
      "as --command with the rest after --",
      { server: ["seen", ...WORDS], flags: [`--command=${process.execPath}`, `--arg=${SCRIPTED}`] },
    ],
  ])("of arguments: every word as it was written, %s", async (_how, words) => {
    const proxy = new ProxyProcess({ cwd: testFolder("words"), ...words });
    await proxy.handshake();
    expect((await about(proxy)).argv).toEqual(["seen", ...WORDS]);
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
  });
});

describe("what the server writes to stderr", () => {
  // Claim: B2
  test("is drained, kept sealed in part and counted in full; no byte of it comes through", async () => {
    const { proxy } = startScripted("stderr");
    await proxy.handshake();
    const text = "canary-stderr \u001b[31m\n";
    const times = Math.ceil((5 * 1024 * 1024) / text.length);
    expect(textOf(await proxy.call("stderr", { text, times }))).toBe("written");
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    expect(JSON.stringify(proxy.replies)).not.toContain("canary");
    expect(traces(proxy)).not.toContain("canary");
    expect(proxy.stderr).toMatch(/^(agentk: a key .*\n)*agentk: run .* ended \(eof\): 2 allowed, 0 denied; log .*\n$/);
    const close = proxy.events().at(-1);
    expect(close?.type).toBe("close");
    expect(close?.value["stderr_bytes"]).toBe(times * text.length);
    expect(close?.value["stderr"]).toMatchObject({ commitment: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });
});

describe("when the server goes", () => {
  test("by itself: each call that waits gets one clear error, the log is whole, the exit status is 1", async () => {
    const { proxy } = startScripted("exit", { flags: ["--restarts", "0"] });
    await proxy.handshake();
    const calls = [1, 2, 3, 4].map((id) => proxy.call("hold", {}, id));
    const last = proxy.call("exit", { code: 7 }, 5);
    for (const [i, { error }] of (await Promise.all([...calls, last])).entries()) {
      expect(error).toMatchObject({ code: 7002, message: "the server is not running" });
      expect(proxy.replies.filter(({ id }) => id === i + 1)).toHaveLength(1);
    }
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(proxy.stderr).toContain("the server ended by itself (exit status 7)");
    expect(outcomes(proxy)).toEqual(Array(5).fill("child-exited"));
    const [exited, close] = proxy
      .events()
      .filter(({ type }) => type !== "checkpoint")
      .slice(-2);
    expect(exited?.value).toMatchObject({ fact: "child-exited", exit_code: 7 });
    expect(close).toMatchObject({ type: "close", value: { reason: "child-exited" } });
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("killed from outside: the same, with the signal", async () => {
    const { proxy } = startScripted("killed", { flags: ["--restarts", "0"] });
    await proxy.handshake();
    const { pid } = await about(proxy);
    const waiting = proxy.call("hold");
    await proxy.call("echo");
    process.kill(pid, "SIGKILL");
    expect((await waiting).error).toMatchObject({ code: 7002 });
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(proxy.stderr).toContain("the server ended by itself (SIGKILL)");
    const exited = proxy.events().findLast(({ type }) => type === "session");
    expect(exited?.value).toMatchObject({ fact: "child-exited", exit_signal: "SIGKILL" });
    expect(exited?.value).not.toHaveProperty("exit_code");
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("during the handshake: initialize is answered, and nothing is waited for", async () => {
    const proxy = new ProxyProcess({ cwd: testFolder("early"), server: ["sh", "-c", "read line; exit 4"] });
    expect((await proxy.handshake()).error).toMatchObject({ code: 7002 });
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(facts(proxy)).toEqual(["child-started", "initialize", "child-exited"]);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test.each([
    ["is not there", "ENOENT", (cwd: string) => join(cwd, "missing")],
    ["is not in PATH", "ENOENT", () => "agentk-no-such-server"],
    ["is not executable", "EACCES", (cwd: string) => join(cwd, "plain")],
  ])("before it came, because it %s: the log is whole and says so", async (_why, code, commandIn) => {
    const cwd = testFolder("not-started");
    writeFileSync(join(cwd, "plain"), "not a program");
    const proxy = new ProxyProcess({ cwd, server: [commandIn(cwd)] });
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(proxy.stderr).toContain(`the server could not be started (${code})`);
    expect(proxy.replies).toEqual([]);
    expect(proxy.events().at(-1)).toMatchObject({ type: "close", value: { reason: "child-exited" } });
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });
});
