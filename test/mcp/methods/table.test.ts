import { describe, expect, it } from "vitest";
import { isSyscallName } from "../../../src/abi/syscalls.js";
import type { JsonObject } from "../../../src/base/json.js";
import type { RequestContract } from "../../../src/mcp/methods/contract.js";
import { CONTRACTS, contractFor } from "../../../src/mcp/methods/table.js";
import { REVISIONS } from "../../../src/mcp/wire/revisions.js";

function request(method: string): RequestContract {
  const found = contractFor("client", "request", method);
  if (found?.form !== "request") throw new Error(`no contract for ${method}`);
  return found;
}

const icon = { src: "https://x/i.png", mimeType: "image/png", sizes: ["48x48"], theme: "dark" };
const opened = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
const SAMPLING = { maxTokens: 10, messages: [{ role: "user", content: { type: "text", text: "hi" } }] };
const LINK = { mode: "url", message: "m", elicitationId: "e1", url: "https://a.example/login?x=1" };

const NOW = "2025-11-25T10:30:00Z";
const TASK = { taskId: "t", status: "working", createdAt: NOW, lastUpdatedAt: NOW, ttl: null };

function formOf(properties: JsonObject): JsonObject {
  return { message: "m", requestedSchema: { type: "object", properties } };
}

type TestedRow = [
  sender: "client" | "server",
  form: "request" | "notification",
  method: string,
  accepted: JsonObject[],
  refused: JsonObject[],
];
const ROWS: TestedRow[] = [
  ...["tasks/get", "tasks/cancel", "tasks/result"].map((method): TestedRow => [
    "client",
    "request",
    method,
    [{ taskId: "t" }, { taskId: "t", task: { ttl: 1 }, _meta: { progressToken: 1 } }],
    [{}, { taskId: "" }, { taskId: 1 }, { taskId: "t".repeat(257) }, { taskId: "t", evil: 1 }],
  ]),
  ["client", "request", "tasks/list", [{}, { cursor: "" }], [{ cursor: 1 }, { taskId: "t" }]],
  [
    "server",
    "notification",
    "notifications/tasks/status",
    [TASK, { ...TASK, statusMessage: "m", pollInterval: 1, _meta: {} }],
    [{}, { ...TASK, result: {} }, { ...TASK, createdAt: "now" }, { ...TASK, status: "done" }, { ...TASK, taskId: "" }],
  ],
  [
    "client",
    "request",
    "initialize",
    [
      opened,
      { ...opened, clientInfo: { name: "c", version: "1", title: "C", websiteUrl: "https://x", icons: [icon] } },
    ],
    [{}, { ...opened, evil: 1 }, { ...opened, capabilities: [] }, { ...opened, clientInfo: { name: "c" } }],
  ],
  ["client", "request", "ping", [{}, { _meta: { progressToken: 0 } }], [{ a: 1 }, { _meta: { progressToken: 1.5 } }]],
  [
    "client",
    "request",
    "tools/list",
    [{}, { cursor: "" }, { cursor: "abc", _meta: {} }],
    [{ cursor: 1 }, { limit: 5 }, { _meta: [] }],
  ],
  [
    "client",
    "request",
    "tools/call",
    [
      { name: "t" },
      { name: "t", arguments: { any: [1] } },
      { name: "ü.t", _meta: { progressToken: "p", other: 1 } },
      { name: "t", task: {} },
    ],
    [
      {},
      { name: "" },
      { name: 1 },
      { name: "a\nb" },
      { name: "a\u202eb" },
      { name: "t".repeat(129) },
      { name: "t", arguments: [] },
      { name: "t", arguments: null },
      { name: "t", task: { ttl: -1 } },
      { name: "t", task: { ttl: 1, now: true } },
      { name: "t", task: true },
      { name: "t", _meta: { progressToken: null } },
    ],
  ],
  ...["resources/list", "resources/templates/list", "prompts/list"].map((method): TestedRow => [
    "client",
    "request",
    method,
    [{}, { cursor: "" }],
    [{ cursor: 1 }, { x: 1 }, { cursor: "c".repeat(4097) }],
  ]),
  ...["resources/read", "resources/subscribe", "resources/unsubscribe"].map((method): TestedRow => [
    "client",
    "request",
    method,
    [{ uri: "file:///a/b.txt" }, { uri: "demo://x/1", _meta: { progressToken: 1 } }],
    [{}, { uri: "" }, { uri: "../a" }, { uri: "file:///a/../b" }, { uri: "https://u:p@h/" }, { uri: "a:b", x: 1 }],
  ]),
  [
    "client",
    "request",
    "prompts/get",
    [{ name: "p" }, { name: "p", arguments: { a: "b" } }],
    [{}, { name: "" }, { name: "p", arguments: { a: 1 } }, { name: "p", arguments: [] }, { name: "p", x: 1 }],
  ],
  [
    "client",
    "request",
    "completion/complete",
    [
      { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" } },
      { ref: { type: "ref/resource", uri: "demo://{id}" }, argument: { name: "a", value: "v" }, context: {} },
    ],
    [
      {},
      { ref: { type: "ref/tool", name: "p" }, argument: { name: "a", value: "" } },
      { ref: { type: "ref/prompt", name: "p", uri: "x" }, argument: { name: "a", value: "" } },
      { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: 1 } },
      { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" }, context: { arguments: { b: 1 } } },
    ],
  ],
  ["client", "request", "logging/setLevel", [{ level: "debug" }], [{}, { level: "trace" }, { level: "info", x: 1 }]],
  ["server", "request", "ping", [{}], [{ a: 1 }]],
  ["server", "request", "roots/list", [{}, { _meta: {} }], [{ a: 1 }]],
  [
    "server",
    "request",
    "sampling/createMessage",
    [SAMPLING, { ...SAMPLING, includeContext: "none", systemPrompt: "s", temperature: 0.5, metadata: { a: 1 } }],
    [
      {},
      { ...SAMPLING, maxTokens: 0 },
      { ...SAMPLING, includeContext: "thisServer" },
      { ...SAMPLING, includeContext: "allServers" },
      { ...SAMPLING, task: {} },
      { ...SAMPLING, messages: [{ role: "system", content: { type: "text", text: "x" } }] },
      { ...SAMPLING, messages: [{ role: "user", content: { type: "text" } }] },
      { ...SAMPLING, messages: [{ role: "user", content: { type: "video", text: "x" } }] },
    ],
  ],
  [
    "server",
    "request",
    "elicitation/create",
    [
      formOf({ name: { type: "string", title: "Name", default: "x" }, age: { type: "integer", minimum: 0 } }),
      formOf({ colour: { type: "string", enum: ["a"], enumNames: ["A"] } }),
      formOf({ n: { type: "integer", description: "A number (do not give us your PIN or other sensitive info)" } }),
      formOf({ tags: { type: "array", items: { type: "string", enum: ["a"] } } }),
      LINK,
    ],
    [
      {},
      { message: "m" },
      { ...formOf({}), mode: "other" },
      { ...formOf({}), task: {} },
      formOf({ nested: { type: "object", properties: {} } }),
      formOf({ password: { type: "string" } }),
      formOf({ apiKey: { type: "string" } }),
      formOf({ x: { type: "string", title: "API-Token" } }),
      formOf({ x: { type: "string", description: "Enter your GitHub password" } }),
      formOf({ x: { type: "string", title: "pass\u200bword" } }),
      { ...LINK, url: "http://a.example/" },
      { ...LINK, url: "https://user@a.example/" },
      { ...LINK, url: "https://a.example\\@b.example/" },
      { ...LINK, url: "javascript:alert(1)" },
      { mode: "url", message: "m", url: "https://a.example/" },
    ],
  ],
  [
    "server",
    "notification",
    "notifications/message",
    [
      { level: "info", data: "x" },
      { level: "emergency", data: { a: [1] }, logger: "l" },
    ],
    [{ level: "info" }, { level: "x", data: 1 }, { level: "info", data: 1, x: 1 }],
  ],
  ...["tools", "resources", "prompts"].map((list): TestedRow => [
    "server",
    "notification",
    `notifications/${list}/list_changed`,
    [{}, { _meta: { a: 1 } }],
    [{ a: 1 }],
  ]),
  ["server", "notification", "notifications/resources/updated", [{ uri: "file:///a" }], [{}, { uri: "a b" }]],
  [
    "server",
    "notification",
    "notifications/elicitation/complete",
    [{ elicitationId: "e" }],
    [{}, { elicitationId: 1 }],
  ],
  ["client", "notification", "notifications/initialized", [{}, { _meta: {} }], [{ a: 1 }]],
  [
    "client",
    "notification",
    "notifications/cancelled",
    [{ requestId: 0 }, { requestId: "a", reason: "late" }],
    [{}, { requestId: null }, { requestId: 1.5 }, { requestId: 1, reason: 1 }, { requestId: 1, x: 1 }],
  ],
  ["client", "notification", "notifications/progress", [{ progressToken: 1, progress: 0.5 }], [{ progress: 1 }]],
  ["server", "notification", "notifications/cancelled", [{ requestId: 0 }], [{}]],
  [
    "server",
    "notification",
    "notifications/progress",
    [{ progressToken: "a", progress: 1, total: 2, message: "m" }],
    [{ progressToken: "a" }, { progressToken: "a", progress: "1" }, { progressToken: {}, progress: 1 }],
  ],
];

describe("the contract table", () => {
  it("has exactly the rows tested here", () => {
    const tested = ROWS.map(([sender, form, method]) => `${sender} ${form} ${method}`).sort();
    expect(CONTRACTS.map((row) => `${row.sender} ${row.form} ${row.method}`).sort()).toEqual(tested);
  });

  it.each(ROWS)("%s %s %s: params", (sender, form, method, accepted, refused) => {
    const contract = contractFor(sender, form, method);
    for (const params of accepted) expect(contract?.params.check(params, "")).toBeUndefined();
    for (const params of refused) expect(contract?.params.check(params, "")).toBeDefined();
    if (method.includes("tasks/")) expect(contract?.revisions).toEqual(["2025-11-25"]);
    else if (!method.includes("elicitation")) expect(contract?.revisions).toEqual(REVISIONS);
    expect(contract?.phases).not.toContain("closed");
  });

  it.each([
    ["client", "request", "Tools/Call"],
    ["client", "request", "tools/call "],
    ["client", "request", "constructor"],
    ["client", "request", "__proto__"],
    ["client", "request", "tasks/update"],
    ["server", "request", "tasks/get"],
    ["server", "request", "tasks/result"],
    ["client", "request", "roots/list"],
    ["client", "request", "sampling/createMessage"],
    ["client", "notification", "notifications/roots/list_changed"],
    ["server", "request", "tasks/list"],
    ["server", "request", "resources/read"],
    ["client", "notification", "notifications/tasks/status"],
    ["server", "notification", "notifications/tasks"],
    ["client", "request", "server/discover"],
    ["client", "request", "notifications/initialized"],
    ["client", "notification", "tools/call"],
    ["server", "request", "tools/call"],
    ["server", "notification", "notifications/initialized"],
  ] as const)("has no row for %s %s `%s`", (sender, form, method) => {
    expect(contractFor(sender, form, method)).toBeUndefined();
  });

  it("names only syscalls the kernel knows; a tool call alone is denied as a result", () => {
    for (const row of CONTRACTS) {
      if (row.form !== "request") continue;
      expect(row.denial).toBe(row.method === "tools/call" ? "tool-result" : "error");
      const [, , , [params = {}] = []] =
        ROWS.find(([sender, , method]) => sender === row.sender && method === row.method) ?? [];
      const asked = row.syscall?.(params);
      if (asked !== undefined) expect(isSyscallName(asked.kind)).toBe(true);
    }
  });
});

describe("what a request asks of the kernel", () => {
  it("tools/call: the tool and its arguments, absent ones as an empty object", () => {
    const { syscall } = request("tools/call");
    expect(syscall?.({ name: "t", arguments: { a: 1 } })).toEqual({
      kind: "tool.invoke",
      subject: { tool: "t" },
      arguments: { a: 1 },
    });
    expect(syscall?.({ name: "t" }).arguments).toEqual({});
  });

  it("tools/list: a description; the lifecycle: nothing", () => {
    expect(request("tools/list").syscall?.({})).toEqual({ kind: "tool.describe", subject: { item: "tools" } });
    expect(request("initialize").syscall).toBeUndefined();
    expect(request("ping").syscall).toBeUndefined();
  });
});

const answered = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s", version: "1" } };
const tool = { name: "t", inputSchema: { type: "object" } };
const RESULTS: [method: string, accepted: JsonObject[], refused: JsonObject[]][] = [
  [
    "initialize",
    [answered, { ...answered, instructions: "i", extra: 1 }],
    [
      {},
      { ...answered, protocolVersion: "1999-01-01" },
      { ...answered, protocolVersion: "2026-07-28" },
      { ...answered, serverInfo: { name: "s" } },
      { ...answered, capabilities: null },
      { ...answered, instructions: 1 },
    ],
  ],
  ["ping", [{}, { _meta: {} }], []],
  [
    "tools/list",
    [{ tools: [] }, { tools: [{ ...tool, title: "T" }], nextCursor: "", _meta: {} }],
    [
      {},
      { tools: {} },
      { tools: [null] },
      { tools: [{ name: "t" }] },
      { tools: [{ ...tool, name: 1 }] },
      { tools: [{ ...tool, inputSchema: [] }] },
      { tools: [], nextCursor: 1 },
      { tools: [], nextCursor: null },
    ],
  ],
  [
    "tools/call",
    [
      { content: [] },
      { content: [{ type: "text", text: "x" }], structuredContent: {}, isError: false, _meta: {}, x: 1 },
    ],
    [
      {},
      { content: "x" },
      { content: ["x"] },
      { content: [{ text: "x" }] },
      { content: [], isError: "no" },
      { content: [{ type: "text" }] },
      { content: [{ type: "video", text: "x" }] },
      { content: [], structuredContent: [] },
      { content: [], _meta: null },
    ],
  ],
];

describe("results", () => {
  it.each(RESULTS)("%s", (method, accepted, refused) => {
    const { result } = request(method);
    for (const value of accepted) expect(result.check(value, "")).toBeUndefined();
    for (const value of refused) expect(result.check(value, "")).toBeDefined();
  });

  it("names the member at fault by a pointer", () => {
    expect(request("tools/list").result.check({ tools: [tool, { name: "t" }] }, "")).toEqual({
      path: "/tools/1/inputSchema",
      problem: "is missing",
    });
  });
});

describe("the methods of the user's own words", () => {
  it("have no contract, from either side and in either form", () => {
    expect(CONTRACTS.filter(({ method }) => method.startsWith("user/") || method.startsWith("agentk/"))).toEqual([]);
    for (const form of ["request", "notification"] as const)
      for (const sender of ["client", "server"] as const)
        for (const method of ["user/words", "user/", "agentk/prompt"])
          expect(contractFor(sender, form, method)).toBeUndefined();
  });
});
