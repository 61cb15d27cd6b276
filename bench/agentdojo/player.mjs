/**
 * An MCP server that plays a transcript: it lists a suite's tools, tells the bench of each call that reaches it, and
 * answers with what the bench hands back. Started by the proxy: `player.mjs SOCKET TOOLS.json`.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [socketPath, toolsPath] = process.argv.slice(2);
const tools = JSON.parse(readFileSync(toolsPath, "utf8"));
const socket = connect(socketPath);
const waiting = [];

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

createInterface({ input: socket }).on("line", (line) => {
  const id = waiting.shift();
  if (id !== undefined) send({ id, result: JSON.parse(line) });
});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === "initialize") {
      send({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "player", version: "1" },
        },
      });
    } else if (method === "tools/list") {
      send({ id, result: { tools } });
    } else if (method === "tools/call") {
      waiting.push(id);
      socket.write(`${JSON.stringify({ tool: params.name, meta: params._meta ?? null })}\n`);
    } else if (id !== undefined) {
      send({ id, result: {} });
    }
  })
  .on("close", () => socket.end());
