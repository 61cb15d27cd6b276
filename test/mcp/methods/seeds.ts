/** A right message of every method that has a contract, to be mutated by tests: params, and the result of a request. */
import type { JsonObject } from "../../../src/base/json.js";

export interface Seed {
  readonly sender: "client" | "server";
  readonly method: string;
  readonly params: readonly JsonObject[];
  readonly results?: readonly JsonObject[];
  /** The official schema's name of the result. */
  readonly result?: string;
}

const annotations = { audience: ["user"], priority: 0.5, lastModified: "2026-01-01T00:00:00Z" };
const icons = [{ src: "https://x.example/i.png", mimeType: "image/png", sizes: ["48x48"], theme: "dark" }];
const text = { type: "text", text: "x", annotations, _meta: {} };
const image = { type: "image", data: "AAAA", mimeType: "image/png" };
const embedded = { type: "resource", resource: { uri: "file:///a", text: "x", mimeType: "text/plain" } };
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const page = { nextCursor: "c", _meta: {} };
const resource = {
  uri: "file:///a",
  name: "a",
  title: "A",
  description: "d",
  mimeType: "text/plain",
  size: 1,
  annotations,
};
const task = {
  taskId: "t",
  status: "working",
  statusMessage: "m",
  createdAt: "2025-11-25T10:30:00Z",
  lastUpdatedAt: "2025-11-25T10:30:00Z",
  ttl: 60_000,
  pollInterval: 10,
};
const form = (properties: JsonObject): JsonObject => ({
  message: "m",
  requestedSchema: { type: "object", properties, required: [] },
});

