/** `tools/list`: the server's descriptors, untrusted text that a model will read. */
import { flag, listOf, oneOf, optional, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { icons } from "./content.js";
import { requestContract } from "./contract.js";
import { pageParams, pageResult } from "./listing.js";
import { jsonObject, openRecord, schemaObject } from "./shapes.js";

const hint = optional(flag());
const tool = openRecord({
  name: text(),
  title: optional(text()),
  description: optional(text()),
  inputSchema: schemaObject,
  outputSchema: optional(schemaObject),
  annotations: optional(
    openRecord({
      title: optional(text()),
      readOnlyHint: hint,
      destructiveHint: hint,
      idempotentHint: hint,
      openWorldHint: hint,
    }),
  ),
  execution: optional(openRecord({ taskSupport: optional(oneOf(["forbidden", "optional", "required"])) })),
  icons: optional(icons),
  _meta: optional(jsonObject),
});

export const toolsList = requestContract({
  method: "tools/list",
  sender: "client",
  feature: "tools",
  revisions: REVISIONS,
  phases: ["ready"],
  params: pageParams,
  result: openRecord({ tools: listOf(tool), ...pageResult }),
  denial: "error",
  syscall: () => ({ kind: "tool.describe", subject: { item: "tools" } }),
});
