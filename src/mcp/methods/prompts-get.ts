/** `prompts/get`: the values of its arguments leave for the server, and its text is for the model. */
import { listOf, optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { contentBlock, role } from "./content.js";
import { requestContract } from "./contract.js";
import { jsonObject, openRecord, requestMeta, textMap, toolName } from "./shapes.js";

/** More arguments than a person fills in. */
export const MAX_ARGUMENTS = 1024;

export const promptsGet = requestContract({
  method: "prompts/get",
  sender: "client",
  feature: "prompts",
  revisions: REVISIONS,
  phases: ["ready"],
  params: record({ name: toolName, arguments: optional(textMap(MAX_ARGUMENTS)), _meta: optional(requestMeta) }),
  result: openRecord({
    description: optional(text()),
    messages: listOf(openRecord({ role, content: contentBlock })),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  syscall: (params) => ({
    kind: "prompt.get",
    subject: { prompt: params.name },
    arguments: params.arguments ?? {},
  }),
});
