/** Resources, prompts and what servers ask, with clients and servers that nobody here wrote: the same as without agentk. */
import { realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import { AGENTK, testFolder } from "./proxy-process.js";
import { logsIn, verifyFile } from "./recorded.js";

const require = createRequire(import.meta.url);
const EVERYTHING = join(
  dirname(require.resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist/index.js",
);

const ALL_KINDS = ["tool", "resource", "prompt"].flatMap((kind) => [`${kind}.describe`, `${kind}.response`]);
const GRANTED = `[mcp]
features = ["tools", "resources", "prompts", "completion", "logging", "sampling", "elicitation", "subscribe", "list-changed"]
roots = ["file:///home/me/project"]
[[rules]]
id = "all"
effect = "allow"
[rules.when]
syscalls = ${JSON.stringify([...ALL_KINDS, "tool.invoke", "resource.read", "prompt.get", "model.call", "human.approve"])}
[[rules]]
id = "default-deny"
effect = "deny"
`;

const CLIENT = { name: "peer", version: "1" };
const CAPABILITIES = { sampling: {}, elicitation: { form: {} }, roots: {} };
const SAMPLED = { role: "assistant" as const, content: { type: "text" as const, text: "Paris" }, model: "m-1" };
const FILLED = { action: "accept" as const, content: { name: "Ada" } };
const ROOTS = { roots: [{ uri: "file:///home/me/project" }] };

interface Command {
  readonly command: string;
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** The methods that are compared; both SDK lines have them under these names. */
interface Peer {
  listResources: () => Promise<{ resources: readonly { uri: string }[] }>;
  listResourceTemplates: () => Promise<unknown>;
  readResource: (params: { uri: string }) => Promise<unknown>;
  subscribeResource: (params: { uri: string }) => Promise<unknown>;
  unsubscribeResource: (params: { uri: string }) => Promise<unknown>;
  listPrompts: () => Promise<{ prompts: readonly { name: string }[] }>;
  getPrompt: (params: { name: string; arguments?: Record<string, string> }) => Promise<unknown>;
  complete: (params: never) => Promise<unknown>;
  setLoggingLevel: (level: "warning") => Promise<unknown>;
  listTools: () => Promise<{ tools: readonly { name: string }[] }>;
  callTool: (params: { name: string; arguments: Record<string, unknown> }) => Promise<unknown>;
  close: () => Promise<void>;
}

async function connectV1(server: Command): Promise<Peer> {
  const client = new ClientV1(CLIENT, { capabilities: CAPABILITIES });
  client.setRequestHandler(CreateMessageRequestSchema, () => SAMPLED);
  client.setRequestHandler(ElicitRequestSchema, () => FILLED);
  client.setRequestHandler(ListRootsRequestSchema, () => ROOTS);
  client.setNotificationHandler(LoggingMessageNotificationSchema, () => undefined);
  await client.connect(new StdioV1({ ...server, stderr: "ignore" }));
  return client;
}

async function connectV2(server: Command): Promise<Peer> {
  const client = new ClientV2(CLIENT, { capabilities: CAPABILITIES, versionNegotiation: { mode: "legacy" } });
  client.setRequestHandler("sampling/createMessage", () => SAMPLED);
  client.setRequestHandler("elicitation/create", () => FILLED);
  client.setRequestHandler("roots/list", () => ROOTS);
  await client.connect(new StdioV2({ ...server, stderr: "ignore" }));
  return client;
}

/** What differs from run to run, and says nothing: times of the clock, in text and in the server's base64. */
function withoutTimes(value: unknown): unknown {
  const plain = JSON.stringify(value).replace(/"blob":"[^"]+"/g, '"blob":"TIME"');
  const text = plain.replace(/\d{1,2}:\d{2}:\d{2}( [AP]M)?/g, "TIME");
  return JSON.parse(text.replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "TIME")) as unknown;
}

function tried(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => ({ code: (error as { code?: unknown }).code }));
}

async function learn(peer: Peer): Promise<unknown> {
  const told: unknown[] = [];
  const { resources } = await peer.listResources();
  const [first] = resources;
  const uri = first?.uri ?? "";
  const { prompts } = await peer.listPrompts();
  told.push(resources, prompts, await peer.listResourceTemplates());
  told.push(await tried(peer.readResource({ uri })));
  told.push(await tried(peer.readResource({ uri: "demo://resource/dynamic/text/1" })));
  told.push(await tried(peer.readResource({ uri: "demo://resource/dynamic/blob/2" })));
  told.push(await tried(peer.subscribeResource({ uri })), await tried(peer.unsubscribeResource({ uri })));
  for (const { name } of prompts)
    told.push(await tried(peer.getPrompt({ name, arguments: { city: "Rome", state: "x" } })));
  const ref = { type: "ref/prompt", name: "completable-prompt" };
  const argument = { name: "department", value: "E" };
  told.push(await tried(peer.complete({ ref, argument } as never)), await tried(peer.setLoggingLevel("warning")));
  // The server offers these once it has learned what the client can.
  const { tools } = await peer.listTools();
  const names = tools.map(({ name }) => name);
  told.push(names);
  for (const name of ["trigger-sampling-request", "trigger-elicitation-request", "get-roots-list"]) {
    if (!names.includes(name)) continue;
    told.push([name, await tried(peer.callTool({ name, arguments: { prompt: "capital of France?", maxTokens: 10 } }))]);
  }
  await peer.close();
  return withoutTimes(told);
}

function command(cwd: string, flags: readonly string[] | undefined): Command {
  const server = [process.execPath, EVERYTHING];
  const words = flags === undefined ? server : [process.execPath, AGENTK, "mcp-proxy-stdio", ...flags, "--", ...server];
  const [first = "", ...args] = words;
  const env = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { command: first, args, cwd, env: Object.fromEntries(env) };
}

test.each([
  ["SDK v1", connectV1],
  ["SDK v2", connectV2],
])("a client of %s gets the same from server-everything where all is granted", async (_, connect) => {
  const cwd = realpathSync(testFolder("peer-methods"));
  writeFileSync(join(cwd, "policy.toml"), GRANTED);
  const before = (await learn(await connect(command(cwd, undefined)))) as unknown[];
  const after = (await learn(await connect(command(cwd, ["--policy", join(cwd, "policy.toml")])))) as unknown[];
  expect(after).toEqual(before);
  expect(JSON.stringify(after)).toContain("Paris");
  expect(JSON.stringify(after)).toContain("Ada");
  expect(logsIn(cwd).map(verifyFile)).toMatchObject([{ ok: true, ending: "sealed" }]);
});

test.each([
  ["SDK v1", connectV1],
  ["SDK v2", connectV2],
])("a client of %s reads under the default policy, is asked nothing, and the session lives on", async (_, connect) => {
  const cwd = realpathSync(testFolder("peer-methods"));
  const peer = await connect(command(cwd, []));
  const { resources } = await peer.listResources();
  expect(await peer.readResource({ uri: resources[0]?.uri ?? "" })).toHaveProperty("contents");
  await expect(
    peer.complete({ ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" } } as never),
  ).rejects.toThrow();
  await expect(peer.subscribeResource({ uri: resources[0]?.uri ?? "" })).rejects.toThrow();
  const { tools } = await peer.listTools();
  // The server has not learned that the client could be asked.
  expect(tools.map(({ name }) => name).filter((name) => /sampling|elicitation|roots/.test(name))).toEqual([]);
  expect(await peer.callTool({ name: "echo", arguments: { message: "hi" } })).toHaveProperty("content");
  await peer.close();
  expect(logsIn(cwd).map(verifyFile)).toMatchObject([{ ok: true, ending: "sealed" }]);
});
