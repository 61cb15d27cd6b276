/** 2026-07-28 through the real proxy: a server and clients of the SDK's second line, and a client that writes raw lines. */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { AGENTK, fixture, ProxyProcess, testFolder, type Reply } from "./proxy-process.js";
import { judgedCalls } from "./scripted-proxy.js";
import { facts, outcomes, textOf, untilLogged, verified } from "./watch.js";

const MODERN = "2026-07-28";
const POLICY = ["--policy", fixture("policies/modern.toml")];
const SERVER = [process.execPath, fixture("servers/modern.mjs")];
const EVERYTHING = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json");
const LEGACY = [process.execPath, join(dirname(EVERYTHING), "dist/index.js")];
const KEY = "io.modelcontextprotocol/";

function envelope(more: object = {}, capabilities: object = { elicitation: {}, sampling: {} }): object {
  return { [`${KEY}protocolVersion`]: MODERN, [`${KEY}clientCapabilities`]: capabilities, ...more };
}

function started(server: readonly string[] = SERVER, flags: readonly string[] = POLICY): ProxyProcess {
  return new ProxyProcess({ server, flags });
}

/** An enveloped request, unless the params have an envelope of their own. */
function ask(proxy: ProxyProcess, method: string, params: object = {}, id?: string | number): Promise<Reply> {
  return proxy.request(method, { _meta: envelope(), ...params }, id);
}

function call(proxy: ProxyProcess, name: string, args: object = {}, more: object = {}): Promise<Reply> {
  return ask(proxy, "tools/call", { name, arguments: args, ...more });
}

describe("a client of SDK v2", () => {
  async function connect(command: readonly string[], mode: "auto" | { pin: string }) {
    const cwd = testFolder("modern");
    const client = new Client(
      { name: "peer", version: "1" },
      { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode } },
    );
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { confirm: true } }));
    client.setRequestHandler("sampling/createMessage", () => ({
      role: "assistant",
      content: { type: "text", text: "42" },
      model: "m",
    }));
    const [file = "", ...args] = command;
    const env = { ...process.env } as Record<string, string>;
    await client.connect(new StdioClientTransport({ command: file, args, cwd, env, stderr: "ignore" }));
    return client;
  }

  /** Everything that a client learns of the fixture server. */
  async function learn(client: Client): Promise<unknown> {
    const told: unknown[] = [client.getNegotiatedProtocolVersion(), client.getServerCapabilities()];
    told.push(client.getInstructions(), await client.listTools(), await client.listResources());
    told.push(await client.listPrompts(), await client.readResource({ uri: "note://one" }));
    told.push(await client.getPrompt({ name: "greet", arguments: { who: "Ada" } }));
    for (const [name, args] of [
      ["echo", { say: "Grüße \u{1f600}" }],
      ["fail", {}],
      ["list", {}],
      ["deploy", { to: "moon" }],
      ["think", {}],
      ["slow", {}],
      ["no-such-tool", {}],
    ] as const)
      told.push(await client.callTool({ name, arguments: args }).catch((error: unknown) => String(error)));
    await client.close();
    return JSON.parse(JSON.stringify(told));
  }

  const proxied = [process.execPath, AGENTK, "mcp-proxy-stdio", ...POLICY, "--"];

  test.each(["auto", { pin: MODERN }] as const)("gets through agentk what it gets without (%j)", async (mode) => {
    const before = await learn(await connect(SERVER, mode));
    const after = await learn(await connect([...proxied, ...SERVER], mode));
    // The two differences, and meant: a server's links about itself, and the words of its errors.
    const plain = (told: unknown): unknown =>
      JSON.parse(
        JSON.stringify(told)
          .replaceAll(',"websiteUrl":"https://modern.example/"', "")
          .replace(/ProtocolError: [^"]*/g, "ProtocolError"),
      );
    expect(plain(after)).toEqual(plain(before));
    expect(JSON.stringify(after)).toContain("deployed to moon: true, state of moon");
    expect(JSON.stringify(after)).toContain("thought: 42");
  });

  test("falls back to the handshake when the server knows no other", async () => {
    const client = await connect([...proxied, ...LEGACY], "auto");
    expect(client.getNegotiatedProtocolVersion()).toBe("2025-11-25");
    const { content } = await client.callTool({ name: "echo", arguments: { message: "hi" } });
    expect(content).toEqual([{ type: "text", text: "Echo: hi" }]);
    await client.close();
  });

  test("learns of a list that has changed on the stream it asked for", async () => {
    const client = await connect([...proxied, ...SERVER], { pin: MODERN });
    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler("notifications/tools/list_changed", () => {
        resolve();
      });
    });
    const stream = await client.listen({ toolsListChanged: true });
    await client.callTool({ name: "grow", arguments: {} });
    await changed;
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("grown");
    await stream.close();
    await client.close();
  });
});

