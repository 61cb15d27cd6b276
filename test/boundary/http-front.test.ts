/** Streamable HTTP before a real child: who gets in, what belongs to whom, and what the log holds of it. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixture, testFolder, type Reply } from "./proxy-process.js";
import { HttpProcess, type HttpSetup } from "./http-process.js";
import { agentk, asked as command, isAlive, outcomes, textOf } from "./watch.js";

async function front(setup: HttpSetup = {}): Promise<HttpProcess> {
  const process = new HttpProcess(setup);
  onTestFinished(async () => {
    await process.stop("SIGKILL");
  });
  return process.ready();
}

async function settled(proxy: HttpProcess): Promise<void> {
  expect(await proxy.stop()).toEqual({ code: 0, signal: null });
  const { code, stdout } = await command(proxy.cwd, ["verify", "--json", proxy.log]);
  expect([code, (JSON.parse(stdout) as { ok: unknown }).ok]).toEqual([0, true]);
}

const PING = { jsonrpc: "2.0", id: 1, method: "ping" };

describe("who gets in", () => {
  const REFUSED = [
    ["no token", { authorization: undefined }, 401],
    ["another token", { authorization: `Bearer ${"0".repeat(64)}` }, 401],
    ["the token of another scheme", { authorization: "Basic abc" }, 401],
    ["a rebound name", { host: "evil.example" }, 403],
    ["a page of a stranger", { origin: "https://evil.example" }, 403],
    ["an opaque origin", { origin: "null" }, 403],
    ["no session", {}, 400],
    ["a session that is not there", { "mcp-session-id": "0".repeat(32) }, 404],
    ["a body of another type", { "content-type": "text/plain" }, 415],
    ["a compressed body", { "content-encoding": "gzip" }, 415],
    ["an answer of one form only", { accept: "application/json" }, 406],
  ] as const;

  // Claim: N1
  test("nobody without the right name, origin, token, session and form, and nothing reaches a server", async () => {
    const proxy = await front();
    for (const [what, headers, status] of REFUSED) {
      const answer = await proxy.send("POST", PING, headers);
      expect([what, answer.status]).toEqual([what, status]);
      if (status === 401) expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="agentk"/);
    }
    expect(existsSync(join(proxy.cwd, "seen"))).toBe(false);
    await settled(proxy);
    expect(proxy.events().at(-1)?.value["strays"]).toBe(REFUSED.length);
  });

  test("another path, another method, a batch, what is not JSON, and a version that nobody speaks", async () => {
    const proxy = await front();
    const session = await proxy.session();
    expect((await proxy.send("POST", PING, session, "/")).status).toBe(404);
    expect((await proxy.send("PUT", PING, session)).status).toBe(405);
    expect((await proxy.send("POST", [PING], session)).status).toBe(400);
    expect((await proxy.send("POST", '{"a":1,"a":1}', session)).status).toBe(400);
    expect((await proxy.send("POST", PING, { ...session, "mcp-protocol-version": "2024-11-05" })).status).toBe(400);
    expect((await proxy.send("POST", PING, { ...session, "mcp-protocol-version": "2025-11-25" })).status).toBe(200);
    // A session's id is no authentication.
    expect((await proxy.send("POST", PING, { ...session, authorization: undefined })).status).toBe(401);
    const refused = proxy.events().filter(({ value }) => value.target?.startsWith("frame:") === true);
    expect(refused.map(({ value }) => value.target)).toEqual(["frame:batch", "frame:json-duplicate-key"]);
    await settled(proxy);
  });

  test("an origin that the operator allows, with its preflight", async () => {
    const proxy = await front({ flags: ["--allow-origin", "https://app.example"] });
    const origin = { origin: "https://app.example" };
    const asks = { ...origin, authorization: undefined, "access-control-request-method": "POST" };
    const preflight = await proxy.send("OPTIONS", undefined, asks);
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([204, origin.origin]);
    expect((await proxy.send("OPTIONS", undefined, { ...asks, origin: "https://b.example" })).status).toBe(403);
    expect((await proxy.send("POST", PING, origin)).status).toBe(400);
  });

  test.each(["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])("%s is not listened on unless it is said", async (address) => {
    const cwd = testFolder("bind");
    const end = await agentk(cwd, ["mcp-proxy-http", "--listen", address, "--", "true"]);
    expect(end).toMatchObject({ code: 1, stdout: "" });
    expect(end.stderr).toContain("--allow-remote");
    expect(existsSync(join(cwd, ".agentk"))).toBe(false);
  });

  test("with --allow-remote a token is needed all the same, and only named hosts are served", async () => {
    const proxy = await front({ flags: ["--listen", "0.0.0.0:0", "--allow-remote", "--allow-host", "gw.example"] });
    proxy.url.hostname = "127.0.0.1";
    expect((await proxy.send("POST", PING, { host: "gw.example", authorization: undefined })).status).toBe(401);
    expect((await proxy.send("POST", PING, { host: "gw.example:7" })).status).toBe(400);
    expect((await proxy.send("POST", PING, { host: "other.example" })).status).toBe(403);
  });

  test("a token file is made for its owner only; one that others can read is refused", async () => {
    const file = join(testFolder("token"), "token");
    const proxy = await front({ flags: ["--token-file", file] });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await proxy.session();
    await settled(proxy);
    expect(readFileSync(proxy.log, "utf8") + proxy.stderr).not.toContain(proxy.token);
    chmodSync(file, 0o644);
    const end = await agentk(proxy.cwd, ["mcp-proxy-http", "--token-file", file, "--", "true"]);
    expect(end).toMatchObject({ code: 1 });
    expect(end.stderr).toContain("can be used by others");
    writeFileSync(join(proxy.cwd, "short"), "secret\n", { mode: 0o600 });
    const short = await agentk(proxy.cwd, ["mcp-proxy-http", "--token-file", "short", "--", "true"]);
    expect(short.stderr).toContain("holds no token");
    expect(short.stderr).not.toContain("secret");
  });

  test("a body over the bound is cut off, whatever its length says", async () => {
    const proxy = await front({ flags: ["--max-line-bytes", "4096"] });
    const session = await proxy.session();
    expect((await proxy.send("POST", "x".repeat(5000), session)).status).toBe(413);
    const chunked = proxy.begin("POST", session);
    chunked.write("x".repeat(3000));
    chunked.write("x".repeat(3000));
    const [response] = (await once(chunked, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(textOf(await proxy.call(session, "echo", { a: 1 }))).toBe('{"a":1}');
  });
});

/** The events of an answer, as they come. */
async function* eventsOf(response: IncomingMessage): AsyncGenerator<{ id: string; message: Reply }> {
  let id = "";
  for await (const line of createInterface({ input: response })) {
    if (line.startsWith("id: ")) id = line.slice(4);
    if (line.startsWith("data: ")) yield { id, message: JSON.parse(line.slice(6)) as Reply };
  }
}

