/** Whether a request about tasks, or for a new one, may go on (MCP 2025-11-25, tasks). */
import type { JsonObject } from "../base/json.js";
import { malformed, refused, type Refused } from "./refused.js";
import type { TaskTable } from "./task-table.js";
import { RPC } from "./wire/codes.js";

/** `isOffered`: the policy grants tasks, and the server has said that it makes them. */
export function taskRefusal(
  { method, params }: { readonly method: string; readonly params: JsonObject },
  { tasks, isOffered }: { readonly tasks: TaskTable; readonly isOffered: boolean },
): Refused | undefined {
  if (method === "tools/call") return params["task"] === undefined ? undefined : newTaskRefusal(tasks, isOffered);
  if (!method.startsWith("tasks/") || method === "tasks/list") return undefined;
  // Attacker-controlled: `taskId`. INVARIANT: none but a task of a call of this session is spoken of.
  const task = tasks.find(params["taskId"]);
  if (task?.isShown !== true) return malformed({ path: "/taskId", problem: "is of no task of this session" });
  if (method === "tasks/get" || !task.isOver) return undefined;
  return malformed({ path: "/taskId", problem: "is of a task that is over" });
}

function newTaskRefusal(tasks: TaskTable, isOffered: boolean): Refused | undefined {
  if (!isOffered) return malformed({ path: "/task", problem: "is not offered" });
  return tasks.isFull ? refused("lifecycle", RPC.invalidRequest, "too many tasks are open") : undefined;
}
