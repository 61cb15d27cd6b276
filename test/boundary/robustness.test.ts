/** What must hold when either side hangs, spoofs, floods, leaves or reads nothing: beside hostile-*.test.ts and ending.test.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { REASONS } from "../../src/abi/decision.js";
import { OWN_ERRORS } from "../../src/mcp/wire/codes.js";
import { gatewayConfig } from "./gateway-process.js";
import { HttpProcess } from "./http-process.js";
import { MEMORY_BOUND_MIB, peakMemory, pidOf } from "./hostile.js";
import { leftWell, livesIn, startMortal, toolsCalled } from "./mortal.js";
import { fixture, ProxyProcess, testFolder, type Reply } from "./proxy-process.js";
import { facts, outcomes, textOf, traces, until, untilLogged } from "./watch.js";

const MIB = 1024 * 1024;
const ELICITING = `[mcp]
features = ["tools", "elicitation"]
[[rules]]
id = "all"
effect = "allow"
[rules.when]
syscalls = ["tool.invoke", "tool.describe", "tool.response", "human.approve"]
[[rules]]
id = "default-deny"
effect = "deny"
`;
/** Longer than a test may take: whatever waits for it is seen to hang. */
const PATIENT = ["--response-timeout-ms", "600000"];

function policyIn(cwd: string): string {
  const file = join(cwd, "policy.toml");
  writeFileSync(file, ELICITING);
  return file;
}

function cancel(proxy: ProxyProcess, requestId: string | number): void {
  proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
}

describe("a server that speaks with agentk's codes and words", () => {
  const WORDS = [
    ...Object.values(OWN_ERRORS).map(({ says }) => says),
    ...Object.values(REASONS).map(({ says }) => `agentk denied this call: ${says} (rule \`canary\`).`),
  ];
  const CODES = Object.values(OWN_ERRORS).map(({ code }) => code);
  const KEY = "io.modelcontextprotocol/";
  const ENVELOPE = { [`${KEY}protocolVersion`]: "2026-07-28", [`${KEY}clientCapabilities`]: {} };

  test.each([
    ["with a handshake", false],
    ["with envelopes", true],
  ])("is told apart from it, under every code and text, in the era %s", async (_era, isModern) => {
    const mortal = startMortal("spoof", { lives: [{ isModern }] });
    const { proxy } = mortal;
    const more = isModern ? { _meta: ENVELOPE } : {};
    const call = (name: string, args: object): Promise<Reply> =>
      proxy.request("tools/call", { name, arguments: args, ...more });
    if (!isModern) await proxy.handshake();
    expect(textOf(await call("echo", { first: 1 }))).toBe('{"first":1}');
    const data = { agentk: { call: "c1", rule: "canary", verdict: "allow", reason: "policy-deny" } };
    for (const [at, message] of WORDS.entries()) {
      const code = CODES[at % CODES.length] ?? 0;
      const { error } = await call("error", { code, message: `${message} canary`, data });
      expect(error).toEqual({
        code: OWN_ERRORS["server-error"].code,
        message: OWN_ERRORS["server-error"].says,
        data: { agentk: { server_code: code } },
      });
    }
    await proxy.close();
    expect(JSON.stringify(proxy.replies) + traces(proxy)).not.toContain("canary");
    expect(outcomes(proxy).filter((status) => status === "rpc-error")).toHaveLength(WORDS.length);
    await leftWell(mortal);
  });
});

describe("a call that is given up", () => {
  test("while it waits for the server's list never runs, and the next one does", async () => {
    const mortal = startMortal("pending-cancelled", { lives: [{ holds: "tools/list" }] });
    const { proxy } = mortal;
    await proxy.handshake();
    proxy.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo", arguments: { never: 1 } } });
    await until(join(proxy.cwd, "seen"), () => mortal.seen(0).some(({ method }) => method === "tools/list"));
    cancel(proxy, 1);
    // The ping lets the server list; what it answers comes after that.
    await proxy.request("ping");
    expect(textOf(await proxy.call("echo", { next: 1 }))).toBe('{"next":1}');
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    expect(toolsCalled(mortal, 0)).toEqual(["echo"]);
    expect(proxy.replies.some(({ id }) => id === 1)).toBe(false);
    expect(outcomes(proxy)).toEqual(["not-sent", "ok"]);
    await leftWell(mortal);
  });

  test("by its time, frees its server, which is told, and costs the session nothing", async () => {
    const mortal = startMortal("hang-once", { flags: ["--response-timeout-ms", "1500"] });
    const { proxy } = mortal;
    await proxy.handshake();
    expect((await proxy.call("hold", {}, "hangs")).error).toMatchObject({ code: 7003 });
    expect(textOf(await proxy.call("echo", { n: 1 }))).toBe('{"n":1}');
    await proxy.close();
    expect(mortal.pids()).toHaveLength(1);
    const told = mortal.seen(0).filter(({ method }) => method === "notifications/cancelled");
    expect(told.map(({ params }) => params)).toEqual([{ reason: "timeout", requestId: "hangs" }]);
    await leftWell(mortal);
  });
});

