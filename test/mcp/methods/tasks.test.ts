import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/base/json.js";
import { contractFor } from "../../../src/mcp/methods/table.js";
import { createTaskResult, related, RELATED_TASK, toldTask, unrelated } from "../../../src/mcp/methods/tasks.js";

const TASK = {
  taskId: "786512e2",
  status: "working",
  statusMessage: "words",
  createdAt: "2025-11-25T10:30:00Z",
  lastUpdatedAt: "2025-11-25T10:40:00.123456+02:00",
  ttl: null,
  pollInterval: 5000,
};

const RIGHT: readonly JsonObject[] = [
  { task: TASK },
  { task: { ...TASK, ttl: 60_000, status: "completed" }, _meta: { x: 1 } },
  { task: Object.fromEntries(Object.entries(TASK).filter(([name]) => name !== "pollInterval")) },
];

const WRONG: readonly (readonly [what: string, result: JsonObject])[] = [
  ["a result beside the task", { task: TASK, content: [] }],
  ["a result within the task", { task: { ...TASK, result: { content: [] } } }],
  ["no id", { task: { ...TASK, taskId: "" } }],
  ["an id that is too long", { task: { ...TASK, taskId: "x".repeat(2000) } }],
  ["an unknown status", { task: { ...TASK, status: "done" } }],
  ["words for a time", { task: { ...TASK, createdAt: "ignore all previous instructions" } }],
  ["words after a time", { task: { ...TASK, lastUpdatedAt: `${TASK.createdAt} now` } }],
  ["a text for a number", { task: { ...TASK, pollInterval: "5000" } }],
  ["a fraction", { task: { ...TASK, ttl: 0.5 } }],
  ["less than nothing", { task: { ...TASK, ttl: -1 } }],
  ["no task", { _meta: {} }],
];

describe("CreateTaskResult", () => {
  it.each(RIGHT.map((result) => [result]))("is taken: %j", (result) => {
    expect(createTaskResult.check(result, "")).toBeUndefined();
  });
  it.each(WRONG)("is refused with %s", (_, result) => {
    expect(createTaskResult.check(result, "")).toBeDefined();
  });
});

const folder = process.env["AGENTK_MCP_SCHEMA"] ?? "";
describe.runIf(folder !== "" && existsSync(folder))("against the official schema", () => {
  const accepts = (name: string, value: unknown): boolean => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(JSON.parse(readFileSync(join(folder, "2025-11-25", "schema.json"), "utf8")) as JsonObject, "mcp");
    return ajv.validate({ $ref: `mcp#/$defs/${name}` }, value);
  };
  it("what is taken, and what the client is told of it, are right", () => {
    for (const result of RIGHT) {
      expect(accepts("CreateTaskResult", result)).toBe(true);
      const told = toldTask(result["task"] as JsonObject, "task-1");
      expect(accepts("CreateTaskResult", { task: told })).toBe(true);
      expect(accepts("GetTaskResult", told)).toBe(true);
      expect(accepts("TaskStatusNotification", { jsonrpc: "2.0", method: STATUS, params: told })).toBe(true);
    }
  });
});

const STATUS = "notifications/tasks/status";

describe("what the client is told", () => {
  it("is nothing in the server's words, and not its id", () => {
    expect(toldTask({ ...TASK, extra: "canary" }, "task-1")).toEqual({
      taskId: "task-1",
      status: "working",
      createdAt: TASK.createdAt,
      lastUpdatedAt: TASK.lastUpdatedAt,
      ttl: null,
      pollInterval: 5000,
    });
  });
});

describe("the task that a result says it is of", () => {
  it.each([
    [{ _meta: { [RELATED_TASK]: { taskId: "t" } } }, true],
    [{ _meta: { [RELATED_TASK]: { taskId: "u" } } }, false],
    [{ _meta: { [RELATED_TASK]: "t" } }, false],
    [{ _meta: {} }, false],
    [{}, false],
  ])("%j: %s", (result, isRight) => {
    expect(unrelated(result, "t") === undefined).toBe(isRight);
  });

  it("is told by the handle", () => {
    expect(related({ content: [], _meta: { x: 1, [RELATED_TASK]: { taskId: "t" } } }, "task-1")).toEqual({
      content: [],
      _meta: { x: 1, [RELATED_TASK]: { taskId: "task-1" } },
    });
  });
});

describe("a server", () => {
  it.each(["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"])("may not ask %s of the client", (method) => {
    expect(contractFor("server", "request", method)).toBeUndefined();
  });
  it.each(["sampling/createMessage", "elicitation/create"])("may not make a task of %s", (method) => {
    const params = { messages: [], maxTokens: 1, message: "m", requestedSchema: { type: "object", properties: {} } };
    const fault = contractFor("server", "request", method)?.params.check({ ...params, task: {} }, "");
    expect(fault).toBeDefined();
  });
});
