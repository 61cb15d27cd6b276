/**
 * `completion/complete`: what a person is typing goes to the server letter by letter, so the values are judged as
 * arguments of what they are for: a prompt, or the reading of a resource.
 */
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { MAX_URI_CHARS } from "../../base/limits.js";
import { flag, integer, listOf, optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { requestContract, type Mediated } from "./contract.js";
import { MAX_ARGUMENTS } from "./prompts-get.js";
import { byMember, jsonObject, openRecord, requestMeta, textMap, toolName } from "./shapes.js";

/** MCP: at most so many are suggested. */
const MAX_VALUES = 100;

const ref = byMember("type", {
  "ref/prompt": record({ type: text(), name: toolName, title: optional(text()) }),
  // A template: it names no place, and is matched as the text it is.
  "ref/resource": record({ type: text(), uri: text({ max: MAX_URI_CHARS, form: /^[^\s\p{Cc}\p{Cf}\\]+$/u }) }),
});

export const complete = requestContract({
  method: "completion/complete",
  sender: "client",
  feature: "completion",
  revisions: REVISIONS,
  phases: ["ready"],
  since: { context: "2025-06-18" },
  params: record({
    ref,
    argument: record({ name: text(), value: text() }),
    context: optional(record({ arguments: optional(textMap(MAX_ARGUMENTS)) })),
    _meta: optional(requestMeta),
  }),
  result: openRecord({
    completion: openRecord({
      values: listOf(text(), MAX_VALUES),
      total: optional(integer(0)),
      hasMore: optional(flag()),
    }),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  withArguments: (params, values) => withValues(params, values),
  syscall: (params) =>
    judgedAs(params.ref, { ...params.context?.arguments, [params.argument.name]: params.argument.value }),
});

function judgedAs({ type, name = "", uri = "" }: JsonObject, values: JsonObject): Mediated {
  return type === "ref/prompt"
    ? { kind: "prompt.get", subject: { prompt: name }, arguments: values }
    : { kind: "resource.read", subject: { uri }, arguments: values };
}

function withValues(params: JsonObject, values: JsonObject): JsonObject {
  const { argument, context } = params;
  const name = isJsonObject(argument) && typeof argument["name"] === "string" ? argument["name"] : "";
  const { [name]: value = "", ...rest } = values;
  const others = isJsonObject(context) ? { context: { arguments: rest } } : {};
  return { ...params, argument: { name, value }, ...others };
}