export const SEEDS: readonly Seed[] = [
  {
    sender: "client",
    method: "initialize",
    params: [{ protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "c", version: "1", title: "C" } }],
    result: "InitializeResult",
    results: [
      { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s", version: "1" }, instructions: "i" },
    ],
  },
  { sender: "client", method: "ping", params: [{}], result: "EmptyResult", results: [{ _meta: {} }] },
  {
    sender: "client",
    method: "tools/list",
    params: [{ cursor: "c", _meta: { progressToken: 1 } }],
    result: "ListToolsResult",
    results: [
      {
        tools: [
          {
            name: "t",
            title: "T",
            description: "d",
            inputSchema: schema,
            outputSchema: schema,
            annotations: { title: "T", readOnlyHint: true },
            execution: { taskSupport: "forbidden" },
            icons,
            _meta: {},
          },
        ],
        ...page,
      },
    ],
  },
  {
    sender: "client",
    method: "tools/call",
    params: [
      { name: "t", arguments: { a: 1 }, _meta: { progressToken: "p" } },
      { name: "t", task: { ttl: 60_000 } },
    ],
    result: "CallToolResult",
    results: [{ content: [text, image, embedded], structuredContent: { a: 1 }, isError: false, _meta: {} }],
  },
  { sender: "client", method: "tasks/get", params: [{ taskId: "t" }], result: "GetTaskResult", results: [task] },
  { sender: "client", method: "tasks/cancel", params: [{ taskId: "t" }], result: "CancelTaskResult", results: [task] },
  {
    sender: "client",
    method: "tasks/result",
    params: [{ taskId: "t", _meta: { progressToken: 1 } }],
    result: "GetTaskPayloadResult",
    results: [{ content: [text], _meta: {} }],
  },
  {
    sender: "client",
    method: "tasks/list",
    params: [{}, { cursor: "c" }],
    result: "ListTasksResult",
    results: [{ tasks: [task], ...page }],
  },
  { sender: "server", method: "notifications/tasks/status", params: [task] },
  {
    sender: "client",
    method: "resources/list",
    params: [{ cursor: "c" }],
    result: "ListResourcesResult",
    results: [{ resources: [resource], ...page }],
  },
  {
    sender: "client",
    method: "resources/templates/list",
    params: [{ cursor: "c" }],
    result: "ListResourceTemplatesResult",
    results: [{ resourceTemplates: [{ uriTemplate: "file:///{a}", name: "a", description: "d" }], ...page }],
  },
  {
    sender: "client",
    method: "resources/read",
    params: [{ uri: "file:///a" }],
    result: "ReadResourceResult",
    results: [
      {
        contents: [
          { uri: "file:///a", text: "x" },
          { uri: "file:///b", blob: "AAAA", mimeType: "a/b" },
        ],
      },
    ],
  },
  {
    sender: "client",
    method: "resources/subscribe",
    params: [{ uri: "file:///a" }],
    result: "EmptyResult",
    results: [{}],
  },
  {
    sender: "client",
    method: "resources/unsubscribe",
    params: [{ uri: "file:///a" }],
    result: "EmptyResult",
    results: [{}],
  },
  {
    sender: "client",
    method: "prompts/list",
    params: [{ cursor: "c" }],
    result: "ListPromptsResult",
    results: [
      {
        prompts: [{ name: "p", description: "d", arguments: [{ name: "a", description: "d", required: true }] }],
        ...page,
      },
    ],
  },
  {
    sender: "client",
    method: "prompts/get",
    params: [{ name: "p", arguments: { a: "b" } }],
    result: "GetPromptResult",
    results: [
      {
        description: "d",
        messages: [
          { role: "user", content: text },
          { role: "assistant", content: embedded },
        ],
      },
    ],
  },
  {
    sender: "client",
    method: "completion/complete",
    params: [
      { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "v" } },
      { ref: { type: "ref/resource", uri: "file:///{a}" }, argument: { name: "a", value: "v" } },
    ],
    result: "CompleteResult",
    results: [{ completion: { values: ["a"], total: 1, hasMore: false } }],
  },
  { sender: "client", method: "logging/setLevel", params: [{ level: "info" }], result: "EmptyResult", results: [{}] },
  { sender: "server", method: "ping", params: [{}] },
  { sender: "server", method: "roots/list", params: [{}] },
  {
    sender: "server",
    method: "sampling/createMessage",
    params: [
      {
        messages: [
          { role: "user", content: text },
          { role: "assistant", content: image },
        ],
        modelPreferences: { hints: [{ name: "m" }], costPriority: 0.1 },
        systemPrompt: "s",
        includeContext: "none",
        temperature: 0.5,
        maxTokens: 10,
        stopSequences: ["x"],
        metadata: { a: 1 },
      },
    ],
    result: "CreateMessageResult",
    results: [{ role: "assistant", content: text, model: "m", stopReason: "endTurn" }],
  },
  {
    sender: "server",
    method: "elicitation/create",
    params: [
      form({ a: { type: "string", title: "A", format: "email", minLength: 1, maxLength: 5 }, b: { type: "boolean" } }),
      form({ c: { type: "integer", minimum: 0, maximum: 5 }, d: { type: "string", enum: ["x"], enumNames: ["X"] } }),
    ],
    result: "ElicitResult",
    results: [{ action: "accept", content: { a: "x" } }, { action: "decline" }],
  },
  { sender: "client", method: "notifications/initialized", params: [{}] },
  { sender: "client", method: "notifications/cancelled", params: [{ requestId: 1, reason: "r" }] },
  { sender: "client", method: "notifications/progress", params: [{ progressToken: 1, progress: 1, total: 2 }] },
  { sender: "server", method: "notifications/cancelled", params: [{ requestId: 1, reason: "r" }] },
  { sender: "server", method: "notifications/progress", params: [{ progressToken: 1, progress: 1, message: "m" }] },
  { sender: "server", method: "notifications/message", params: [{ level: "info", logger: "l", data: { a: 1 } }] },
  { sender: "server", method: "notifications/resources/updated", params: [{ uri: "file:///a" }] },
  { sender: "server", method: "notifications/resources/list_changed", params: [{}] },
  { sender: "server", method: "notifications/tools/list_changed", params: [{}] },
  { sender: "server", method: "notifications/prompts/list_changed", params: [{}] },
  { sender: "server", method: "notifications/elicitation/complete", params: [{ elicitationId: "e" }] },
];
