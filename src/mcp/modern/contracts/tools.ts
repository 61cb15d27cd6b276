/** `tools/list` and `tools/call` of 2026-07-28. */
import { anything, flag, listOf, optional, record, text } from "../../../base/shape.js";
import { jsonObject, openRecord, toolName } from "../../methods/shapes.js";
import { contentBlock } from "../shapes.js";
import { modernRequest } from "./contract.js";
import { toolDescriptor } from "./descriptors.js";
import { RETRY_MEMBERS } from "./input.js";
import { PAGED } from "./paged.js";

export const toolsList = modernRequest({
  method: "tools/list",
  feature: "tools",
  params: PAGED,
  complete: openRecord({ tools: listOf(toolDescriptor), nextCursor: optional(text()) }),
  isCacheable: true,
  syscall: () => ({ kind: "tool.describe", subject: { item: "tools" } }),
});

export const toolsCall = modernRequest({
  method: "tools/call",
  feature: "tools",
  params: record({ name: toolName, arguments: optional(jsonObject), ...RETRY_MEMBERS, _meta: jsonObject }),
  complete: openRecord({
    content: listOf(contentBlock),
    // Any JSON value, not only an object (2026-07-28).
    structuredContent: optional(anything()),
    isError: optional(flag()),
  }),
  mayAsk: true,
  denial: "tool-result",
  // Absent arguments are judged as `{}` and forwarded as sent.
  syscall: (params) => ({ kind: "tool.invoke", subject: { tool: params.name }, arguments: params.arguments ?? {} }),
  target: (params) => params.name,
});