/** What a server says is untrusted; what asks for it in a session that has read nothing is not. */
const HIDDEN_TEXT = `[[rules]]
id = "no-text"
effect = "deny"
reason = "the server may not describe itself"
[rules.when]
syscalls = ["tool.describe"]
labels_any = ["untrusted"]
`;
const HIDDEN_REQUEST = HIDDEN_TEXT.replace(/^labels_any.*$/m, "");
const ALLOWING = readFileSync(fixture("policies/modern.toml"), "utf8");

describe("eras", () => {
  test("one is pinned for each child, and nothing crosses", async () => {
    const proxy = started();
    expect((await ask(proxy, "server/discover")).result?.["supportedVersions"]).toEqual([MODERN]);
    expect((await call(proxy, "echo", { say: "hi" })).result).toMatchObject({ resultType: "complete" });
    expect((await proxy.handshake()).error?.code).toBe(-32600);
    expect((await proxy.request("tools/list")).error?.code).toBe(-32602);
    expect((await proxy.request("ping")).error?.code).toBe(-32601);
    expect((await call(proxy, "echo", { say: "still" })).result).toMatchObject({ resultType: "complete" });
    expect(facts(proxy)).toContain("ready");
    await proxy.close();
  });

  test("a connection with a handshake stays one", async () => {
    const proxy = started();
    await proxy.handshake();
    expect((await call(proxy, "echo", { say: "hi" })).error?.code).toBe(-32600);
    expect((await ask(proxy, "server/discover")).error?.code).toBe(-32601);
    expect(textOf(await proxy.call("echo", { say: "hi" }))).toBe("echo: hi");
    await proxy.close();
  });

  test("a probe that an older server does not know leaves the handshake open", async () => {
    const proxy = started(LEGACY);
    expect((await ask(proxy, "server/discover")).error?.code).toBe(-32601);
    expect((await ask(proxy, "subscriptions/listen", { notifications: {} })).error?.code).toBe(-32601);
    expect((await proxy.handshake()).result?.["protocolVersion"]).toBe("2025-11-25");
    await proxy.close();
  });

  test.each([
    ["nothing at all", HIDDEN_REQUEST, undefined],
    ["what it can do, and no word of its own", HIDDEN_TEXT, { tools: {} }],
  ])("a policy that hides the server shows a probe %s", async (_, rule, capabilities) => {
    const file = join(testFolder("hidden"), "policy.toml");
    writeFileSync(file, ALLOWING.replace("[[rules]]", `${rule}\n[[rules]]`));
    const proxy = started(SERVER, ["--policy", file]);
    const { error, result } = await ask(proxy, "server/discover");
    if (capabilities === undefined) expect([error?.code, result]).toEqual([-32601, undefined]);
    else expect(result).toMatchObject({ capabilities, supportedVersions: [MODERN] });
    expect(JSON.stringify([result, error])).not.toMatch(/Say hello|"modern"/);
    await proxy.close();
  });

  test("another revision is told which one is spoken", async () => {
    const proxy = started();
    const { error } = await ask(proxy, "tools/list", { _meta: envelope({ [`${KEY}protocolVersion`]: "2099-01-01" }) });
    expect(error).toMatchObject({ code: -32022, data: { requested: "2099-01-01", supported: [MODERN] } });
    await proxy.close();
  });
});

