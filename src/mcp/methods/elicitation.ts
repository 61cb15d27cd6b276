/** `elicitation/create`: a server asks a person by the client, with a form or a link. Denied unless the policy says otherwise. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { MAX_ID_CHARS } from "../../base/limits.js";
import { listOf, oneOf, optional, record, text, type Shape, type ShapeFault } from "../../base/shape.js";
import { fieldSchema } from "./form-fields.js";
import { requestContract } from "./contract.js";
import { uriProblem } from "./resource-uri.js";
import { asksForSecret } from "./secret-fields.js";
import { jsonObject, openRecord, requestMeta, withoutMeta } from "./shapes.js";

/** More fields than a person fills in. */
const MAX_FIELDS = 128;

const fields: Shape<JsonObject> = {
  check: (value, path) => {
    if (!isJsonObject(value)) return { path, problem: "is not an object" };
    const entries = Object.entries(value);
    if (entries.length > MAX_FIELDS) return { path, problem: `has more than ${String(MAX_FIELDS)} members` };
    for (const [name, schema] of entries) {
      const at = `${path}/${name.slice(0, 64)}`;
      const fault = fieldSchema.check(schema, at);
      if (fault !== undefined) return fault;
      const { title, description } = schema as JsonObject;
      const names = [name, title].filter((one) => typeof one === "string");
      const told = typeof description === "string" ? description : "";
      if (asksForSecret(names, told)) return { path: at, problem: "asks for a secret" };
    }
    return undefined;
  },
};

const form = record({
  mode: optional(oneOf(["form"])),
  message: text(),
  requestedSchema: record({
    $schema: optional(text()),
    type: oneOf(["object"]),
    properties: fields,
    required: optional(listOf(text(), MAX_FIELDS)),
  }),
  _meta: optional(requestMeta),
});

/** Shown to the person whole, so it is one text for every reader, and what it opens is encrypted. */
const link: Shape<string> = {
  check: (value, path) => {
    if (typeof value !== "string" || !/^https:\/\/[^/?#]/i.test(value)) return { path, problem: "is not an https URL" };
    const problem = uriProblem(value);
    return problem === undefined ? undefined : { path, problem };
  },
};

const url = record({
  mode: oneOf(["url"]),
  message: text(),
  elicitationId: text({ max: MAX_ID_CHARS }),
  url: link,
  _meta: optional(requestMeta),
});

/** A form unless `mode` says otherwise, as before 2025-11-25. */
const params: Shape<JsonObject> = {
  check: (value, path) => (isUrlMode(value) ? url : form).check(value, path),
};

/** Values of fields: texts, numbers, choices. That they were asked for is for `contentFault` to say. */
const filled: Shape<JsonObject> = {
  check: (value, path) => {
    if (!isJsonObject(value)) return { path, problem: "is not an object" };
    const odd = Object.entries(value).find(([, member]) => !isFieldValue(member));
    return odd === undefined
      ? undefined
      : { path: `${path}/${odd[0].slice(0, 64)}`, problem: "is no value of a field" };
  },
};

export const elicitation = requestContract({
  method: "elicitation/create",
  sender: "server",
  feature: "elicitation",
  revisions: ["2025-06-18", "2025-11-25"],
  phases: ["ready"],
  since: { mode: "2025-11-25", elicitationId: "2025-11-25", url: "2025-11-25" },
  params,
  result: openRecord({
    action: oneOf(["accept", "decline", "cancel"]),
    content: optional(filled),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  withArguments: ({ _meta }, values) => ({ ...values, ...(_meta === undefined ? {} : { _meta }) }),
  syscall: (asked) => ({
    kind: "human.approve",
    subject: { about: isUrlMode(asked) ? "elicitation/url" : "elicitation/form" },
    arguments: withoutMeta(asked),
  }),
  answerFault: ({ action, content }, asked) =>
    content === undefined ? undefined : contentFault(content, action === "accept" ? asked : {}),
});

export function isUrlMode(params: unknown): boolean {
  return typeof params === "object" && params !== null && "mode" in params && params.mode === "url";
}

/** What leaves for the server is what it asked for, and only when the person agreed. */
function contentFault(content: JsonObject, { requestedSchema }: JsonObject): ShapeFault | undefined {
  const asked = isJsonObject(requestedSchema) ? requestedSchema["properties"] : undefined;
  const known = new Set(isJsonObject(asked) ? Object.keys(asked) : []);
  for (const name of Object.keys(content)) {
    const path = `/content/${name.slice(0, 64)}`;
    if (!known.has(name)) return { path, problem: "was not asked for" };
  }
  return undefined;
}

function isFieldValue(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === "string");
  return value !== null && typeof value !== "object";
}
