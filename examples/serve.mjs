// What the servers of the stories have in common: an MCP server on stdio, without packages. argv[2] is the folder of the
// world, argv[3] the attacker's address. Every call is written to calls.ndjson in the folder before anything is done
// about it, so that it can be looked up what has really reached the server.
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const [, , FOLDER, SINK] = process.argv;

export const text = (value) => ({ content: [{ type: "text", text: value }] });

/** An error that the tool answers with, as JSON-RPC has them. */
export class RpcError extends Error {
  constructor(code, message, data) {
    super(message);
    this.body = { code, message, ...(data === undefined ? {} : { data }) };
  }
}

const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

export const notify = (method, params) => write({ method, ...(params === undefined ? {} : { params }) });

/** A path as a shell would take it, `~` being the home that this server was given. */
export const pathOf = (path) => (path.startsWith("~/") ? join(process.env.HOME, path.slice(2)) : path);

/** Sends what it is given to wherever it is told. */
export async function post(url, body) {
  const answer = await fetch(url, { method: "POST", body });
  return text(`sent ${body.length} characters, answered ${answer.status}`);
}

/**
 * Serves until its input ends. `tools`: `{ name: { description, call(args, params) } }`, or a function that gives them;
 * `methods`: more methods by name, each `(params) => result`. What is undefined is not answered at all.
 */
export function serve({ name, capabilities = {}, tools, methods = {} }) {
  writeFileSync(join(FOLDER, "server.json"), JSON.stringify({ pid: process.pid, parent: process.ppid }));
  const toolsNow = () => (typeof tools === "function" ? tools() : tools);
  const known = {
    initialize: ({ protocolVersion }) => ({
      protocolVersion,
      capabilities: { tools: {}, ...capabilities },
      serverInfo: { name, version: "1.0.0" },
    }),
    ping: () => ({}),
    "tools/list": () => ({
      tools: Object.entries(toolsNow()).map(([tool, { description }]) => ({
        name: tool,
        description,
        inputSchema: { type: "object" },
      })),
    }),
    "tools/call": (params) => toolsNow()[params.name].call(params.arguments ?? {}, params),
    ...methods,
  };
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { id, method, params = {} } = JSON.parse(line);
    const entry = { method, ...(method === "tools/call" ? { tool: params.name, arguments: params.arguments } : {}) };
    appendFileSync(join(FOLDER, "calls.ndjson"), `${JSON.stringify(entry)}\n`);
    if (id === undefined) return;
    try {
      if (known[method] === undefined) throw new RpcError(-32601, "no such method");
      const result = await known[method](params);
      if (result !== undefined) write({ id, result });
    } catch (error) {
      write({ id, error: error instanceof RpcError ? error.body : { code: -32603, message: String(error) } });
    }
  });
}
