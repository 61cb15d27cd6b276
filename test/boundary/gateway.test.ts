/** Several real servers behind one gateway: one client, one kernel, one session. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, testFolder, type Reply } from "./proxy-process.js";
import { gatewayConfig, startGateway, type RunningGateway } from "./gateway-process.js";
import { agentk, asked, facts, outcomes, textOf, verified } from "./watch.js";

async function started(name: string, setup: Parameters<typeof startGateway>[1]): Promise<RunningGateway> {
  const gateway = await startGateway(name, setup);
  await gateway.proxy.handshake();
  return gateway;
}

const toolNames = ({ result }: Reply): readonly string[] =>
  ((result?.["tools"] ?? []) as readonly { name: string }[]).map(({ name }) => name);

const decisionOf = ({ result }: Reply): unknown =>
  (result?.["_meta"] as Record<string, unknown> | undefined)?.["agentk/decision"];

async function endsWell(gateway: RunningGateway): Promise<void> {
  expect(await gateway.proxy.close()).toEqual({ code: 0, signal: null });
  expect(await verified(gateway.proxy)).toEqual({ code: 0, ok: true });
}

describe("names and routes", () => {
  test("one handshake opens all servers, and their tools are told apart by their server's id", async () => {
    const gateway = await startGateway("gateway-names", { servers: [{ id: "one" }, { id: "two-2" }] });
    const opened = await gateway.proxy.handshake();
    expect(opened.result).toMatchObject({
      protocolVersion: "2025-11-25",
      serverInfo: { name: "agentk" },
      instructions: "one: be kind\n\ntwo-2: be kind",
    });
    const names = toolNames(await gateway.proxy.request("tools/list", {}));
    expect(names).toContain("one__echo");
    expect(names).toContain("two-2__echo");
    expect(names.indexOf("one__environment")).toBeLessThan(names.indexOf("two-2__echo"));
    expect(textOf(await gateway.proxy.call("two-2__echo", { hello: 1 }, 0))).toBe('{"hello":1}');
    expect(gateway.seen("one").some((line) => line.includes("hello"))).toBe(false);
    const calls = gateway.proxy.events().filter(({ value }) => value.kind === "tool.invoke");
    expect(calls.map(({ value }) => [value["server"], value.target, value["session"]])).toEqual([
      ["two-2", "two-2/echo", "s1"],
    ]);
    const session = gateway.proxy.events().filter(({ type }) => type === "session");
    expect(session.map(({ value }) => `${String(value["server"])} ${String(value.fact)}`).sort()).toEqual([
      "one child-started",
      "one initialize",
      "one ready",
      "two-2 child-started",
      "two-2 initialize",
      "two-2 ready",
    ]);
    await endsWell(gateway);
  });

  test("what no server has is refused, recorded, and reaches nobody", async () => {
    const gateway = await started("gateway-nobody", { servers: [{ id: "one" }, { id: "two" }] });
    const { proxy } = gateway;
    expect((await proxy.call("three__echo", {})).error?.code).toBe(-32602);
    expect((await proxy.call("echo", {})).error?.code).toBe(-32602);
    expect((await proxy.request("server/discover", {})).error?.code).toBe(-32601);
    expect((await proxy.request("tools/list", { cursor: "x" })).error?.code).toBe(-32602);
    expect((await proxy.request("ping")).result).toEqual({});
    proxy.send({ jsonrpc: "2.0", id: "nobody-asked", result: {} });
    proxy.send("[]");
    await proxy.reply(({ id }) => id === null);
    await endsWell(gateway);
    const refused = proxy.events().filter(({ type, value }) => type === "syscall" && value.kind === "unknown");
    expect(refused.map(({ value }) => [value["server"], value.target, value.decision?.rule])).toEqual([
      ["gateway", "tools/call", "no-contract"],
      ["gateway", "tools/call", "no-contract"],
      ["gateway", "server/discover", "no-contract"],
      ["gateway", "tools/list", "malformed"],
      ["gateway", "answer:result", "no-contract"],
      ["gateway", "frame:batch", "malformed"],
    ]);
    for (const id of ["one", "two"]) expect(gateway.seen(id)).toHaveLength(2);
  });

  test("an id in use is refused, and the first request under it is answered once", async () => {
    const gateway = await started("gateway-ids", { servers: [{ id: "one" }, { id: "two" }] });
    const { proxy } = gateway;
    proxy.send({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "one__hold", arguments: { a: 1 } } });
    proxy.send({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "two__echo", arguments: { b: 2 } } });
    expect((await proxy.reply(({ id }) => id === 7)).error?.code).toBe(-32600);
    await proxy.call("one__release");
    const answers = (): readonly Reply[] => proxy.replies.filter(({ id }) => id === 7);
    await proxy.reply(({ id, result }) => id === 7 && result !== undefined);
    expect(answers()).toHaveLength(2);
    expect(gateway.seen("two").some((line) => line.includes('"b"'))).toBe(false);
    await endsWell(gateway);
  });

  test("progress and cancellation find their call", async () => {
    const gateway = await started("gateway-progress", { servers: [{ id: "one" }, { id: "two" }] });
    const { proxy } = gateway;
    const params = { name: "two__progress", arguments: { values: [1, 2] }, _meta: { progressToken: "t" } };
    await proxy.request("tools/call", params);
    const progress = proxy.replies.filter(({ method }) => method === "notifications/progress");
    expect(progress.map((reply) => reply.params?.["progress"])).toEqual([1, 2]);
    proxy.send({ jsonrpc: "2.0", id: "h", method: "tools/call", params: { name: "one__hang" } });
    expect(textOf(await proxy.call("one__echo"))).toBe("{}");
    proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "h" } });
    // The id is free again at once.
    expect(textOf(await proxy.call("two__echo", {}, "h"))).toBe("{}");
    await endsWell(gateway);
    expect(outcomes(proxy)).toContain("cancelled");
    expect(gateway.seen("one").some((line) => line.includes("notifications/cancelled"))).toBe(true);
    expect(gateway.seen("two").some((line) => line.includes("notifications/cancelled"))).toBe(false);
  });
});

describe("a name that another server has", () => {
  const servers = [{ id: "one" }, { id: "two" }];

  test("is caught: what comes second is withheld and cannot be called, unless the operator has accepted it", async () => {
    const gateway = await started("gateway-shadow", { servers, isUnpinned: true });
    const { proxy } = gateway;
    const [first, second] = ["one", "two"];
    const listed = toolNames(await proxy.request("tools/list", {}));
    expect(listed.some((name) => name.startsWith(`${second}__`))).toBe(false);
    expect(textOf(await proxy.call(`${first}__echo`, { a: 1 }))).toBe('{"a":1}');
    const denied = await proxy.call(`${second}__echo`, { b: 2 });
    expect(decisionOf(denied)).toMatchObject({ verdict: "deny", rule: "quarantined" });
    expect(gateway.seen(second).some((line) => line.includes('"b"'))).toBe(false);
    await endsWell(gateway);
    const pages = proxy.events().filter(({ type, value }) => type === "page" && value["server"] === second);
    expect(JSON.stringify(pages)).toContain('"reason":"shadowing"');

    const pinned = await started("gateway-not-shadow", { servers });
    for (const id of ["one", "two"]) expect(textOf(await pinned.proxy.call(`${id}__echo`, { c: 3 }))).toBe('{"c":3}');
    await endsWell(pinned);
  });

  test("a lock that lacks one of the servers keeps all from starting, and says how to mend it", async () => {
    const cwd = testFolder("gateway-lock");
    const config = gatewayConfig(cwd, { servers });
    const pins = await agentk(cwd, ["pins", "init", "--config", "agentk.toml", "--server-id", "one"]);
    expect(pins).toMatchObject({ code: 0, stderr: "" });
    const half = await agentk(cwd, ["mcp-gateway", "--config", config, "--check"]);
    expect([half.code, half.stdout]).toEqual([1, ""]);
    expect(half.stderr).toContain("the lock has no server `two`");
    expect(half.stderr).toContain("agentk pins init");
    expect(existsSync(join(cwd, ".agentk"))).toBe(false);
    await agentk(cwd, ["pins", "init", "--config", "agentk.toml", "--server-id", "two"]);
    const whole = await agentk(cwd, ["mcp-gateway", "--config", config, "--check", "--json"]);
    expect([whole.code, (JSON.parse(whole.stdout) as { lock: unknown }).lock]).toEqual([0, "agentk.lock"]);
    const nobody = await agentk(cwd, ["pins", "diff", "--config", "agentk.toml", "--server-id", "three"]);
    expect([nobody.code, nobody.stderr.includes("--server-id: one, two")]).toEqual([1, true]);
  });
});

// Claim: T3
describe("what was read from one server follows the session to the others", () => {
  test("after poison from one, another may not be called", async () => {
    const gateway = await started("gateway-taint", { servers: [{ id: "a" }, { id: "b" }] });
    const { proxy } = gateway;
    expect(textOf(await proxy.call("b__echo", { x: 1 }))).toBe('{"x":1}');
    await proxy.call("a__poisoned");
    const denied = await proxy.call("b__echo", { x: 2 });
    expect(decisionOf(denied)).toMatchObject({ verdict: "deny" });
    expect(gateway.seen("b").some((line) => line.includes('"x":2'))).toBe(false);
    await endsWell(gateway);
  });

  const ACROSS = `
[[sources]]
server = "vault"
tool = "read_file"
labels = ["private"]

[[rules]]
id = "look"
effect = "allow"
when = { syscalls = ["tool.describe", "tool.response"] }

[[rules]]
id = "private-stays"
effect = "deny"
when = { syscalls = ["tool.invoke"], server = "net", some = [{ path = "/body", labels_any = ["private"] }] }

[[rules]]
id = "others-stay"
effect = "deny"
when = { syscalls = ["tool.invoke"], server = "net", some = [{ path = "/body", from = ["other-server"] }] }

[[rules]]
id = "tools"
effect = "allow"
when = { syscalls = ["tool.invoke"] }

[[rules]]
id = "default-deny"
effect = "deny"
`;
  const TAXES = "Ada Example, tax number 12345678901, owes 2300 EUR to the city of Bonn";

  test("one server's value does not go to another's network, its own may go back; the log says from where", async () => {
    const marks = { vault: testFolder("marks-vault"), net: testFolder("marks-net") };
    const office = (id: "vault" | "net"): { id: string; command: readonly string[] } => ({
      id,
      command: [process.execPath, fixture("servers/office.mjs"), marks[id]],
    });
    const gateway = await started("gateway-flow", { policy: ACROSS, servers: [office("vault"), office("net")] });
    const { proxy } = gateway;
    const statement = JSON.parse(textOf(await proxy.call("net__get_statement"))) as readonly { iban: string }[];
    expect(textOf(await proxy.call("vault__read_file", { path: "/home/ada/taxes.txt" }))).toBe(TAXES);
    const leaks = [
      await proxy.call("net__http_post", { body: TAXES }),
      await proxy.call("net__http_post", { body: "see: 12345678901" }),
      await proxy.call("net__http_post", { body: Buffer.from(TAXES).toString("base64") }),
    ];
    for (const leak of leaks) expect(decisionOf(leak)).toMatchObject({ verdict: "deny" });
    expect(textOf(await proxy.call("net__http_post", { body: statement[0]?.iban }))).toBe("done");
    expect(textOf(await proxy.call("vault__write_file", { body: TAXES }))).toBe("done");
    await endsWell(gateway);
    expect(readdirSync(marks.net)).toEqual(["http_post"]);
    expect(readFileSync(join(marks.net, "http_post"), "utf8")).not.toContain("12345678901");
    const [first] = leaks;
    const { call } = (first === undefined ? {} : decisionOf(first)) as { call: string };
    const why = await asked(proxy.cwd, ["trace-inspect", proxy.log, "--why", call]);
    expect(why.code).toBe(0);
    expect(why.stdout).toContain("vault/read_file");
    expect((await asked(proxy.cwd, ["replay", proxy.log])).code).toBe(0);
  });
});

describe("a server harms only its own calls", () => {
  test("one that cannot be started has no tools; the others work, and the log says so", async () => {
    const gateway = await started("gateway-missing", {
      servers: [{ id: "gone", command: ["/no/such/server"] }, { id: "two" }],
      isUnpinned: true,
    });
    const { proxy } = gateway;
    const names = toolNames(await proxy.request("tools/list", {}));
    expect(names.every((name) => name.startsWith("two__"))).toBe(true);
    expect((await proxy.call("gone__echo")).error?.code).toBe(7002);
    expect(textOf(await proxy.call("two__echo"))).toBe("{}");
    await endsWell(gateway);
    expect(proxy.stderr).toContain("the server gone ended by itself");
  });

  // Claim: B5
  test("exit, flood and silence of one leave the other's calls as they are", async () => {
    const gateway = await started("gateway-hostile", {
      more: "restarts = 0",
      servers: [{ id: "bad", more: "response_timeout_ms = 300" }, { id: "good" }],
    });
    const { proxy } = gateway;
    proxy.send({ jsonrpc: "2.0", id: "h", method: "tools/call", params: { name: "bad__hang" } });
    expect(textOf(await proxy.call("good__echo", { n: 1 }))).toBe('{"n":1}');
    expect((await proxy.reply(({ id }) => id === "h")).error?.code).toBe(7003);
    expect(textOf(await proxy.call("bad__flood", { count: 2000 }))).toBe("flooded");
    expect((await proxy.call("bad__exit", { code: 3 })).error?.code).toBe(7002);
    expect((await proxy.call("bad__echo")).error?.code).toBe(7002);
    expect(textOf(await proxy.call("good__echo", { n: 2 }))).toBe('{"n":2}');
    expect(toolNames(await proxy.request("tools/list", {})).every((name) => name.startsWith("good__"))).toBe(true);
    await endsWell(gateway);
    expect(outcomes(proxy)).toContain("child-exited");
    expect(facts(proxy)).toContain("child-exited");
    // The call after its end is decided and recorded like any other.
    const after = proxy.events().filter(({ value }) => value.target === "bad/echo");
    expect(after[0]?.value.decision?.verdict).toBe("allow");
  });

  test("an answer under another server's id is an orphan, and the call it aims at gets its own answer", async () => {
    const gateway = await started("gateway-orphan", { servers: [{ id: "bad" }, { id: "good" }] });
    const { proxy } = gateway;
    proxy.send({
      jsonrpc: "2.0",
      id: "h",
      method: "tools/call",
      params: { name: "good__hold", arguments: { mine: 1 } },
    });
    await proxy.call("good__echo");
    const held = gateway.seen("good").find((line) => line.includes('"mine"')) ?? "{}";
    const { id } = JSON.parse(held) as { id: string };
    const line = JSON.stringify({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "forged" }] } });
    proxy.send({ jsonrpc: "2.0", id: "r", method: "tools/call", params: { name: "bad__raw", arguments: { line } } });
    await proxy.call("bad__echo");
    await proxy.call("good__release");
    expect(textOf(await proxy.reply((reply) => reply.id === "h"))).toBe('{"mine":1}');
    proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "r" } });
    await endsWell(gateway);
    expect(facts(proxy)).toContain("child-fault:orphan-answer");
  });

  test("the run ends with the last server", async () => {
    const gateway = await started("gateway-last", {
      more: "restarts = 0",
      servers: [{ id: "one" }, { id: "two" }],
    });
    const { proxy } = gateway;
    expect((await proxy.call("one__exit")).error?.code).toBe(7002);
    expect((await proxy.call("two__exit")).error?.code).toBe(7002);
    expect((await proxy.ended).code).toBe(1);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    expect(proxy.events().at(-1)?.value.reason).toBe("child-exited");
  });

  test("after kill -9 the log is recovered, verifies and replays", async () => {
    const gateway = await started("gateway-kill", { servers: [{ id: "one" }, { id: "two" }] });
    const { proxy } = gateway;
    await proxy.call("two__echo", { n: 1 });
    proxy.send({ jsonrpc: "2.0", id: "h", method: "tools/call", params: { name: "one__hang" } });
    await proxy.call("one__echo", { n: 2 });
    proxy.process.kill("SIGKILL");
    await proxy.ended;
    expect((await agentk(proxy.cwd, ["recover", proxy.log])).code).toBe(0);
    expect((await asked(proxy.cwd, ["verify", proxy.log])).code).toBe(0);
    expect((await asked(proxy.cwd, ["replay", proxy.log])).code).toBe(0);
  });
});

describe("--check", () => {
  test("says what would start, and what is wrong with its place; nothing is started", async () => {
    const cwd = testFolder("gateway-check");
    const config = gatewayConfig(cwd, { servers: [{ id: "one" }, { id: "two", command: ["./server", "secret"] }] });
    const good = await agentk(cwd, ["mcp-gateway", "--config", config, "--check", "--json"]);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({
      ok: true,
      servers: [{ id: "one" }, { id: "two", command: join(cwd, "server"), args: 1 }],
    });
    expect(good.stdout).not.toContain("secret");
    writeFileSync(config, 'x = 1\n[[servers]]\nid = "a_b"\ncommand = "x"\n');
    const bad = await agentk(cwd, ["mcp-gateway", "--config", config, "--check"]);
    expect(bad.code).toBe(2);
    expect(bad.stdout).toContain(`${config}:1:1: unknown key \`x\``);
    expect(bad.stdout).toContain(`${config}:3:1: the server id`);
    const served = await agentk(cwd, ["mcp-gateway", "--config", config]);
    expect(served.code).toBe(2);
    expect(readdirSync(cwd)).toEqual(["agentk.toml"]);
  });
});
