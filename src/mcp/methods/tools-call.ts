/** `tools/call`: the effect everything else here guards. */
import { flag, listOf, optional, record } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { contentBlock } from "./content.js";
import { requestContract } from "./contract.js";
import { jsonObject, openRecord, requestMeta, toolName } from "./shapes.js";
import { taskParams } from "./tasks.js";

export const toolsCall = requestContract({
  method: "tools/call",
  sender: "client",
  feature: "tools",
  revisions: REVISIONS,
  phases: ["ready"],
  // Whether a call may go on as a task is for the session to say; the answer is then task-relay.ts's to judge.
  since: { task: "2025-11-25" },
  params: record({
    name: toolName,
    arguments: optional(jsonObject),
    task: optional(taskParams),
    _meta: optional(requestMeta),
  }),
  result: openRecord({
    content: listOf(contentBlock),
    structuredContent: optional(jsonObject),
    isError: optional(flag()),
    _meta: optional(jsonObject),
  }),
  denial: "tool-result",
  // Absent arguments are judged as `{}` and forwarded as sent.
  syscall: (params) => ({
    kind: "tool.invoke",
    subject: { tool: params.name },
    arguments: params.arguments ?? {},
  }),
});
