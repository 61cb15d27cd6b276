/** The front before a scripted relay: 2026-07-28, routing, and clients that do not read, do not send or go away. */
import { EventEmitter, once } from "node:events";
import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClientSide } from "../../../src/app/run/connection.js";
import type { Connect } from "../../../src/app/http/channel.js";
import { HttpFront } from "../../../src/app/http/front.js";
import { encodeHeader } from "../../../src/app/http/headers.js";
import { hostNames } from "../../../src/host/http-guard.js";
import { openHttpServer, type HttpServer } from "../../../src/host/http-server.js";

interface Sent {
  readonly id?: string;
  readonly method: string;
  readonly params: { readonly name?: string; readonly requestId?: string; readonly _meta?: Record<string, unknown> };
}

/** What the relay of one session was sent, and its client's side. */
interface Relay {
  readonly session: string;
  readonly client: ClientSide;
  readonly sent: Sent[];
  readonly resumed: () => number;
}

const SHORT = { headers: 200, request: 400, idle: 200, check: 50 };
const TOKEN = "t".repeat(32);

class Bench {
  readonly relays: Relay[] = [];
  readonly ended: string[] = [];
  /** Tells of every response that is to be given. */
  readonly taken = new EventEmitter();
  door!: HttpServer;
  front!: HttpFront;
  private waiters: (() => void)[] = [];

  async open(more: { readonly stallMs?: number; readonly idleMs?: number } = {}): Promise<this> {
    const connect: Connect = (session, client) => {
      let resumed = 0;
      const sent: Sent[] = [];
      this.relays.push({ session, client, sent, resumed: () => resumed });
      return {
        start: () => Promise.resolve(),
        fromClient: (bytes) => {
          sent.push(JSON.parse(bytes.toString("utf8")) as Sent);
          for (const waiter of this.waiters.splice(0)) waiter();
        },
        clientOversize: () => undefined,
        resume: () => {
          resumed++;
          for (const waiter of this.waiters.splice(0)) waiter();
        },
        clientGone: () => undefined,
        stop: () => undefined,
        idle: () => Promise.resolve(),
        end: () => Promise.resolve({ code: 0, signal: undefined, spawnError: undefined }),
        strays: 0,
        stderr: { tail: "", bytes: 0 },
      };
    };
    this.front = new HttpFront({
      guard: { hosts: hostNames("127.0.0.1", []), origins: new Set(), isToken: (given) => given === TOKEN },
      ...{ connect, maxSessions: 4, maxLineBytes: 1024 * 1024, idleMs: more.idleMs ?? 60_000 },
      ...(more.stallMs === undefined ? {} : { stallMs: more.stallMs }),
      onEnded: ({ session }) => {
        this.ended.push(session);
        for (const waiter of this.waiters.splice(0)) waiter();
      },
    });
    const take = (...[request, response]: Parameters<HttpFront["take"]>): void => {
      this.taken.emit("taken", response);
      void this.front.take(request, response);
    };
    this.door = await openHttpServer({ host: "127.0.0.1", port: 0, take, times: SHORT });
    onTestFinished(() => this.door.close());
    return this;
  }

  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  begin(body: object, headers: Readonly<Record<string, string>> = {}): ClientRequest {
    const common = { authorization: `Bearer ${TOKEN}`, accept: "application/json, text/event-stream" };
    const all = { ...common, "content-type": "application/json", ...headers };
    const request = httpRequest(`${this.door.origin}/mcp`, { method: "POST", headers: all, agent: false });
    request.on("error", () => undefined);
    request.on("response", (response: IncomingMessage) => response.on("error", () => undefined));
    request.end(JSON.stringify(body));
    return request;
  }

  async send(body: object, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; body: Told }> {
    const [response] = (await once(this.begin(body, headers), "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode ?? 0, body: (text === "" ? {} : JSON.parse(text)) as Told };
  }
}

interface Told {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly params?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly data?: unknown };
}

const VERSION = "2026-07-28";
const META = { "io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {} };

function modern(method: string, params: object = {}, id: string | number = 1, meta: object = {}): object {
  return { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...META, ...meta } } };
}

