// The server of the proxy bench, by hand so that it is never what is slow: one tool, whose result has `size` characters.
import { readdirSync, readFileSync } from "node:fs";

const DOCS = new URL("../../docs/", import.meta.url);
const texts = new Map();
let rest = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  const out = lines
    .filter((line) => line !== "")
    .map(answer)
    .filter((line) => line !== undefined);
  if (out.length > 0) process.stdout.write(out.join(""));
});

function answer(line) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return undefined;
  return `${JSON.stringify({ jsonrpc: "2.0", id, result: resultOf(method, params) })}\n`;
}

function resultOf(method, params) {
  if (method === "initialize") {
    const serverInfo = { name: "echo", version: "1.0.0" };
    return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo };
  }
  if (method === "tools/list") {
    const inputSchema = { type: "object", properties: { size: { type: "integer" }, note: { type: "string" } } };
    return { tools: [{ name: "read_echo", description: "gives text", inputSchema }] };
  }
  return { content: [{ type: "text", text: textOf(params.arguments.size) }] };
}

/** Text as people write it, with its code, links and numbers: this repository's own pages, one after another. */
function textOf(size) {
  if (!texts.has(size)) {
    const pages = readdirSync(DOCS).filter((name) => name.endsWith(".md"));
    const all = pages.map((name) => readFileSync(new URL(name, DOCS), "utf8").replaceAll(/[^\n -~]/g, "-")).join("\n");
    texts.set(size, all.repeat(Math.ceil(size / all.length)).slice(0, size));
  }
  return texts.get(size);
}
