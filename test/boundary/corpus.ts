/** Real messages of either side, of every revision: what mutations start from. Those that no contract covers are refused whole. */
import type { JsonObject } from "../../src/base/json.js";

const META = { progressToken: "token", "com.example/trace": "abc", traceparent: "00-0af7651916cd43dd8448eb211c80319c" };

/** `_meta` of a request of revision 2026-07-28. */
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {}, sampling: {} },
  "io.modelcontextprotocol/clientInfo": { name: "client", version: "1" },
  "io.modelcontextprotocol/logLevel": "info",
};

export const HELLO: JsonObject = {
  protocolVersion: "2025-11-25",
  capabilities: { roots: { listChanged: true }, sampling: { tools: {} }, elicitation: { form: {}, url: {} } },
  clientInfo: {
    ...{ name: "client", version: "1", title: "A client", description: "it asks", websiteUrl: "https://client.test" },
    icons: [{ src: "https://client.test/i.png", mimeType: "image/png", sizes: ["48x48"], theme: "dark" }],
  },
  _meta: { "com.example/x": 1 },
};

/** Params of requests of the client; `initialize` comes before them all. */
export const CLIENT_REQUESTS: readonly (readonly [method: string, params: JsonObject])[] = [
  ["ping", { _meta: META }],
  ["tools/list", { cursor: "next", _meta: META }],
  [
    "tools/call",
    {
      name: "echo",
      arguments: {
        to: "GB33BUKB20201555555555",
        amount: 12.5,
        flags: [true, null, "x", { deep: ["é", "\u{1f600}"] }],
        body: '{"json":"in text"}',
      },
      _meta: META,
      agentk: { labels: ["private"], capabilities: ["c"], intent: "to pay" },
    },
  ],
  ["tools/call", { name: "echo" }],
  ["tools/call", { name: "echo", arguments: {}, task: { ttl: 60_000 } }],
  ["resources/list", { cursor: "next" }],
  ["resources/templates/list", {}],
  ["resources/read", { uri: "file:///docs/a.txt", _meta: META }],
  ["resources/subscribe", { uri: "file:///docs/a.txt" }],
  ["resources/unsubscribe", { uri: "file:///docs/a.txt" }],
  ["prompts/list", { cursor: "next" }],
  ["prompts/get", { name: "review", arguments: { language: "en", text: "all of it" } }],
  [
    "completion/complete",
    {
      ref: { type: "ref/prompt", name: "review" },
      argument: { name: "language", value: "e" },
      context: { arguments: { text: "what was typed" } },
    },
  ],
  ["logging/setLevel", { level: "info" }],
  ["tasks/get", { taskId: "task-1" }],
  ["server/discover", { _meta: ENVELOPE }],
  ["tools/call", { name: "echo", arguments: { a: 1 }, _meta: ENVELOPE }],
  [
    "tools/call",
    {
      name: "echo",
      arguments: {},
      inputResponses: { who: { action: "accept", content: { name: "Ada" } } },
      requestState: "opaque",
      _meta: ENVELOPE,
    },
  ],
  ["subscriptions/listen", { notifications: { toolsListChanged: true, resourceSubscriptions: ["file:///a"] } }],
];

export const CLIENT_NOTIFICATIONS: readonly (readonly [method: string, params: JsonObject])[] = [
  ["notifications/cancelled", { requestId: "held", reason: "no longer wanted", _meta: { x: 1 } }],
  ["notifications/progress", { progressToken: "t", progress: 1, total: 2, message: "half" }],
  ["notifications/roots/list_changed", {}],
  ["notifications/initialized", { _meta: { x: 1 } }],
  ["notifications/tasks/status", { taskId: "task-1", status: "working", createdAt: "2025-11-25T00:00:00Z", ttl: 1 }],
];

/** What a client answers to a request of the server. */
export const CLIENT_ANSWERS: readonly JsonObject[] = [
  { result: { roots: [{ uri: "file:///home", name: "home" }] } },
  { result: { role: "assistant", content: { type: "text", text: "Paris" }, model: "m", stopReason: "endTurn" } },
  { result: { action: "accept", content: { username: "ada", age: 36 } } },
  { error: { code: -1, message: "the user said no", data: { why: ["because"] } } },
];

const TOOL = {
  name: "echo",
  title: "Echo",
  description: "says what it is told",
  inputSchema: { type: "object", properties: { to: { type: "string", description: "whom", enum: ["a"] } } },
  outputSchema: { type: "object", properties: { n: { type: "number" } } },
  annotations: { title: "Echo", readOnlyHint: true },
  icons: [{ src: "https://server.test/i.png" }],
  _meta: { "com.example/y": "z" },
};

/** What a server can do, of either era. */
const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};

