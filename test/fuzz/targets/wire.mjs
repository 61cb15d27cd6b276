// Targets on what comes from clients and servers: strict JSON, JSON-RPC lines of both eras, server-sent events, headers.
import { file, holds, linesOf, parsed, plainZero, same } from "./expect.mjs";

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { sampling: {} },
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
};
const MESSAGES = [
  {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } },
  },
  {
    id: "a",
    method: "tools/call",
    params: {
      name: "read",
      arguments: { path: "/a", deep: [{ x: 1.5 }] },
      _meta: { progressToken: 1, "agentk/prompt": "read it" },
    },
  },
  { id: 2, method: "tools/list", params: { cursor: "c", _meta: META } },
  { id: 3, method: "resources/read", params: { uri: "file:///a/b", _meta: META } },
  { id: 4, result: { content: [{ type: "text", text: "hello" }], structuredContent: { a: 1 }, isError: false } },
  { id: 5, error: { code: -32000, message: "no", data: [1] } },
  {
    id: 6,
    method: "sampling/createMessage",
    params: { messages: [{ role: "user", content: { type: "text", text: "x" } }], maxTokens: 5 },
  },
  {
    id: 7,
    method: "elicitation/create",
    params: { mode: "form", message: "m", requestedSchema: { type: "object", properties: { a: { type: "string" } } } },
  },
  {
    id: 8,
    method: "completion/complete",
    params: { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "v" } },
  },
  {
    id: 9,
    result: {
      tools: [{ name: "t", inputSchema: { type: "object", properties: {} }, annotations: { readOnlyHint: true } }],
    },
  },
  { method: "notifications/progress", params: { progressToken: 1, progress: 0.5, total: 1 } },
  { method: "notifications/cancelled", params: { requestId: 1, reason: "r" } },
].map((message) => Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message })));

const FOUND_ONCE = [
  "exponent-id",
  "mark-in-front",
  "minus-zero-id",
  "name-twice-escaped",
  "prototype-by-escape",
  "separator-in-text",
  "subnormal",
  "surrogates-apart",
].map((name) => Buffer.from(file(`test/vectors/fuzz/${name}.hex`).toString("utf8").replace(/\s/g, ""), "hex"));

/** What is accepted is what JSON.parse reads, and its canonical text reads the same again. */
export async function strictJson(load) {
  const { parseStrictJson } = await load("base/strict-json");
  const { canonicalJson } = await load("base/canonical");
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    const found = parseStrictJson(text, 32);
    if (!found.ok) return holds(typeof found.error.code === "string", "a fault without a code");
    const { value, canonical } = found.value;
    same(JSON.parse(canonical, plainZero), JSON.parse(text, plainZero), "read otherwise than by JSON.parse");
    holds(canonicalJson(value) === canonical, "the canonical text is of another value");
    const again = parseStrictJson(canonical, 32);
    holds(again.ok && again.value.canonical === canonical, "the canonical text does not read the same again");
  };
  const seeds = [
    '{"a":[1,-0,1.5e-7,true,null,"\\u00e9\\ud83d\\ude00\\n"],"":{"b":{}}}',
    "[]",
    '"x"',
    "-1e21",
    '{"__proto__":1}',
  ];
  return { run, seeds: [...seeds.map((text) => Buffer.from(text)), ...MESSAGES], maxBytes: 2048 };
}

/** No line throws, what is accepted is read as by JSON.parse, and every contract of both eras has an answer to it. */
export async function jsonRpc(load) {
  const { readMessage } = await load("mcp/wire/read");
  const { takeClaims } = await load("mcp/methods/claims");
  const { CONTRACTS, contractFor } = await load("mcp/methods/table");
  const { MODERN_CONTRACTS } = await load("mcp/modern/table");
  const { readEnvelope } = await load("mcp/modern/envelope");
  const { grantsOf } = await load("mcp/methods/granted");
  const grants = grantsOf();
  const rows = [...CONTRACTS, ...MODERN_CONTRACTS];
  const contracts = ({ method, params = {}, result }) => {
    for (const row of rows) {
      if (method !== undefined && row.method === method) row.params.check(params, "");
      if (result !== undefined && row.form === "request") row.result.check(result, "");
    }
  };
  const claims = (params) => {
    const taken = takeClaims(params);
    const meta = taken.ok ? JSON.stringify(taken.value.params._meta ?? {}) : "{}";
    holds(!/"(agentk|_agentk|agentk[./][^"]*)":/.test(meta), "a key of agentk's own came in");
    readEnvelope(params, grants);
  };
  const run = (given) => {
    const bytes = given.filter((byte) => byte !== 0x0a);
    for (const origin of ["client", "server"]) {
      const found = readMessage(bytes, origin);
      if (!found.ok) continue;
      const message = found.value;
      same(
        JSON.parse(message.canonical, plainZero),
        JSON.parse(bytes.toString("utf8"), plainZero),
        "read otherwise than by JSON.parse",
      );
      same(readMessage(Buffer.from(message.canonical), origin), found, "read otherwise again");
      if (message.method !== undefined) contractFor(origin, message.form, message.method);
      contracts(message);
      if (message.params !== undefined) claims(message.params);
    }
  };
  return { run, seeds: [...MESSAGES, ...FOUND_ONCE], maxBytes: 4096 };
}

