/** `tools/list`: the server's descriptors, untrusted text that a model will read. */
import { listOf, optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { requestContract } from "./contract.js";
import { jsonObject, openRecord, requestMeta } from "./shapes.js";

export const toolsList = requestContract({
  method: "tools/list",
  sender: "client",
  revisions: REVISIONS,
  phases: ["ready"],
  // An empty cursor is a cursor (MCP pagination: opaque).
  params: record({ cursor: optional(text()), _meta: optional(requestMeta) }),
  result: openRecord({
    tools: listOf(openRecord({ name: text(), inputSchema: jsonObject })),
    nextCursor: optional(text()),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  syscall: () => ({ kind: "tool.describe", subject: { item: "tools" } }),
});
