// The server of the proxy bench, by hand so that it is never what is slow: one tool, whose result has `size` bytes.
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

/** Plain words: what a page of prose is to whoever looks at it. */
function textOf(size) {
  if (!texts.has(size)) {
    const words = [];
    for (let i = 0, length = 0; length < size; i++) {
      words.push(`word${(i * 7919) % 5003}`);
      length += words.at(-1).length + 1;
    }
    texts.set(size, words.join(" ").slice(0, size));
  }
  return texts.get(size);
}