describe("a lot at once", () => {
  test("fifty answers of 1 MiB each are all handed on, within bounds", async () => {
    const mortal = startMortal("fifty-big");
    const { proxy } = mortal;
    await proxy.handshake();
    const calls = Array.from({ length: 50 }, (_, n) => proxy.call("big", { bytes: MIB }, n));
    for (const reply of await Promise.all(calls)) expect(textOf(reply)).toHaveLength(MIB);
    await proxy.close();
    expect(outcomes(proxy).filter((status) => status === "ok")).toHaveLength(50);
    await leftWell(mortal);
  });

  test("a client that stops reading stops the server's writing, and both go on when it reads again", async () => {
    const mortal = startMortal("stalled-writes", { flags: PATIENT });
    const { proxy } = mortal;
    await proxy.handshake();
    await proxy.call("echo");
    proxy.process.stdout.pause();
    const count = 60;
    const calls = Array.from({ length: count }, (_, n) => proxy.call("big", { bytes: MIB }, n));
    const seen = join(proxy.cwd, "seen");
    const taken = (): number =>
      readFileSync(seen, "utf8")
        .split("\n")
        .filter((line) => line.includes(" taken ")).length;
    // The server has begun to write, and every call that could be is with it.
    await until(seen, () => taken() > 0);
    cancel(proxy, "nobody's");
    await untilLogged(proxy, (events) => events.some(({ value }) => value.target === "notifications/cancelled"));
    // What is taken without being read fills two pipes and our bounded buffers, and no more.
    expect(taken()).toBeLessThan(count / 2);
    expect(peakMemory(pidOf(proxy))).toBeLessThan(MEMORY_BOUND_MIB);
    proxy.process.stdout.resume();
    for (const reply of await Promise.all(calls)) expect(textOf(reply)).toHaveLength(MIB);
    expect(taken()).toBe(count);
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    await leftWell(mortal);
  });
});

describe("a client that leaves while a server asks it something", () => {
  const FORM = { message: "Pay?", requestedSchema: { type: "object", properties: { yes: { type: "boolean" } } } };
  const CLIENT = {
    protocolVersion: "2025-11-25",
    capabilities: { elicitation: {} },
    clientInfo: { name: "t", version: "1" },
  };

  /** Has the server ask, and the client leave: the call is answered, as its server has its answer. */
  async function leaves(proxy: ProxyProcess, tool: string): Promise<void> {
    await proxy.request("initialize", CLIENT);
    proxy.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    const paying = proxy.call(tool, { id: "pay", params: FORM });
    await proxy.reply(({ method }) => method === "elicitation/create");
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    expect(textOf(await paying)).toContain("the client is gone");
    // The question may have been shown to somebody.
    expect(outcomes(proxy)).toEqual(["unknown", "ok"]);
  }

  test("by the end of its input: the server is told, and nothing waits for an answer", async () => {
    const mortal = startMortal("leaves-stdio", { policy: ELICITING, flags: PATIENT });
    await leaves(mortal.proxy, "ask");
    await leftWell(mortal);
  });

  test("of a gateway: the same", async () => {
    const cwd = testFolder("leaves-gateway");
    const seen = join(cwd, "seen-one");
    const command = [process.execPath, fixture("servers/mortal.mjs"), seen, "[{}]"];
    const config = gatewayConfig(cwd, {
      servers: [{ id: "one", command }],
      policy: ELICITING,
      more: "response_timeout_ms = 600000",
    });
    const proxy = new ProxyProcess({ cwd, command: "mcp-gateway", server: [], flags: ["--config", config] });
    await leaves(proxy, "one__ask");
    await leftWell({ proxy, pids: livesIn(seen).pids });
  });

  test("over HTTP: the end of its session is not held up", async () => {
    const proxy = new HttpProcess({
      flags: [...PATIENT, "--policy", policyIn(testFolder("leaves-policy"))],
      server: [process.execPath, fixture("servers/mortal.mjs"), "seen", "[{}]"],
    });
    onTestFinished(async () => {
      await proxy.stop("SIGKILL");
    });
    await proxy.ready();
    const { headers } = await proxy.send("POST", { jsonrpc: "2.0", id: 0, method: "initialize", params: CLIENT });
    const session = { "mcp-session-id": String(headers["mcp-session-id"]) };
    await proxy.send("POST", { jsonrpc: "2.0", method: "notifications/initialized" }, session);
    const asking = proxy.send("POST", proxy.callBody("ask", { id: "pay", params: FORM }), session);
    await until(proxy.log, () => proxy.events().filter(({ type }) => type === "receipts").length === 3);
    expect((await proxy.send("DELETE", undefined, session)).status).toBe(204);
    await asking;
    await until(proxy.log, () => proxy.events().some(({ value }) => value.fact === "child-exited"));
    const asked = proxy.events().find(({ value }) => value.kind === "human.approve")?.value.call;
    const ended = proxy.events().find(({ type, value }) => type === "outcome" && value.call === asked);
    expect(ended?.value.status).toBe("unknown");
    expect(await proxy.stop()).toEqual({ code: 0, signal: null });
  });
});

test("every fact of a session says which server it is about", async () => {
  const mortal = startMortal("facts", { lives: [{}, {}] });
  const { proxy } = mortal;
  await proxy.handshake();
  await proxy.call("die");
  await proxy.request("ping");
  await proxy.close();
  expect(facts(proxy).length).toBeGreaterThan(6);
  const about = proxy.events().filter(({ type }) => type === "session");
  expect(new Set(about.map(({ value }) => value["server"]))).toEqual(new Set(["downstream-mcp"]));
});
