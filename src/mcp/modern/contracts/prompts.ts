/** `prompts/list`, `prompts/get` and `completion/complete` of 2026-07-28. */
import { flag, integer, listOf, optional, record, text } from "../../../base/shape.js";
import type { JsonObject } from "../../../base/json.js";
import type { Mediated } from "../../methods/contract.js";
import { jsonObject, openRecord, toolName } from "../../methods/shapes.js";
import { choice, contentBlock, dictionary, role, shortName, uriTemplate } from "../shapes.js";
import { modernRequest } from "./contract.js";
import { promptDescriptor } from "./descriptors.js";
import { RETRY_MEMBERS } from "./input.js";
import { PAGED } from "./paged.js";

/** MCP completion: at most so many. */
const MAX_COMPLETIONS = 100;

export const promptsList = modernRequest({
  method: "prompts/list",
  feature: "prompts",
  params: PAGED,
  complete: openRecord({ prompts: listOf(promptDescriptor), nextCursor: optional(text()) }),
  isCacheable: true,
  syscall: () => ({ kind: "prompt.describe", subject: { item: "prompts" } }),
});

const values = dictionary(text());

export const promptsGet = modernRequest({
  method: "prompts/get",
  feature: "prompts",
  params: record({ name: toolName, arguments: optional(values), ...RETRY_MEMBERS, _meta: jsonObject }),
  complete: openRecord({
    description: optional(text()),
    messages: listOf(openRecord({ role, content: contentBlock })),
  }),
  mayAsk: true,
  syscall: (params) => ({ kind: "prompt.get", subject: { prompt: params.name }, arguments: params.arguments ?? {} }),
  target: (params) => params.name,
});

const reference = choice<JsonObject>("type", {
  "ref/prompt": record({ type: text(), name: toolName, title: optional(text()) }),
  "ref/resource": record({ type: text(), uri: uriTemplate }),
});

/** What is typed so far leaves for the server: a request of the thing it completes, with the values as arguments. */
function completionCall({ ref, argument, context }: JsonObject): Mediated {
  const { name, uri } = ref as { name?: string; uri?: string };
  const given = (context as { arguments?: JsonObject } | undefined)?.arguments ?? {};
  const typed = argument as { name: string; value: string };
  const args = { argument: { [typed.name]: typed.value }, context: given };
  if (name !== undefined) return { kind: "prompt.get", subject: { prompt: name }, arguments: args };
  return { kind: "resource.read", subject: { uri: uri ?? "" }, arguments: args };
}

export const complete = modernRequest({
  method: "completion/complete",
  feature: "completion",
  params: record({
    ref: reference,
    argument: record({ name: shortName, value: text() }),
    context: optional(record({ arguments: optional(values) })),
    _meta: jsonObject,
  }),
  complete: openRecord({
    completion: openRecord({
      values: listOf(text(), MAX_COMPLETIONS),
      total: optional(integer()),
      hasMore: optional(flag()),
    }),
  }),
  syscall: completionCall,
});
