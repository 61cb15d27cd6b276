/** Clients and servers that nobody here wrote: through the proxy they must get what they get without it. */
import { mkdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { describe, expect, test } from "vitest";
import { AGENTK, fixture, ProxyProcess, testFolder, type LoggedEvent } from "./proxy-process.js";
import { logsIn, verifyFile, wholeLines } from "./recorded.js";

interface Peer {
  readonly tools: () => Promise<readonly { readonly name: string }[]>;
  readonly call: (name: string, args: Record<string, unknown>, onProgress?: Progress) => Promise<unknown>;
  /** Its name, and its instructions. */
  readonly about: () => unknown;
  readonly capabilities: () => unknown;
  readonly close: () => Promise<void>;
}
type Progress = (progress: { progress: number; total?: number | undefined }) => void;

interface Command {
  readonly command: string;
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

const CLIENT = { name: "peer", version: "1" };

/** Options of a call: with a token only where progress is wanted. */
function wanting(onProgress?: Progress): { onprogress?: Progress } {
  return onProgress === undefined ? {} : { onprogress: onProgress };
}

async function connectV1(server: Command): Promise<Peer> {
  const client = new ClientV1(CLIENT, { capabilities: {} });
  await client.connect(new StdioV1({ ...server, stderr: "ignore" }));
  return {
    tools: async () => (await client.listTools()).tools,
    call: (name, args, progress) => client.callTool({ name, arguments: args }, undefined, wanting(progress)),
    about: () => [client.getServerVersion(), client.getInstructions()],
    capabilities: () => client.getServerCapabilities(),
    close: () => client.close(),
  };
}

async function connectV2(server: Command, mode: "legacy" | "auto" = "legacy"): Promise<Peer & { version: unknown }> {
  const client = new ClientV2(CLIENT, { capabilities: {}, versionNegotiation: { mode } });
  await client.connect(new StdioV2({ ...server, stderr: "ignore" }));
  return {
    version: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools,
    call: (name, args, progress) => client.callTool({ name, arguments: args }, wanting(progress)),
    about: () => [client.getServerVersion(), client.getInstructions()],
    capabilities: () => client.getServerCapabilities(),
    close: () => client.close(),
  };
}

const require = createRequire(import.meta.url);

/** Where the reference servers are installed; whole names, so that unused dependencies can be told. */
const REFERENCE = {
  "server-everything": require.resolve("@modelcontextprotocol/server-everything/package.json"),
  "server-filesystem": require.resolve("@modelcontextprotocol/server-filesystem/package.json"),
  "server-memory": require.resolve("@modelcontextprotocol/server-memory/package.json"),
};

/** The command line of one of the reference servers. */
function reference(name: keyof typeof REFERENCE, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(dirname(REFERENCE[name]), "dist/index.js"), ...args];
}

function directly(server: readonly string[], cwd: string, more: Record<string, string> = {}): Command {
  const [command = "", ...args] = server;
  const env = Object.fromEntries(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  return { command, args, cwd, env: { ...env, ...more } };
}

function throughProxy(server: readonly string[], cwd: string, more: Record<string, string> = {}): Command {
  const allowed = Object.keys(more).flatMap((name) => ["--allow-env", name]);
  const flags = ["--policy", fixture("policies/by-session.toml"), ...allowed];
  return directly([process.execPath, AGENTK, "mcp-proxy-stdio", ...flags, "--", ...server], cwd, more);
}

type Calls = readonly (readonly [name: string, args: Record<string, unknown>])[];

const EVERYTHING: Calls = [
  ["echo", { message: 'Grüße, 世界 \u{1f600} \\ " \n' }],
  ["get-sum", { a: 0.1, b: 2 }],
  ["get-annotated-message", { messageType: "error", includeImage: true }],
  ["get-resource-links", { count: 4 }],
  ["get-structured-content", { location: "Chicago" }],
  ["get-tiny-image", {}],
  ["gzip-file-as-resource", { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" }],
  ["no-such-tool", {}],
];

function filesystemCalls(root: string): Calls {
  const [a, b, folder] = [join(root, "a.txt"), join(root, "b.txt"), join(root, "folder")];
  return [
    ["write_file", { path: a, content: "one\ntwo\nthree\n" }],
    ["read_text_file", { path: a }],
    ["read_text_file", { path: a, tail: 1 }],
    ["edit_file", { path: a, edits: [{ oldText: "two", newText: "2" }], dryRun: true }],
    ["read_multiple_files", { paths: [a, join(root, "missing.txt")] }],
    ["create_directory", { path: folder }],
    ["list_directory_with_sizes", { path: root, sortBy: "size" }],
    ["directory_tree", { path: root }],
    ["move_file", { source: a, destination: b }],
    ["search_files", { path: root, pattern: "*.txt" }],
    ["move_file", { source: b, destination: a }],
    ["read_text_file", { path: "/etc/hostname" }],
    ["list_allowed_directories", {}],
  ];
}

const MEMORY: Calls = [
  ["create_entities", { entities: [{ name: "Ada", entityType: "person", observations: ["writes programs"] }] }],
  ["create_entities", { entities: [{ name: "Engine", entityType: "machine", observations: [] }] }],
  ["create_relations", { relations: [{ from: "Ada", to: "Engine", relationType: "programs" }] }],
  ["add_observations", { observations: [{ entityName: "Ada", contents: ["plays whist"] }] }],
  ["add_observations", { observations: [{ entityName: "Nobody", contents: ["is missing"] }] }],
  ["read_graph", {}],
  ["search_nodes", { query: "whist" }],
  ["open_nodes", { names: ["Engine"] }],
  ["delete_entities", { entityNames: ["Ada", "Engine"] }],
  ["read_graph", {}],
];

/** Everything a client learns of a server. Errors are results of their own. */
async function learn(peer: Peer, calls: Calls): Promise<unknown> {
  const told: unknown[] = [peer.about(), await peer.tools()];
  for (const [name, args] of calls) {
    told.push([name, await peer.call(name, args).catch((error: unknown) => errorOf(error))]);
  }
  await peer.close();
  return told;
}

function errorOf(error: unknown): unknown {
  const { message, code, data } = error as { message: string; code?: unknown; data?: unknown };
  return { message, code, data };
}

function eventsIn(cwd: string): readonly LoggedEvent[] {
  return logsIn(cwd).flatMap((log) => wholeLines(log).map((line) => JSON.parse(line) as LoggedEvent));
}

function isRefusedClient({ type, value }: LoggedEvent): boolean {
  return type === "syscall" && value["from"] === "client" && value.decision?.verdict !== "allow";
}

describe.each([
  ["SDK v1", connectV1],
  ["SDK v2", connectV2 as (server: Command) => Promise<Peer>],
])("a client of %s", (_, connect) => {
  test.each(["server-everything", "server-filesystem", "server-memory"] as const)(
    "gets the same from %s",
    async (name) => {
      const cwd = realpathSync(testFolder("peers"));
      const root = join(cwd, "root");
      mkdirSync(root);
      const env = name === "server-memory" ? { MEMORY_FILE_PATH: join(cwd, "memory.data") } : {};
      const server = reference(name, ...(name === "server-filesystem" ? [root] : []));
      const filesystem = filesystemCalls(root);
      const calls = { "server-everything": EVERYTHING, "server-memory": MEMORY, "server-filesystem": filesystem }[name];
      const direct = await connect(directly(server, cwd, env));
      const offered = Object.keys(direct.capabilities() as object);
      const before = await learn(direct, calls);
      const peer = await connect(throughProxy(server, cwd, env));
      // The one difference, and meant: what the proxy does not let pass is not offered either.
      const parts = ["tools", "resources", "prompts"].filter((part) => offered.includes(part));
      expect(peer.capabilities()).toEqual(Object.fromEntries(parts.map((part) => [part, {}])));
      const after = await learn(peer, calls);
      expect(after).toEqual(before);
      const report = logsIn(cwd).map(verifyFile);
      expect(report).toMatchObject([{ ok: true, ending: "sealed", allowed: expect.any(Number) as unknown }]);
      expect(eventsIn(cwd).filter(isRefusedClient)).toEqual([]);
    },
  );

  test("is told of progress, and 50 calls at once get their own answers", async () => {
    const cwd = testFolder("peers");
    const peer = await connect(throughProxy(reference("server-everything"), cwd));
    const steps: number[] = [];
    await peer.call("trigger-long-running-operation", { duration: 0.05, steps: 4 }, ({ progress, total }) => {
      expect(total).toBe(4);
      steps.push(progress);
    });
    // The SDK's own race: progress that it reads together with the answer is not told. The raw lines are tested below.
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).toEqual([1, 2, 3, 4].slice(0, steps.length));
    const answers = await Promise.all(Array.from({ length: 50 }, (_, a) => peer.call("get-sum", { a, b: 1000 })));
    expect(answers).toEqual(
      Array.from({ length: 50 }, (_, a) => ({
        content: [{ type: "text", text: `The sum of ${String(a)} and 1000 is ${String(a + 1000)}.` }],
      })),
    );
    await peer.close();
  });
});

test("progress comes in order, all of it before the answer", async () => {
  const proxy = new ProxyProcess({ server: reference("server-everything") });
  await proxy.handshake();
  const call = { name: "trigger-long-running-operation", arguments: { duration: 0.05, steps: 4 } };
  await proxy.request("tools/call", { ...call, _meta: { progressToken: "p" } }, "long");
  const told = proxy.replies.filter(({ id, method }) => id === "long" || method === "notifications/progress");
  expect(told.map(({ id, params }) => id ?? params?.["progress"])).toEqual([1, 2, 3, 4, "long"]);
  await proxy.close();
});

describe("versions", () => {
  test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("%s is spoken as it is", async (version) => {
    const proxy = new ProxyProcess({ server: reference("server-everything") });
    const { result } = await proxy.handshake(version);
    expect(result).toMatchObject({ protocolVersion: version, serverInfo: { name: "mcp-servers/everything" } });
    expect((await proxy.request("tools/list")).result?.["tools"]).toBeInstanceOf(Array);
    const { result: echoed } = await proxy.call("echo", { message: "hello" });
    expect(echoed).toEqual({ content: [{ type: "text", text: "Echo: hello" }] });
    expect(await proxy.close()).toEqual({ code: 0, signal: null });
  });

  test("a client that first asks for the modern era falls back to the legacy one", async () => {
    const cwd = testFolder("auto");
    const server = reference("server-everything");
    const peer = await connectV2(throughProxy(server, cwd), "auto");
    expect(peer.version).toBe("2025-11-25");
    expect(await peer.call("echo", { message: "hi" })).toEqual({ content: [{ type: "text", text: "Echo: hi" }] });
    await peer.close();
    // The server itself says that it does not know the method: its answer is a page like every other.
    expect(eventsIn(cwd).filter(({ value: { method } }) => method === "server/discover#error")).toMatchObject([
      { type: "page", value: { delivery: { verdict: "allow" } } },
    ]);
  });

  test("server/discover without an envelope is refused, and a handshake may follow", async () => {
    const proxy = new ProxyProcess({ server: reference("server-everything") });
    expect((await proxy.request("server/discover", {})).error?.code).toBe(-32602);
    expect((await proxy.handshake()).result?.["protocolVersion"]).toBe("2025-11-25");
    await proxy.close();
  });
});