describe("a request that the server answers with a question", () => {
  const confirm = { sure: { action: "accept", content: { confirm: true } } };

  async function asked(proxy: ProxyProcess, to: string): Promise<string> {
    const { result } = await call(proxy, "deploy", { to });
    expect(result).toMatchObject({ resultType: "input_required", inputRequests: { sure: {} } });
    expect(JSON.stringify(result)).not.toContain(`state of ${to}`);
    return result?.["requestState"] as string;
  }

  test("goes on with the answer, decided and recorded like any other", async () => {
    const proxy = started();
    const requestState = await asked(proxy, "moon");
    const done = await call(proxy, "deploy", { to: "moon" }, { requestState, inputResponses: confirm });
    expect(textOf(done)).toBe("deployed to moon: true, state of moon");
    expect(judgedCalls(proxy)).toMatchObject([
      { from: "client", kind: "tool.invoke", decision: "allow:all" },
      { from: "server", kind: "human.approve", target: "elicitation/form", decision: "allow:all" },
      { from: "client", kind: "tool.invoke", decision: "allow:all" },
    ]);
    expect(outcomes(proxy)).toEqual(["ok", "ok", "ok"]);
    await proxy.close();
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("is bound to what it was about: nothing may change, and nothing works twice", async () => {
    const proxy = started();
    const requestState = await asked(proxy, "moon");
    const other = await asked(proxy, "mars");
    const refused = [
      await call(proxy, "deploy", { to: "sun" }, { requestState, inputResponses: confirm }),
      await call(proxy, "echo", { to: "moon" }, { requestState, inputResponses: confirm }),
      await call(proxy, "deploy", { to: "moon" }, { requestState: other, inputResponses: confirm }),
      await call(proxy, "deploy", { to: "moon" }, { requestState: "state of moon", inputResponses: confirm }),
    ];
    expect(refused.map(({ error }) => error?.code)).toEqual(refused.map(() => -32602));
    const mars = await call(proxy, "deploy", { to: "mars" }, { requestState: other, inputResponses: confirm });
    const moon = await call(proxy, "deploy", { to: "moon" }, { requestState, inputResponses: confirm });
    expect([textOf(mars), textOf(moon)]).toEqual([
      "deployed to mars: true, state of mars",
      "deployed to moon: true, state of moon",
    ]);
    const again = await call(proxy, "deploy", { to: "moon" }, { requestState, inputResponses: confirm });
    expect(again.error?.code).toBe(-32602);
    await proxy.close();
  });

  test("is asked, whatever answers came with the request: no server sees what it has not asked for", async () => {
    const proxy = started();
    const unasked = await call(proxy, "deploy", { to: "moon" }, { inputResponses: confirm });
    expect(unasked.result).toMatchObject({ resultType: "input_required", inputRequests: { sure: {} } });
    const requestState = unasked.result?.["requestState"];
    const other = { other: confirm.sure };
    const again = await call(proxy, "deploy", { to: "moon" }, { requestState, inputResponses: other });
    expect(again.result).toMatchObject({ resultType: "input_required", inputRequests: { sure: {} } });
    const last = again.result?.["requestState"];
    const inputResponses = { ...confirm, ...other };
    const done = await call(proxy, "deploy", { to: "moon" }, { requestState: last, inputResponses });
    expect(textOf(done)).toBe("deployed to moon: true, state of moon");
    expect(facts(proxy).filter((fact) => fact === "answers-dropped")).toHaveLength(3);
    expect(outcomes(proxy)).toEqual(["ok", "cancelled", "ok", "ok", "ok"]);
    await proxy.close();
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  describe("where answers may come before the question", () => {
    /** The policy of the other tests, with early answers and this effect for the question. */
    function early(effect: string): ProxyProcess {
      const cwd = testFolder("early-answers");
      const policy = readFileSync(fixture("policies/modern.toml"), "utf8");
      const rule = `[[rules]]\nid = "questions"\neffect = "${effect}"\nwhen = { syscalls = ["human.approve"] }\n\n`;
      const at = policy.indexOf("[[rules]]");
      const mcp = policy.slice(0, at).replace("[mcp]", "[mcp]\nearly_answers = true");
      expect(mcp).toContain("early_answers");
      writeFileSync(join(cwd, "policy.toml"), `${mcp}${rule}${policy.slice(at)}`);
      return new ProxyProcess({ cwd, server: SERVER, flags: ["--policy", join(cwd, "policy.toml")] });
    }

    test("they are used once the server has asked, and by a call of its own", async () => {
      const proxy = early("allow");
      const inputResponses = { ...confirm, other: confirm.sure };
      const done = await call(proxy, "deploy", { to: "moon" }, { inputResponses });
      expect(textOf(done)).toBe("deployed to moon: true, state of moon");
      expect(judgedCalls(proxy)).toMatchObject([
        { from: "client", kind: "tool.invoke", decision: "allow:all" },
        { from: "server", kind: "human.approve", target: "elicitation/form", decision: "allow:questions" },
        { from: "client", kind: "tool.invoke", decision: "allow:all" },
      ]);
      expect(outcomes(proxy)).toEqual(["ok", "ok", "ok"]);
      expect(facts(proxy).filter((fact) => fact === "answers-dropped")).toHaveLength(1);
      await proxy.close();
      expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    });

    test("a question that is denied gets none, and one that they do not fit is the client's to answer", async () => {
      const denied = early("deny");
      expect((await call(denied, "deploy", { to: "moon" }, { inputResponses: confirm })).error).toBeDefined();
      await denied.close();
      expect(outcomes(denied)).toEqual(["ok"]);
      const proxy = early("allow");
      for (const content of [{ confirm: { deep: true } }, { confirm: true, more: 1 }]) {
        const inputResponses = { sure: { action: "accept", content } };
        const { result } = await call(proxy, "deploy", { to: "moon" }, { inputResponses });
        expect(result).toMatchObject({ resultType: "input_required", inputRequests: { sure: {} } });
        const requestState = result?.["requestState"];
        const done = await call(proxy, "deploy", { to: "moon" }, { requestState, inputResponses: confirm });
        expect(textOf(done)).toBe("deployed to moon: true, state of moon");
      }
      await proxy.close();
      expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    });
  });

  test("gets the operator's roots, and never the client's", async () => {
    const proxy = started();
    const { result } = await call(proxy, "where");
    expect(result).not.toHaveProperty("inputRequests");
    const requestState = result?.["requestState"];
    const inputResponses = { roots: { roots: [{ uri: "file:///etc" }] } };
    const told = await call(proxy, "where", {}, { requestState, inputResponses });
    expect(textOf(told)).toBe('{"roots":[{"uri":"file:///work"}]}');
    await proxy.close();
  });

  describe("for roots, where the client is to be asked for its own", () => {
    const clientRoots = { roots: {} };
    const own = { roots: [{ uri: "file:///home/me", name: "me" }] };

    /** The policy of the other tests, with the client's roots and a rule of this effect for them. */
    function asking(effect: string): ProxyProcess {
      const cwd = testFolder("client-roots");
      const rule = `[[rules]]\nid = "roots"\neffect = "${effect}"\nwhen = { syscalls = ["context.read"], target = "client/roots" }\n\n`;
      const source = readFileSync(fixture("policies/modern.toml"), "utf8");
      const policy = source
        .replace('roots = ["file:///work"]', 'roots = "client"')
        .replace("[[rules]]", `${rule}[[rules]]`);
      writeFileSync(join(cwd, "policy.toml"), policy);
      return new ProxyProcess({ cwd, server: SERVER, flags: ["--policy", join(cwd, "policy.toml")] });
    }

    const where = (proxy: ProxyProcess, capabilities: object, more: object = {}): Promise<Reply> =>
      call(proxy, "where", {}, { _meta: envelope({}, capabilities), ...more });

    test("is decided, asked and recorded like any other", async () => {
      const proxy = asking("allow");
      const { result } = await where(proxy, clientRoots);
      expect(result?.["inputRequests"]).toEqual({ roots: { method: "roots/list", params: {} } });
      const requestState = result?.["requestState"];
      const odd = { roots: { roots: [{ uri: "https://a.example/" }] } };
      expect((await where(proxy, clientRoots, { requestState, inputResponses: odd })).error?.code).toBe(-32602);
      const told = await where(proxy, clientRoots, { requestState, inputResponses: { roots: own } });
      expect(JSON.parse(textOf(told))).toEqual(own);
      expect(judgedCalls(proxy).filter(({ from }) => from === "server")).toEqual([
        { from: "server", kind: "context.read", target: "client/roots", decision: "allow:roots" },
      ]);
      await proxy.close();
      expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    });

    test.each([
      ["a rule denies it", "deny", clientRoots],
      ["the client did not offer them", "allow", {}],
    ])("is never asked when %s", async (_, effect, capabilities) => {
      const proxy = asking(effect);
      const { error, result } = await where(proxy, capabilities);
      expect(error !== undefined || result?.["isError"] === true).toBe(true);
      expect(JSON.stringify([error, result])).not.toContain("roots/list");
      await proxy.close();
    });
  });

  test("is refused where nobody is to be asked", async () => {
    const proxy = started(SERVER, ["--policy", "guard"]);
    const { error, result } = await call(proxy, "deploy", { to: "moon" });
    expect(error !== undefined || result?.["isError"] === true).toBe(true);
    expect(JSON.stringify([error, result])).not.toContain("Deploy to moon");
    await proxy.close();
  });
});

test("a resource that there is not is answered with the client's own URI, and no word of the server's", async () => {
  const proxy = started();
  const { error } = await ask(proxy, "resources/read", { uri: "note://nowhere" });
  expect(error).toEqual({
    ...{ code: -32602, message: "the server does not accept these params" },
    data: { uri: "note://nowhere" },
  });
  await proxy.close();
});

describe("streams", () => {
  test("are about what may be read, begin with their acknowledgement, and end when the client says so", async () => {
    const proxy = started();
    await call(proxy, "echo", { say: "hi" });
    const notifications = { toolsListChanged: true, resourceSubscriptions: ["note://one", "note://secret"] };
    proxy.send({
      ...{ jsonrpc: "2.0", id: "s", method: "subscriptions/listen" },
      params: { _meta: envelope(), notifications },
    });
    const acknowledged = await proxy.reply(({ method }) => method === "notifications/subscriptions/acknowledged");
    expect(acknowledged.params).toEqual({
      _meta: { [`${KEY}subscriptionId`]: "s" },
      notifications: { toolsListChanged: true, resourceSubscriptions: ["note://one"] },
    });
    await call(proxy, "grow");
    const changed = await proxy.reply(({ method }) => method === "notifications/tools/list_changed");
    expect(changed.params).toEqual({ _meta: { [`${KEY}subscriptionId`]: "s" } });
    proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "s" } });
    expect((await call(proxy, "echo", { say: "on" })).result).toBeDefined();
    expect(proxy.replies.filter(({ id }) => id === "s")).toEqual([]);
    await proxy.close();
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("are about nothing where nothing is granted", async () => {
    const proxy = started(SERVER, ["--policy", "guard"]);
    proxy.send({
      ...{ jsonrpc: "2.0", id: 1, method: "subscriptions/listen" },
      params: { _meta: envelope(), notifications: { toolsListChanged: true, resourceSubscriptions: ["note://one"] } },
    });
    const acknowledged = await proxy.reply(({ method }) => method === "notifications/subscriptions/acknowledged");
    expect(acknowledged.params?.["notifications"]).toEqual({});
    await call(proxy, "grow");
    expect(proxy.replies.filter(({ method }) => method === "notifications/tools/list_changed")).toEqual([]);
    await proxy.close();
  });
});

test("progress comes before its answer, and a cancelled call is not answered", async () => {
  const proxy = started();
  const slow = { name: "slow", arguments: {}, _meta: envelope({ progressToken: "p" }) };
  await ask(proxy, "tools/call", slow, "slow");
  const told = proxy.replies.filter(({ id, method }) => id === "slow" || method === "notifications/progress");
  expect(told.map(({ id, params }) => id ?? params?.["progress"])).toEqual([1, 2, "slow"]);
  proxy.send({
    ...{ jsonrpc: "2.0", id: "h", method: "tools/call" },
    params: { _meta: envelope({ progressToken: "h" }), name: "hang", arguments: {} },
  });
  await proxy.reply(({ params }) => params?.["progressToken"] === "h");
  proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "h" } });
  await untilLogged(proxy, () => outcomes(proxy).includes("cancelled"));
  await proxy.close();
  expect(proxy.replies.filter(({ id }) => id === "h")).toEqual([]);
});