/** The same events however the stream is cut, none over the bound. */
export async function sse(load) {
  const { createSseReader } = await load("host/http-sse-reader");
  const read = (chunks) => {
    const said = [];
    const reader = createSseReader({
      maxBytes: 64,
      onData: (bytes) => said.push(bytes.toString("latin1")),
      onOversize: () => said.push(undefined),
    });
    for (const chunk of chunks) reader.push(chunk);
    return [said, reader.lastEventId(), reader.retryMs()];
  };
  const run = (bytes) => {
    const whole = read([bytes]);
    const middle = bytes.length >> 1;
    same(read([bytes.subarray(0, middle), bytes.subarray(middle)]), whole, "other events when it is cut in two");
    same(read([...bytes].map((byte) => Buffer.of(byte))), whole, "other events when it is cut everywhere");
    holds(
      whole[0].every((data) => data === undefined || data.length <= 64),
      "an event over the bound",
    );
    holds(whole[1] === undefined || /^[\x21-\x7e]*$/.test(whole[1]), "an id that cannot stand in a header");
  };
  const stream =
    ': hi\n\nid: 1\ndata: {"a":1}\n\nevent: other\ndata: no\n\nid: 2\r\ndata: x\r\ndata:y\r\n\r\nretry: 500\nid: 3\ndata: \n\ndata: cut';
  return { run, seeds: [Buffer.from(stream), Buffer.from(`data: ${"x".repeat(80)}\n\ndata\n\n`)], maxBytes: 2048 };
}

/** Headers of 2026-07-28: whatever they are there is an answer; what is coded as a header is decoded to the same. */
export async function httpHeaders(load) {
  const { acceptedBy, decodeHeader, encodeHeader, isModern, modernFault } = await load("app/http/headers");
  const { readMessage } = await load("mcp/wire/read");
  const message = readMessage(MESSAGES[3], "client").value;
  const run = (bytes) => {
    const lines = bytes.toString("latin1").split("\n");
    const headers = Object.fromEntries(
      lines.flatMap((line) =>
        line.includes(":")
          ? [[line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]]
          : [],
      ),
    );
    isModern(message, headers);
    const fault = modernFault(message, headers);
    if (fault !== undefined) holds(parsed(fault)?.error?.code < 0, "an error without a code");
    else
      same(
        [headers["mcp-method"], decodeHeader(headers["mcp-name"])],
        ["resources/read", "file:///a/b"],
        "headers that say something else passed",
      );
    const { json, stream } = acceptedBy(headers.accept);
    holds(typeof json === "boolean" && typeof stream === "boolean", "no answer to Accept");
    const text = bytes.toString("utf8");
    holds(decodeHeader(encodeHeader(text)) === text, "a name is decoded to another");
    holds(/^[\x20-\x7e]*$/.test(encodeHeader(text)), "a name that cannot stand in a header");
  };
  const modern =
    "mcp-protocol-version: 2026-07-28\nmcp-method: resources/read\nmcp-name: file:///a/b\naccept: text/event-stream;q=0.5, application/json";
  return {
    run,
    seeds: [
      Buffer.from(modern),
      Buffer.from("mcp-name: =?base64?w6k=?=\naccept: */*;q=x"),
      ...linesOf("test/vectors/mcp-methods.json")
        .slice(0, 2)
        .map((line) => Buffer.from(line)),
    ],
    maxBytes: 1024,
  };
}