function headersOf(method: string, name?: string): Record<string, string> {
  const named = name === undefined ? {} : { "mcp-name": encodeHeader(name) };
  return { "mcp-protocol-version": VERSION, "mcp-method": method, ...named };
}

async function linesOf(response: IncomingMessage, count: number): Promise<Told[]> {
  const told: Told[] = [];
  // It passes on what befalls a response that nobody waits for any more.
  const lines = createInterface({ input: response }).on("error", () => undefined);
  for await (const line of lines) {
    if (line.startsWith("data: ")) told.push(JSON.parse(line.slice(6)) as Told);
    if (told.length === count) break;
  }
  return told;
}

describe("2026-07-28", () => {
  const CALL = modern("tools/call", { name: "a" });

  test.each([
    ["no version", { "mcp-method": "tools/call", "mcp-name": "a" }, -32020],
    ["another version than its own", { ...headersOf("tools/call", "a"), "mcp-protocol-version": "2025-11-25" }, -32020],
    ["another method", headersOf("tools/list", "a"), -32020],
    ["another name", headersOf("tools/call", "b"), -32020],
    ["no name", headersOf("tools/call"), -32020],
    ["a name in broken base64", { ...headersOf("tools/call"), "mcp-name": "=?base64?YR?=" }, -32020],
  ])("headers with %s: refused, and no server is started", async (_, headers, code) => {
    const bench = await new Bench().open();
    const { status, body } = await bench.send(CALL, headers);
    expect([status, body.error?.code, body.id]).toEqual([400, code, 1]);
    expect(bench.relays).toEqual([]);
  });

  test("a request without its envelope has broken params, and no server is started", async () => {
    const bench = await new Bench().open();
    const bare = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "a" } };
    const { status, body } = await bench.send(bare, headersOf("tools/call", "a"));
    expect([status, body.error?.code, body.id]).toEqual([400, -32602, 1]);
    expect(bench.relays).toEqual([]);
  });

  test("a version that is not spoken is answered with those that are", async () => {
    const bench = await new Bench().open();
    const later = {
      jsonrpc: "2.0",
      id: 1,
      method: "ping",
      params: { _meta: { ...META, [Object.keys(META)[0] ?? ""]: "2027-01-01" } },
    };
    const { status, body } = await bench.send(later, { "mcp-protocol-version": "2027-01-01", "mcp-method": "ping" });
    expect([status, body.error?.code]).toEqual([400, -32022]);
    expect(body.error?.data).toEqual({ requested: "2027-01-01", supported: [VERSION] });
  });

  test("clients that use the same id and token at once get their own answers, in one session of the kernel", async () => {
    const bench = await new Bench().open();
    const token = { progressToken: 1 };
    const asked = ["ä", "b"].map((name) =>
      bench.begin(modern("tools/call", { name }, 1, token), headersOf("tools/call", name)),
    );
    await bench.until(() => bench.relays[0]?.sent.length === 2);
    expect(bench.relays.map(({ session }) => session)).toEqual(["h0"]);
    const [relay] = bench.relays;
    for (const { id, params } of [...(relay?.sent ?? [])].reverse()) {
      expect(params._meta?.["progressToken"]).toBe(id);
      const progress = { method: "notifications/progress", params: { progress: 1, progressToken: id } };
      relay?.client.send(JSON.stringify({ jsonrpc: "2.0", ...progress }));
      relay?.client.send(JSON.stringify({ id, jsonrpc: "2.0", result: { of: params.name } }));
    }
    const answers = await Promise.all(
      asked.map(async (request) => linesOf(((await once(request, "response")) as [IncomingMessage])[0], 2)),
    );
    expect(answers.map((told) => told[0]?.params?.["progressToken"])).toEqual([1, 1]);
    expect(answers.map((told) => told[1])).toEqual(["ä", "b"].map((of) => ({ id: 1, jsonrpc: "2.0", result: { of } })));
  });

  test("a closed response stream cancels; another client's notification cannot", async () => {
    const bench = await new Bench().open();
    const request = bench.begin(CALL, headersOf("tools/call", "a"));
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    const own = bench.relays[0]?.sent[0]?.id;
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    expect((await bench.send(cancel, { "mcp-protocol-version": VERSION })).status).toBe(202);
    request.destroy();
    await bench.until(() => bench.relays[0]?.sent.length === 3);
    expect(bench.relays[0]?.sent.slice(1).map(({ method, params }) => [method, params.requestId])).toEqual([
      ["notifications/cancelled", 1],
      ["notifications/cancelled", own],
    ]);
  });

  test("who goes away while the server is waited for has asked nothing", async () => {
    const bench = await new Bench().open();
    const first = bench.begin(modern("tools/call", { name: "a" }), headersOf("tools/call", "a"));
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    const [relay] = bench.relays;
    relay?.client.pause();
    const taken = once(bench.taken, "taken") as Promise<[ServerResponse]>;
    const gone = bench.begin(modern("subscriptions/listen", { notifications: {} }), headersOf("subscriptions/listen"));
    const [response] = await taken;
    gone.destroy();
    await once(response, "close");
    relay?.client.resume();
    const last = bench.begin(modern("tools/call", { name: "b" }), headersOf("tools/call", "b"));
    await bench.until(() => relay?.sent.some(({ params }) => params.name === "b") === true);
    expect(relay?.sent.map(({ method }) => method)).toEqual(["tools/call", "tools/call"]);
    expect(bench.front.strays).toBe(1);
    for (const request of [first, last]) request.destroy();
  });

  test("a subscription's notifications go on its own stream, under the client's id", async () => {
    const bench = await new Bench().open();
    const request = bench.begin(modern("subscriptions/listen", {}, "sub"), headersOf("subscriptions/listen"));
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    const own = bench.relays[0]?.sent[0]?.id;
    const tag = { "io.modelcontextprotocol/subscriptionId": own };
    const method = "notifications/tools/list_changed";
    bench.relays[0]?.client.send(JSON.stringify({ jsonrpc: "2.0", method, params: { _meta: tag } }));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.headers["content-type"]).toBe("text/event-stream");
    const [told] = await linesOf(response, 1);
    expect(told?.params?.["_meta"]).toEqual({ "io.modelcontextprotocol/subscriptionId": "sub" });
  });

  test.each([
    [-32601, 404],
    [-32021, 400],
    [7001, 200],
  ])("the error %d has the status %d", async (code, status) => {
    const bench = await new Bench().open();
    const answer = bench.send(CALL, headersOf("tools/call", "a"));
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    const id = bench.relays[0]?.sent[0]?.id;
    bench.relays[0]?.client.send(JSON.stringify({ error: { code, message: "m" }, id, jsonrpc: "2.0" }));
    expect(await answer).toMatchObject({ status, body: { id: 1, error: { code } } });
  });

  test.each([
    ["an error with a status of its own", { error: { code: -32601, message: "m" } }, 404, "application/json"],
    ["another error", { error: { code: 7001, message: "m" } }, 200, "text/event-stream"],
    ["a result", { result: {} }, 200, "text/event-stream"],
  ])("to a client that prefers streams %s comes as it can", async (_, answer, status, type) => {
    const bench = await new Bench().open();
    const accept = "text/event-stream, application/json;q=0.5";
    const request = bench.begin(CALL, { ...headersOf("tools/call", "a"), accept });
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    const id = bench.relays[0]?.sent[0]?.id;
    const line = JSON.stringify(
      "result" in answer ? { id, jsonrpc: "2.0", ...answer } : { ...answer, id, jsonrpc: "2.0" },
    );
    bench.relays[0]?.client.send(line);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    expect([response.statusCode, response.headers["content-type"]]).toEqual([status, type]);
  });

  test.each(["GET", "DELETE"])("%s is of older versions", async (method) => {
    const bench = await new Bench().open();
    const headers = { authorization: `Bearer ${TOKEN}`, "mcp-protocol-version": VERSION };
    const request = httpRequest(`${bench.door.origin}/mcp`, { method, headers }).end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect([response.statusCode, response.headers.allow]).toEqual([405, "POST"]);
    response.resume();
  });

  test("a session that nobody was told of ends when its client goes away", async () => {
    const bench = await new Bench().open();
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
    const initialize = { jsonrpc: "2.0", id: 0, method: "initialize", params };
    const request = bench.begin(initialize);
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    request.destroy();
    await bench.until(() => bench.ended.length === 1);
    expect(bench.ended).toEqual(["h1"]);
    const told = bench.send(initialize);
    await bench.until(() => bench.relays[1]?.sent.length === 1);
    const result = { capabilities: {}, protocolVersion: "2025-11-25", serverInfo: { name: "s", version: "1" } };
    const own = bench.relays[1]?.sent[0]?.id ?? "";
    bench.relays[1]?.client.send(`{"id":"${own}","jsonrpc":"2.0","result":${JSON.stringify(result)}}`);
    expect((await told).body.result).toEqual(result);
    await bench.front.end({ isUrgent: false });
    expect(bench.ended).toEqual(["h1", "h2"]);
  });

  test("without use the server ends; the next request has a new one in the same session", async () => {
    const bench = await new Bench().open({ idleMs: 50 });
    bench.begin(CALL, headersOf("tools/call", "a"));
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    bench.relays[0]?.client.send(JSON.stringify({ id: bench.relays[0].sent[0]?.id, jsonrpc: "2.0", result: {} }));
    await bench.until(() => bench.ended.length === 1);
    expect((await bench.send(CALL, headersOf("tools/call", "a"))).status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 300));
    bench.begin(CALL, headersOf("tools/call", "a"));
    await bench.until(() => bench.relays[1]?.sent.length === 1);
    expect(bench.relays.map(({ session }) => session)).toEqual(["h0", "h0"]);
  });
});