export const WELCOME: JsonObject = {
  protocolVersion: "2025-11-25",
  capabilities: CAPABILITIES,
  serverInfo: { name: "server", version: "1", title: "A server" },
  instructions: "be kind",
  _meta: { "com.example/y": "z" },
};

/** A tool that takes anything, as the server lists it when its listing is no mutation. */
export const TOOLS = { tools: [{ name: "echo", description: "echoes", inputSchema: { type: "object" } }] };

/** What a server answers, by the request that it answers. */
export const SERVER_ANSWERS: readonly (readonly [method: string, params: JsonObject, answer: JsonObject])[] = [
  ["tools/list", {}, { result: { tools: [TOOL], nextCursor: "more", _meta: { x: 1 } } }],
  [
    "tools/call",
    { name: "echo", arguments: {} },
    {
      result: {
        content: [
          { type: "text", text: '{"a":[1,"two"]}', annotations: { audience: ["user"], priority: 0.5 } },
          { type: "image", data: "aGVsbG8=", mimeType: "image/png" },
          { type: "resource", resource: { uri: "file:///a", mimeType: "text/plain", text: "inside", _meta: { z: 1 } } },
          { type: "resource_link", uri: "file:///b", name: "b", description: "a link" },
        ],
        structuredContent: { n: 1, list: [{ a: null }] },
        isError: false,
        _meta: { "com.example/y": "z", "agentk/decision": { verdict: "allow" } },
      },
    },
  ],
  ["tools/call", { name: "echo" }, { error: { code: -32602, message: "no", data: { why: ["because", 1] } } }],
  ["ping", {}, { result: { _meta: { x: 1 } } }],
  [
    "tools/call",
    { name: "echo" },
    {
      result: {
        resultType: "input_required",
        inputRequests: { who: { method: "elicitation/create", params: { message: "Who?", requestedSchema: {} } } },
        requestState: "opaque",
      },
    },
  ],
  ["resources/list", {}, { result: { resources: [{ uri: "file:///a", name: "a", description: "a file", size: 1 }] } }],
  ["resources/templates/list", {}, { result: { resourceTemplates: [{ uriTemplate: "file:///{p}", name: "t" }] } }],
  ["resources/read", { uri: "file:///a" }, { result: { contents: [{ uri: "file:///a", text: "words", _meta: {} }] } }],
  ["prompts/list", {}, { result: { prompts: [{ name: "p", description: "d", arguments: [{ name: "a" }] }] } }],
  [
    "prompts/get",
    { name: "p" },
    { result: { description: "d", messages: [{ role: "user", content: { type: "text", text: "t" } }] } },
  ],
];

/** What a server says unasked. */
export const SERVER_CALLS: readonly JsonObject[] = [
  { method: "notifications/progress", params: { progressToken: "live", progress: 1, total: 2, message: "half" } },
  { method: "notifications/cancelled", params: { requestId: "held", reason: "no" } },
  { method: "notifications/message", params: { level: "info", logger: "l", data: { a: ["b"] } } },
  { method: "notifications/tools/list_changed", params: { _meta: { x: 1 } } },
  { method: "notifications/resources/updated", params: { uri: "file:///a" } },
  { id: 0, method: "roots/list", params: {} },
  { id: 0, method: "ping" },
  {
    id: 1,
    method: "sampling/createMessage",
    params: { messages: [{ role: "user", content: { type: "text", text: "hi" } }], maxTokens: 5, systemPrompt: "be" },
  },
  {
    id: 2,
    method: "elicitation/create",
    params: {
      mode: "form",
      message: "Who?",
      requestedSchema: { type: "object", properties: { a: { type: "string" } } },
    },
  },
  {
    id: 3,
    method: "elicitation/create",
    params: { mode: "url", message: "go", url: "https://x.test", elicitationId: "e" },
  },
  { method: "notifications/subscriptions/acknowledged", params: { notifications: {}, _meta: { x: "y" } } },
];

/** What a server of revision 2026-07-28 says of itself. */
export const DISCOVERED: JsonObject = {
  ...{ resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: CAPABILITIES },
  ...{ instructions: "be kind", ttlMs: 0, cacheScope: "private" },
  _meta: { "io.modelcontextprotocol/serverInfo": { name: "server", version: "1" } },
};

/** Params of a request of revision 2026-07-28. */
export function enveloped(params: JsonObject): JsonObject {
  return { ...params, _meta: { ...((params["_meta"] ?? {}) as JsonObject), ...ENVELOPE } };
}

/** What the results of revision 2026-07-28 have besides. */
export const COMPLETE: JsonObject = { resultType: "complete" };
export const CACHEABLE: JsonObject = { ...COMPLETE, ttlMs: 0, cacheScope: "private" };
