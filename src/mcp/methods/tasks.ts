/**
 * Tasks of MCP 2025-11-25: a tool call that a server goes on with after its answer, and the ways to its result.
 * The client never sees a server's task id or a word of its status: what passes is told by `toldTask`.
 */
import type { JsonObject } from "../../base/json.js";
import { isJsonObject } from "../../base/json.js";
import { MAX_ID_CHARS } from "../../base/limits.js";
import { integer, listOf, oneOf, optional, record, text, type Shape } from "../../base/shape.js";
import { notificationContract, requestContract } from "./contract.js";
import { pageParams } from "./listing.js";
import { eitherOf, jsonObject, openRecord, requestMeta } from "./shapes.js";

/** Where a message says which task it belongs to (2025-11-25, tasks). */
export const RELATED_TASK = "io.modelcontextprotocol/related-task";

export const TASK_STATUSES = ["working", "input_required", "completed", "failed", "cancelled"] as const;

/** RFC 3339 section 5.6: no room for words. */
export const instant = text({
  max: 40,
  form: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/,
});
export const taskIdText = text({ max: MAX_ID_CHARS, form: /./s });

const nothing: Shape<null> = {
  check: (value, path) => (value === null ? undefined : { path, problem: "is not null" }),
};
/** How long a task is kept, in milliseconds; null for ever. */
export const lifetime = eitherOf(integer(), nothing);

const taskMembers = {
  taskId: taskIdText,
  status: oneOf(TASK_STATUSES),
  statusMessage: optional(text()),
  createdAt: instant,
  lastUpdatedAt: instant,
  ttl: lifetime,
  pollInterval: optional(integer()),
} as const;
const meta = optional(jsonObject);

/** What is asked for with a call: only how long its result is to be kept, in milliseconds. */
export const taskParams = record({ ttl: optional(integer()) });

/** The answer to such a call. Closed: a member that is not known could be a result that nobody has judged. */
export const createTaskResult = record({ task: record(taskMembers), _meta: meta });

/** What of a checked task the client is told: the server's id and words are not in it. */
export function toldTask(task: JsonObject, handle: string): JsonObject {
  const { createdAt = null, lastUpdatedAt = null, pollInterval, status = null, ttl = null } = task;
  const told = { createdAt, lastUpdatedAt, status, taskId: handle, ttl };
  return pollInterval === undefined ? told : { ...told, pollInterval };
}

const row = { sender: "client", feature: "tasks", revisions: ["2025-11-25"], phases: ["ready"] } as const;
// `task`: a client in wide use (SDK 1.x) repeats what it asked with the call. It is held against its shape and goes no further.
const params = record({ taskId: taskIdText, task: optional(taskParams), _meta: optional(requestMeta) });

/** Decided by its own name, whatever the task is of: it tells no more than a status. */
function aboutTasks(item: string): { readonly kind: "tool.describe"; readonly subject: { readonly item: string } } {
  return { kind: "tool.describe", subject: { item } };
}

/** A task, and the one that was asked about. */
function otherTask(
  result: { readonly taskId: string },
  asked: { readonly taskId: string },
): { path: string; problem: string } | undefined {
  return result.taskId === asked.taskId ? undefined : { path: "/taskId", problem: "is of another task" };
}

const ofOne = { ...row, params, result: openRecord({ ...taskMembers, _meta: meta }), denial: "error" } as const;

export const tasksGet = requestContract({
  ...ofOne,
  method: "tasks/get",
  syscall: () => aboutTasks("tasks/get"),
  answerFault: otherTask,
});

export const tasksCancel = requestContract({
  ...ofOne,
  method: "tasks/cancel",
  syscall: () => aboutTasks("tasks/cancel"),
  answerFault: otherTask,
});

/** Answered by agentk with the session's own tasks: the server is not asked. */
export const tasksList = requestContract({
  ...row,
  method: "tasks/list",
  params: pageParams,
  result: openRecord({ tasks: listOf(openRecord(taskMembers)), nextCursor: optional(text()), _meta: meta }),
  denial: "error",
  syscall: () => aboutTasks("tasks/list"),
});

/** INVARIANT: what comes back is held against the contract of the call that began the task (task-relay.ts). */
export const tasksResult = requestContract({
  ...row,
  method: "tasks/result",
  params,
  result: openRecord({ _meta: meta }),
  denial: "error",
  syscall: () => aboutTasks("tasks/result"),
});

/** That the task is one of this session's is for the session to say. */
export const taskStatus = notificationContract({
  method: "notifications/tasks/status",
  sender: "server",
  feature: "tasks",
  revisions: row.revisions,
  phases: row.phases,
  params: record({ ...taskMembers, _meta: meta }),
});

/** What a result says which task it is of is wrong, or missing (2025-11-25, tasks: required in the answer). */
export function unrelated(result: JsonObject, id: string): { path: string; problem: string } | undefined {
  const held = result["_meta"];
  const related = isJsonObject(held) ? held[RELATED_TASK] : undefined;
  const isRelated = isJsonObject(related) && related["taskId"] === id;
  return isRelated ? undefined : { path: "/_meta", problem: "is of another task" };
}

/** The result with the task that the client knows. */
export function related(result: JsonObject, handle: string): JsonObject {
  const held = result["_meta"];
  return { ...result, _meta: { ...(isJsonObject(held) ? held : {}), [RELATED_TASK]: { taskId: handle } } };
}
