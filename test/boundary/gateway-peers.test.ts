/** Official servers behind one gateway, and official clients before it: what they get is what each server gives alone. */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { describe, expect, test } from "vitest";
import { gatewayConfig } from "./gateway-process.js";
import { AGENTK, testFolder } from "./proxy-process.js";
import { logsIn, verifyFile } from "./recorded.js";

const require = createRequire(import.meta.url);

const REFERENCE = {
  everything: require.resolve("@modelcontextprotocol/server-everything/package.json"),
  files: require.resolve("@modelcontextprotocol/server-filesystem/package.json"),
  memory: require.resolve("@modelcontextprotocol/server-memory/package.json"),
};

type Call = readonly [name: string, args: Record<string, unknown>];

interface Peer {
  readonly tools: () => Promise<readonly string[]>;
  readonly call: (...call: Call) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

interface Command {
  readonly command: string;
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

const CLIENT = { name: "peer", version: "1" };

async function connectV1(server: Command): Promise<Peer> {
  const client = new ClientV1(CLIENT, { capabilities: {} });
  await client.connect(new StdioV1({ ...server, stderr: "ignore" }));
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

async function connectV2(server: Command): Promise<Peer> {
  const client = new ClientV2(CLIENT, { capabilities: {}, versionNegotiation: { mode: "auto" } });
  await client.connect(new StdioV2({ ...server, stderr: "ignore" }));
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

function commandOf(words: readonly string[], cwd: string): Command {
  const [command = "", ...args] = words;
  const env = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { command, args, cwd, env: Object.fromEntries(env) };
}

const servers = (root: string): Readonly<Record<keyof typeof REFERENCE, readonly string[]>> => ({
  everything: [process.execPath, join(dirname(REFERENCE.everything), "dist/index.js")],
  files: [process.execPath, join(dirname(REFERENCE.files), "dist/index.js"), root],
  memory: [process.execPath, join(dirname(REFERENCE.memory), "dist/index.js")],
});

/** Calls whose answers do not depend on when they are made. */
const callsIn = (root: string): Readonly<Record<keyof typeof REFERENCE, readonly Call[]>> => ({
  everything: [
    ["echo", { message: "Grüße" }],
    ["get-structured-content", { location: "Chicago" }],
    ["get-sum", { a: 0.1, b: 2 }],
  ],
  files: [
    ["write_file", { path: join(root, "a.txt"), content: "one\n" }],
    ["read_text_file", { path: join(root, "a.txt") }],
    ["read_text_file", { path: "/etc/hostname" }],
  ],
  memory: [["open_nodes", { names: ["nobody-here"] }]],
});

describe.each([
  ["SDK v1", connectV1],
  ["SDK v2", connectV2],
])("%s", (name, connect) => {
  test("gets of three official servers at once what each gives alone", async () => {
    const cwd = testFolder(`gateway-${name.replace(" ", "-")}`);
    const root = realpathSync(testFolder("gateway-root"));
    const commands = servers(root);
    const ids = Object.keys(commands) as (keyof typeof REFERENCE)[];
    const config = gatewayConfig(cwd, { servers: ids.map((id) => ({ id, command: commands[id] })) });
    const gateway = await connect(commandOf([process.execPath, AGENTK, "mcp-gateway", "--config", config], cwd));
    const names = await gateway.tools();
    for (const id of ids) {
      const alone = await connect(commandOf(commands[id], root));
      const own = names.filter((tool) => tool.startsWith(`${id}__`)).map((tool) => tool.slice(id.length + 2));
      expect(own).toEqual(await alone.tools());
      for (const [tool, args] of callsIn(root)[id]) {
        expect([tool, await gateway.call(`${id}__${tool}`, args)]).toEqual([tool, await alone.call(tool, args)]);
      }
      await alone.close();
    }
    await gateway.close();
    const [log = ""] = logsIn(cwd);
    expect(verifyFile(log).ok).toBe(true);
  });
});
