/**
 * The tasks extension of 2026-07-28 (`io.modelcontextprotocol/tasks`): a server answers a tool call with a task, and the
 * call's result comes with `tasks/get`. The client never sees a server's task id or a word of its status.
 */
import type { JsonObject } from "../../../base/json.js";
import { integer, oneOf, optional, record, text, type Shape } from "../../../base/shape.js";
import { jsonObject, openRecord } from "../../methods/shapes.js";
import { instant, lifetime, TASK_STATUSES, taskIdText } from "../../methods/tasks.js";
import { choice, dictionary } from "../shapes.js";
import { modernNotification, modernRequest } from "./contract.js";
import { inputRequestsShape } from "./input.js";

/** The `resultType` of an answer that is a task. */
export const TASK = "task";

const state = {
  taskId: taskIdText,
  status: oneOf(TASK_STATUSES),
  statusMessage: optional(text()),
  createdAt: instant,
  lastUpdatedAt: instant,
  ttlMs: lifetime,
  pollIntervalMs: optional(integer()),
} as const;

/** Closed: a member that is not known could be a result that nobody has judged. */
export const createTaskResult: Shape<unknown> = record({
  ...state,
  resultType: oneOf([TASK]),
  _meta: optional(jsonObject),
});

const bare = openRecord(state);

/** A state by its status: with a result, an error or questions where the status has them. */
const detailed: Shape<JsonObject> = choice<JsonObject>("status", {
  working: bare,
  input_required: openRecord({ ...state, inputRequests: inputRequestsShape }),
  // Held against the contract of the call that began the task.
  completed: openRecord({ ...state, result: jsonObject }),
  failed: openRecord({
    ...state,
    error: openRecord({ code: integer(Number.MIN_SAFE_INTEGER), message: text() }),
  }),
  cancelled: bare,
});

/** What of a checked state the client is told: the server's id and words are not in it. */
export function toldTask(said: JsonObject, handle: string): JsonObject {
  const { createdAt = null, lastUpdatedAt = null, pollIntervalMs, status = null, ttlMs = null } = said;
  const told = { createdAt, lastUpdatedAt, status, taskId: handle, ttlMs };
  return pollIntervalMs === undefined ? told : { ...told, pollIntervalMs };
}

/** INVARIANT: the session refuses a task that it has not seen a call of this client begin. */
const row = { feature: "tasks", denial: "error" } as const;

function aboutTasks(item: string): { readonly kind: "tool.describe"; readonly subject: { readonly item: string } } {
  return { kind: "tool.describe", subject: { item } };
}

export const tasksGet = modernRequest({
  ...row,
  method: "tasks/get",
  params: record({ taskId: taskIdText, _meta: jsonObject }),
  complete: detailed,
  syscall: () => aboutTasks("tasks/get"),
});

/** Answers that one message may bring: as many as questions may be asked (input.ts). */
const MAX_ANSWERS = 16;

export const tasksUpdate = modernRequest({
  ...row,
  method: "tasks/update",
  params: record({ taskId: taskIdText, inputResponses: dictionary(jsonObject, MAX_ANSWERS), _meta: jsonObject }),
  complete: openRecord({}),
  syscall: () => aboutTasks("tasks/update"),
});

export const tasksCancel = modernRequest({
  ...row,
  method: "tasks/cancel",
  params: record({ taskId: taskIdText, _meta: jsonObject }),
  complete: openRecord({}),
  syscall: () => aboutTasks("tasks/cancel"),
});

/** Carries a tool's whole result. No stream is about tasks (subscriptions.ts), so none may come. */
export const tasksStatus = modernNotification({
  method: "notifications/tasks",
  sender: "server",
  feature: "tasks",
  params: openRecord({ taskId: taskIdText, _meta: optional(jsonObject) }),
});
