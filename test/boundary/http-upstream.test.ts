/** Remote servers behind the stdio proxy: real ones, and ones that lie about where and who they are. */
import { once } from "node:events";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createRequire } from "node:module";
import { createServer as createSocket, type AddressInfo, type Server } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixture, ProxyProcess, testFolder } from "./proxy-process.js";
import { textOf, traces, verified } from "./watch.js";

const ALLOW = ["--policy", fixture("policies/allow-all.toml")];

function through(url: string, flags: readonly string[] = [], cwd = testFolder("upstream")): ProxyProcess {
  return new ProxyProcess({ server: [], cwd, flags: [...ALLOW, "--upstream", url, ...flags] });
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function http(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${String(await listening(createServer(answer)))}/mcp`;
}

async function bodyOf(request: IncomingMessage): Promise<{ id?: unknown; method?: string }> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return (text === "" ? {} : JSON.parse(text)) as { id?: unknown; method?: string };
}

/** A server that says what a request was like, and answers calls as it is told. */
async function scripted(
  answer: RequestListener,
): Promise<{ readonly url: string; readonly seen: IncomingMessage["headers"][] }> {
  const seen: IncomingMessage["headers"][] = [];
  const url = await http((request, response) => {
    seen.push(request.headers);
    void bodyOf(request).then(({ id, method }) => {
      if (request.method !== "POST") response.writeHead(405).end();
      else if (method === "initialize") {
        const result = {
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "s", version: "1" },
        };
        response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "abc" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      } else if (id === undefined) response.writeHead(202).end();
      else if (method === "tools/list") {
        const tools = ["a", "b"].map((name) => ({ name, inputSchema: { type: "object" } }));
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: { tools } }));
      } else answer(Object.assign(request, { rpcId: id }), response);
    });
  });
  return { url, seen };
}

describe("a real server", () => {
  test("server-everything over HTTP: 50 calls at once, progress in order, and the log stands", async () => {
    const free = createSocket();
    const port = await listening(free);
    free.close();
    const entry = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json");
    const server = spawn(process.execPath, [join(dirname(entry), "dist/index.js"), "streamableHttp"], {
      env: { ...process.env, PORT: String(port) },
    });
    onTestFinished(() => void server.kill());
    await once(server.stderr, "data");
    const proxy = through(`http://127.0.0.1:${String(port)}/mcp`);
    await proxy.handshake();
    const sums = await Promise.all(Array.from({ length: 50 }, (_, a) => proxy.call("get-sum", { a, b: 1 })));
    expect(sums.map(textOf)).toEqual(
      Array.from({ length: 50 }, (_, a) => `The sum of ${String(a)} and 1 is ${String(a + 1)}.`),
    );
    const call = { name: "trigger-long-running-operation", arguments: { duration: 0.05, steps: 3 } };
    await proxy.request("tools/call", { ...call, _meta: { progressToken: "p" } }, "long");
    const told = proxy.replies.filter(({ id, method }) => id === "long" || method === "notifications/progress");
    expect(told.map(({ id, params }) => id ?? params?.["progress"])).toEqual([1, 2, 3, "long"]);
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });
});

describe("what a remote server is told", () => {
  test("its session, its version and its own token, which is in no log", async () => {
    const { url, seen } = await scripted((request, response) => {
      const id = (request as unknown as { rpcId: unknown }).rpcId;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } })}\n\n`);
    });
    const cwd = testFolder("upstream");
    writeFileSync(join(cwd, "token"), "canary-token-0123456789\n", { mode: 0o600 });
    const proxy = through(url, ["--upstream-token-file", "token"], cwd);
    await proxy.handshake();
    expect((await proxy.call("a")).result).toEqual({ content: [] });
    await proxy.close();
    expect(seen.every(({ authorization }) => authorization === "Bearer canary-token-0123456789")).toBe(true);
    expect(seen[0]).not.toHaveProperty("mcp-session-id");
    expect(seen.at(-1)).toMatchObject({ "mcp-session-id": "abc", "mcp-protocol-version": "2025-11-25" });
    expect(traces(proxy)).not.toContain("canary");
  });

  test("one call that fails is one call's loss; a session that is lost ends the run", async () => {
    const statuses = [500, 404];
    const { url } = await scripted((_, response) => {
      response.writeHead(statuses.shift() ?? 404).end();
    });
    const proxy = through(url);
    await proxy.handshake();
    expect((await proxy.call("a")).error?.code).toBe(-32603);
    expect((await proxy.call("b")).error?.code).toBe(7002);
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(proxy.stderr).toContain("it has ended the session");
    expect(proxy.events().find(({ value }) => value.fact === "child-exited")?.value["fault"]).toBe("session-lost");
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });
});

describe("a remote server that is not to be spoken to", () => {
  test.each([
    ["redirects", 307, { location: "https://evil.example/mcp?q=1" }, "https://evil.example, and redirects"],
    ["wants other credentials", 401, {}, "HTTP status 401"],
    ["is something else", 404, {}, "HTTP status 404"],
  ] as const)("%s", async (_, status, headers, why) => {
    let asked = 0;
    const url = await http((request, response) => {
      asked++;
      request.resume();
      response.writeHead(status, headers).end();
    });
    const proxy = through(url);
    expect((await proxy.request("initialize", INITIALIZE)).error?.code).toBe(7002);
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(proxy.stderr).toContain(why);
    expect(asked).toBe(1);
  });

  test("has a certificate that nobody vouches for, until --ca-file does", async () => {
    const cwd = testFolder("tls");
    const [key, cert] = [join(cwd, "key.pem"), join(cwd, "cert.pem")];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", [...made, ...named, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const tls = { key: readFileSync(key), cert: readFileSync(cert) };
    let asked = 0;
    const port = await listening(
      createTlsServer(tls, (request, response) => {
        asked++;
        request.resume();
        response.writeHead(500).end();
      }),
    );
    const local = `https://localhost:${String(port)}/mcp`;
    for (const [url, flags, why] of [
      [local, [], "DEPTH_ZERO_SELF_SIGNED_CERT"],
      [`https://127.0.0.1:${String(port)}/mcp`, ["--ca-file", cert], "ERR_TLS_CERT_ALTNAME_INVALID"],
      [local, ["--ca-file", cert], "HTTP status 500"],
    ] as const) {
      const proxy = new ProxyProcess({
        server: [],
        flags: [...ALLOW, "--upstream", url, ...flags],
        // What the environment says about TLS is not asked.
        env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
      });
      proxy.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE });
      expect(await proxy.ended).toEqual({ code: 1, signal: null });
      expect(proxy.stderr).toContain(why);
    }
    expect(asked).toBe(1);
  });

  test.each(["http://mcp.example/mcp", "https://a:b@mcp.example/", "https://mcp.example/#x", "ftp://x", "mcp"])(
    "%s is no URL for it",
    async (url) => {
      const proxy = through(url);
      expect(await proxy.ended).toEqual({ code: 1, signal: null });
      expect(proxy.stderr).toContain("an upstream's URL");
    },
  );
});

const INITIALIZE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
