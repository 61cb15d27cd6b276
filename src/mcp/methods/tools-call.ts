/** `tools/call`: the effect everything else here guards. */
import { flag, listOf, optional, record } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { contentBlock } from "./content.js";
import { requestContract } from "./contract.js";
import { jsonObject, openRecord, requestMeta, toolName } from "./shapes.js";

export const toolsCall = requestContract({
  method: "tools/call",
  sender: "client",
  feature: "tools",
  revisions: REVISIONS,
  phases: ["ready"],
  // No `task` (2025-11-25): a task's result would come by another way than the answer that is judged.
  params: record({ name: toolName, arguments: optional(jsonObject), _meta: optional(requestMeta) }),
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