describe("clients that misbehave", () => {
  const CALL = modern("tools/call", { name: "a" });

  test("one that does not read holds the server back, until it is cut off", async () => {
    const bench = await new Bench().open({ stallMs: 300 });
    const request = bench.begin(CALL, headersOf("tools/call", "a"));
    await bench.until(() => bench.relays[0]?.sent.length === 1);
    const [relay] = bench.relays;
    const id = relay?.sent[0]?.id;
    request.on("response", (response: IncomingMessage) => response.pause());
    const line = (progress: number): string =>
      JSON.stringify({
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: id, data: "x".repeat(65_536), progress },
      });
    // Without a token of the client's, what is about the call still finds it by agentk's own.
    const isCancelled = (): boolean => relay?.sent.at(-1)?.method === "notifications/cancelled";
    let sent = 0;
    for (; sent < 1000 && !isCancelled(); sent++) {
      const before = relay?.resumed() ?? 0;
      if (relay?.client.send(line(sent)) === false) {
        await bench.until(() => relay.resumed() > before);
      }
    }
    expect(isCancelled()).toBe(true);
    // What the sockets of both sides hold, and no more.
    expect(sent).toBeLessThan(500);
  });

  test("slow headers and slow bodies are cut off", async () => {
    const bench = await new Bench().open();
    const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n`;
    const body =
      "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 99\r\n\r\n{";
    for (const text of [head, head + body]) {
      const socket = createConnection(bench.door.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume();
      socket.write(text);
      await once(socket, "close");
    }
    expect(bench.relays).toEqual([]);
  });

  test("two Host headers, or two tokens, are none", async () => {
    const bench = await new Bench().open();
    const token = `Authorization: Bearer ${TOKEN}\r\n`;
    for (const twice of [`Host: localhost\r\nHost: evil\r\n${token}`, `Host: localhost\r\n${token}${token}`]) {
      const socket = createConnection(bench.door.port, "127.0.0.1");
      socket.write(`DELETE /mcp HTTP/1.1\r\n${twice}Connection: close\r\n\r\n`);
      let heard = "";
      for await (const chunk of socket) heard += String(chunk);
      expect(heard).toMatch(/^HTTP\/1\.1 400 .*is given twice/s);
    }
  });
});
