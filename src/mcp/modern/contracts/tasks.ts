/**
 * The tasks extension (io.modelcontextprotocol/tasks). A task's result is a tool's result that comes another way, so
 * each of these is a request of the tool itself, decided by the rules for that tool and its results.
 */
import { optional, record, text } from "../../../base/shape.js";
import { jsonObject, openRecord } from "../../methods/shapes.js";
import { modernNotification, modernRequest } from "./contract.js";

const taskId = text({ max: 256 });

/** INVARIANT: the session refuses a task that it has not seen a call of this client begin. No task begins yet. */
const row = {
  feature: "tasks",
  complete: openRecord({}),
  denial: "error",
} as const;

export const tasksGet = modernRequest({ ...row, method: "tasks/get", params: record({ taskId, _meta: jsonObject }) });

export const tasksUpdate = modernRequest({
  ...row,
  method: "tasks/update",
  params: record({ taskId, inputResponses: optional(jsonObject), _meta: jsonObject }),
});

export const tasksCancel = modernRequest({
  ...row,
  method: "tasks/cancel",
  params: record({ taskId, _meta: jsonObject }),
});

/** Carries a tool's whole result. */
export const tasksStatus = modernNotification({
  method: "notifications/tasks",
  sender: "server",
  feature: "tasks",
  params: openRecord({ taskId, _meta: optional(jsonObject) }),
});
