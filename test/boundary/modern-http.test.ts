/**
 * Both eras over HTTP, end to end, between clients and servers of the official SDK: through agentk's front to a child, and
 * through agentk to a remote server, a client is told what it is told without agentk, in the same order.
 */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { HttpProcess } from "./http-process.js";
import { AGENTK, testFolder } from "./proxy-process.js";
import { asked } from "./watch.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** A server of both eras, over stdio and over HTTP. */
const SERVER = [process.execPath, here("../conformance/fixture/server.mjs")];
const POLICY = here("../conformance/allow-all.toml");
const MODERN = "2026-07-28";

const ERAS = { legacy: undefined, modern: { mode: { pin: MODERN } } } as const;
type Era = keyof typeof ERAS;

type Transport = StdioClientTransport | StreamableHTTPClientTransport;

/** A way to the server, and what is to be true of it afterwards. */
interface Way {
  readonly transport: Transport;
  readonly settled: () => Promise<void>;
}

async function isWhole(cwd: string): Promise<void> {
  const { code, stdout } = await asked(cwd, ["verify", "--json"]);
  expect([code, (JSON.parse(stdout) as { ok: unknown }).ok]).toEqual([0, true]);
}

function overStdio(command: readonly string[], cwd: string): StdioClientTransport {
  const [file = "", ...args] = command;
  return new StdioClientTransport({
    command: file,
    args,
    cwd,
    env: process.env as Record<string, string>,
    stderr: "ignore",
  });
}

function direct(): Way {
  return { transport: overStdio(SERVER, testFolder("direct")), settled: () => Promise.resolve() };
}

async function front(): Promise<Way> {
  const proxy = new HttpProcess({ server: SERVER, policy: POLICY });
  onTestFinished(async () => {
    await proxy.stop("SIGKILL");
  });
  await proxy.ready();
  const requestInit = { headers: { authorization: `Bearer ${proxy.token}` } };
  const settled = async (): Promise<void> => {
    expect(await proxy.stop()).toEqual({ code: 0, signal: null });
    await isWhole(proxy.cwd);
  };
  return { transport: new StreamableHTTPClientTransport(proxy.url, { requestInit }), settled };
}

async function upstream(): Promise<Way> {
  const server = spawn(process.execPath, [...SERVER.slice(1), "--http", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    server.kill("SIGKILL");
  });
  const [port] = (await once(createInterface({ input: server.stdout }), "line")) as [string];
  const cwd = testFolder("upstream");
  const words = ["mcp-proxy-stdio", "--policy", POLICY, "--upstream", `http://127.0.0.1:${port}/mcp`];
  return { transport: overStdio([process.execPath, AGENTK, ...words], cwd), settled: () => isWhole(cwd) };
}

function promised(): { readonly come: Promise<void>; readonly now: () => void } {
  let now: () => void = () => undefined;
  const come = new Promise<void>((resolve) => (now = resolve));
  return { come, now };
}

/** All that a client learns, in the order in which it learns it. */
async function learn(transport: Transport, era: Era): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const negotiation = ERAS[era];
  const client = new Client(
    { name: "peer", version: "1" },
    {
      capabilities: { elicitation: {}, sampling: {} },
      ...(negotiation === undefined ? {} : { versionNegotiation: negotiation }),
    },
  );
  client.setRequestHandler("elicitation/create", ({ params }) => {
    told.push(["asked", params.message]);
    const asked = "requestedSchema" in params ? Object.keys(params.requestedSchema.properties).sort() : [];
    return { action: "accept", content: Object.fromEntries(asked.map((name) => [name, `the ${name}`])) };
  });
  client.setRequestHandler("sampling/createMessage", ({ params }) => {
    told.push(["asked", params.messages]);
    return { role: "assistant", content: { text: "Paris", type: "text" }, model: "m" };
  });
  const changed = promised();
  client.setNotificationHandler("notifications/tools/list_changed", () => {
    told.push("the list has changed");
    changed.now();
  });
  await client.connect(transport);
  told.push(client.getNegotiatedProtocolVersion(), client.getServerCapabilities());
  const listed = (await client.listTools()).tools;
  told.push(listed, await client.listResources(), await client.listPrompts());
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<void> => {
    // Of the last report the client may forget by itself, when the answer comes right behind it.
    const onprogress = (report: { progress: number }): void => {
      if (report.progress < 100) told.push(["progress", report]);
    };
    const options = name === "test_tool_with_progress" ? { onprogress } : {};
    told.push([name, await client.callTool({ name, arguments: args }, options)]);
  };
  await call("test_simple_text");
  await call("test_image_content");
  await call("test_error_handling");
  await call("test_tool_with_progress");
  await call("test_header_mirror", { region: "Île de France" });
  if (era === "legacy") {
    await call("test_elicitation", { message: "Who is it?" });
    await call("test_sampling", { prompt: "What is the capital of France?" });
  } else {
    await call("test_input_required_result_elicitation");
    await call("test_input_required_result_sampling");
    await call("test_input_required_result_multi_round");
  }
  told.push(await client.readResource({ uri: "test://static-binary" }));
  told.push(await client.getPrompt({ name: "test_prompt_with_arguments", arguments: { arg1: "1", arg2: "ü" } }));
  told.push(
    await client.complete({ ref: { type: "ref/prompt", name: "x" }, argument: { name: "city", value: "par" } }),
  );
  const stream = era === "modern" ? await client.listen({ toolsListChanged: true }) : undefined;
  const trigger = client.callTool({ name: "test_trigger_tool_change", arguments: {} });
  await changed.come;
  await trigger;
  // A list that has changed is read anew, and calls go on.
  told.push(listed.length === (await client.listTools()).tools.length);
  await call("test_simple_text");
  await stream?.close();
  if ("terminateSession" in transport) await transport.terminateSession();
  await client.close();
  return JSON.parse(JSON.stringify(told)) as unknown[];
}

describe.each(["legacy", "modern"] as const)("a client of the %s era", (era) => {
  test.each([
    ["the front to a child", front],
    ["stdio to a remote server", upstream],
  ])("is told through %s what it is told without agentk", { timeout: 60_000 }, async (_, way) => {
    const plain = direct();
    const before = await learn(plain.transport, era);
    const { transport, settled } = await way();
    const after = await learn(transport, era);
    expect(after).toEqual(before);
    const all = JSON.stringify(before);
    const version = era === "modern" ? MODERN : "2025-11-25";
    expect(before[0]).toBe(version);
    for (const text of ["the list has changed", "the region is Île de France", '"progress":50', "asked", "Paris"])
      expect(all).toContain(text);
    await settled();
  });
});