async function asked(proxy: HttpProcess, body: object, headers: Record<string, string>): Promise<IncomingMessage> {
  const request = proxy.begin("POST", headers);
  request.end(JSON.stringify(body));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

describe("sessions", () => {
  test("each has a server and labels of its own, and ends alone", async () => {
    const proxy = await front({ flags: ["--max-sessions", "2"] });
    const [a, b] = [await proxy.session(), await proxy.session()];
    expect(a).not.toEqual(b);
    expect((await proxy.send("POST", { ...PING, method: "initialize", params: {} })).status).toBe(503);
    expect(textOf(await proxy.call(a, "echo", { of: "a" }))).toBe('{"of":"a"}');
    expect((await proxy.send("DELETE", undefined, a)).status).toBe(204);
    expect((await proxy.send("POST", PING, a)).status).toBe(404);
    expect(textOf(await proxy.call(b, "echo", { of: "b" }))).toBe('{"of":"b"}');
    await settled(proxy);
    const sessions = proxy.events().filter(({ value }) => value.fact === "child-started");
    expect(sessions.map(({ value }) => value["session"])).toEqual(["h1", "h2"]);
  });

  test("a server that ends takes its own session with it", async () => {
    const proxy = await front();
    const [a, b] = [await proxy.session(), await proxy.session()];
    expect((await proxy.call(a, "exit")).error?.code).toBe(7002);
    expect((await proxy.send("POST", PING, a)).status).toBe(404);
    expect((await proxy.send("POST", PING, b)).status).toBe(200);
    await settled(proxy);
  });

  test("an id in use is refused, and a cancelled call ends without an answer", async () => {
    const proxy = await front();
    const session = await proxy.session();
    const held = asked(proxy, proxy.callBody("hold", {}, {}, 7), session);
    while (!proxy.events().some(({ value }) => value.kind === "tool.invoke")) await proxy.send("POST", PING, session);
    expect((await proxy.send("POST", proxy.callBody("echo", {}, {}, 7), session)).status).toBe(400);
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
    expect((await proxy.send("POST", cancel, session)).status).toBe(202);
    const told = [];
    for await (const event of eventsOf(await held)) told.push(event);
    expect(told).toEqual([]);
    // Its receipt may still be on the way to the disk: a signal would then end it as unknown.
    while (outcomes(proxy).length === 0) await proxy.send("POST", PING, session);
    await settled(proxy);
    expect(outcomes(proxy)).toEqual(["cancelled"]);
  });

  test("progress comes before the answer, and what was missed is sent again to who asks for it", async () => {
    const proxy = await front({ policy: fixture("policies/allow-all.toml") });
    const session = await proxy.session();
    const body = proxy.callBody("progress", { values: [1, 2, 3] }, { _meta: { progressToken: 5 } }, "x");
    const response = await asked(proxy, body, session);
    expect(response.headers["content-type"]).toBe("text/event-stream");
    const told: { id: string; message: Reply }[] = [];
    for await (const event of eventsOf(response)) told.push(event);
    const stream = told[0]?.id.split("-")[0] ?? "";
    expect(told.map(({ message }) => message.id ?? message.params?.["progress"])).toEqual([1, 2, 3, "x"]);
    expect(told.map(({ id }) => id)).toEqual([1, 2, 3, 4].map((n) => `${stream}-${String(n)}`));
    expect(told[0]?.message.params?.["progressToken"]).toBe(5);
    const again = proxy.begin("GET", { ...session, "last-event-id": told[1]?.id });
    again.end();
    const [resumed] = (await once(again, "response")) as [IncomingMessage];
    const missed = [];
    for await (const event of eventsOf(resumed)) missed.push(event);
    expect(missed).toEqual(told.slice(2));
    expect((await proxy.send("GET", undefined, { ...session, "last-event-id": "c99-1" })).status).toBe(400);
    await settled(proxy);
  });

  test("a stream begins with where to go on if it is lost before anything is said", async () => {
    const proxy = await front();
    const session = await proxy.session();
    const accept = "text/event-stream, application/json;q=0.5";
    const { text } = await proxy.send("POST", proxy.callBody("echo", { a: 1 }, {}, "x"), { ...session, accept });
    const [primed, answer] = text.split("\n\n");
    expect(primed).toMatch(/^id: c\d+-0\ndata:$/);
    const last = /^id: (.*)$/m.exec(primed ?? "")?.[1];
    const resumed = await proxy.send("GET", undefined, { ...session, "last-event-id": last });
    expect(resumed.text).toBe(`${answer ?? ""}\n\n`);
    expect(answer).toContain('"id":"x"');
  });

  test("a question that nobody answers keeps no session and no run from ending", async () => {
    const proxy = await front({ policy: fixture("../conformance/allow-all.toml") });
    const [a, b] = [await proxy.session({ elicitation: {} }), await proxy.session({ elicitation: {} })];
    const params = { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } };
    const ask = proxy.callBody("ask", { id: "q", method: "elicitation/create", params });
    // An answer in JSON, or a stream when the question is there before it: either will do.
    for (const session of [a, b]) await proxy.send("POST", ask, session);
    const asked = (): number => proxy.events().filter(({ value }) => value.kind === "human.approve").length;
    while (asked() < 2) await proxy.send("POST", PING, b);
    expect((await proxy.send("DELETE", undefined, a)).status).toBe(204);
    await settled(proxy);
  });

  test("one listener a session", async () => {
    const proxy = await front();
    const session = await proxy.session();
    const first = proxy.begin("GET", session);
    first.end();
    const [response] = (await once(first, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect((await proxy.send("GET", undefined, session)).status).toBe(409);
    expect((await proxy.send("GET", undefined, { accept: "text/event-stream" })).status).toBe(400);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s: what waits is recorded as unknown, and the servers go",
    async (signal) => {
      const proxy = await front({
        server: [
          "sh",
          "-c",
          'echo "$$" >> pids; exec "$@"',
          "sh",
          process.execPath,
          fixture("servers/scripted.mjs"),
          "seen",
        ],
      });
      const session = await proxy.session();
      const waiting = proxy.send("POST", proxy.callBody("hold"), session);
      const isThere = (): boolean => readFileSync(join(proxy.cwd, "seen"), "utf8").includes('"hold"');
      while (!isThere()) await proxy.send("POST", PING, session);
      expect(await proxy.stop(signal)).toEqual({ code: 0, signal: null });
      expect((JSON.parse((await waiting).text) as Reply).error?.code).toBe(7006);
      expect(outcomes(proxy)).toEqual(["unknown"]);
      expect(proxy.events().at(-1)?.value.reason).toBe(signal.toLowerCase());
      expect(readFileSync(join(proxy.cwd, "pids"), "utf8").trim().split("\n").map(Number).map(isAlive)).toEqual([
        false,
      ]);
    },
  );

  test("nobody is left to be told where it listens: the run ends as a whole, and it is no success", async () => {
    const proxy = new HttpProcess();
    proxy.process.stdout.destroy();
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(proxy.stderr).toContain("stdout cannot be written");
    const { code, stdout } = await command(proxy.cwd, ["verify", "--json", proxy.log]);
    expect([code, (JSON.parse(stdout) as { ok: unknown }).ok]).toEqual([0, true]);
  });

  test("kill -9: what was acknowledged is in the log, and it is recovered", async () => {
    const proxy = await front();
    const session = await proxy.session();
    await proxy.call(session, "echo", {});
    await proxy.stop("SIGKILL");
    expect((await agentk(proxy.cwd, ["recover", proxy.log])).code).toBe(0);
    expect((await command(proxy.cwd, ["verify", proxy.log])).code).toBe(0);
  });
});

const EVERYTHING = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist/index.js",
);

describe("clients that nobody here wrote", () => {
  test.each(["v1", "v2", "v2 that asks for the modern era first"])("SDK %s", async (which) => {
    const proxy = await front({ server: [process.execPath, EVERYTHING], policy: fixture("policies/allow-all.toml") });
    const options = { requestInit: { headers: { authorization: `Bearer ${proxy.token}` } } };
    const about = { name: "peer", version: "1" };
    const negotiation = which === "v2" ? {} : { versionNegotiation: { mode: "auto" as const } };
    const client = which === "v1" ? new ClientV1(about) : new ClientV2(about, negotiation);
    const transport = which === "v1" ? new HttpV1(proxy.url, options) : new HttpV2(proxy.url, options);
    await (client as ClientV2).connect(transport);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("echo");
    const sums = Array.from({ length: 50 }, (_, a) => client.callTool({ name: "get-sum", arguments: { a, b: 1000 } }));
    expect((await Promise.all(sums)).map((sum) => textOf({ result: sum }))).toEqual(
      Array.from({ length: 50 }, (_, a) => `The sum of ${String(a)} and 1000 is ${String(a + 1000)}.`),
    );
    await transport.terminateSession();
    await client.close();
    await settled(proxy);
  });
});
