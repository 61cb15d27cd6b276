/** What a server may ask of the client within a result, and what the client may answer (MCP 2026-07-28, MRTR). */
import type { JsonObject } from "../../../base/json.js";
import { flag, integer, listOf, oneOf, optional, record, text, type Shape } from "../../../base/shape.js";
import type { RequestContract } from "../../methods/contract.js";
import { elicitation } from "../../methods/elicitation.js";
import { uriProblem } from "../../methods/resource-uri.js";
import { rootsList } from "../../methods/roots-list.js";
import { sampling } from "../../methods/sampling.js";
import { asksForSecret } from "../../methods/secret-fields.js";
import { idShape, jsonObject, openRecord } from "../../methods/shapes.js";
import { choice, count, dictionary, either, number, role, samplingBlock, unit } from "../shapes.js";
import { toolDescriptor } from "./descriptors.js";

/** Questions in one result: a person answers them one at a time. */
const MAX_QUESTIONS = 16;
const MAX_FIELDS = 64;
const MAX_TURNS = 1024;

export const INPUT_KINDS = {
  "sampling/createMessage": "sampling",
  "elicitation/create": "elicitation",
  "roots/list": "roots",
} as const;
export type InputMethod = keyof typeof INPUT_KINDS;
export type InputKind = (typeof INPUT_KINDS)[InputMethod];

const blocks = either<unknown>(samplingBlock, listOf(samplingBlock, MAX_TURNS));

const samplingParams = record({
  messages: listOf(openRecord({ role, content: blocks, _meta: optional(jsonObject) }), MAX_TURNS),
  maxTokens: integer(1),
  // Any other would hand this server what others have said (MCP: deprecated in every revision that has it).
  includeContext: optional(oneOf(["none"])),
  metadata: optional(dictionary(either<unknown>(text(), flag(), integer(Number.MIN_SAFE_INTEGER)))),
  modelPreferences: optional(
    openRecord({
      hints: optional(listOf(openRecord({ name: optional(text()) }), 64)),
      costPriority: optional(unit),
      speedPriority: optional(unit),
      intelligencePriority: optional(unit),
    }),
  ),
  stopSequences: optional(listOf(text(), 64)),
  systemPrompt: optional(text()),
  temperature: optional(number),
  toolChoice: optional(record({ mode: optional(oneOf(["auto", "none", "required"])) })),
  tools: optional(listOf(toolDescriptor, 256)),
  _meta: optional(jsonObject),
});

const shown = { title: optional(text()), description: optional(text()) } as const;
const choices = listOf(openRecord({ const: text(), title: text() }), 256);
const names = listOf(text(), 256);

/** A field of a form: one value, or several of a closed list. */
const field = choice<JsonObject>("type", {
  string: openRecord({
    ...shown,
    type: text(),
    default: optional(text()),
    enum: optional(names),
    enumNames: optional(names),
    format: optional(oneOf(["date", "date-time", "email", "uri"])),
    maxLength: optional(count),
    minLength: optional(count),
    oneOf: optional(choices),
  }),
  number: numberField(),
  integer: numberField(),
  boolean: openRecord({ ...shown, type: text(), default: optional(flag()) }),
  array: openRecord({
    ...shown,
    type: text(),
    items: either<JsonObject>(openRecord({ type: oneOf(["string"]), enum: names }), openRecord({ anyOf: choices })),
    minItems: optional(count),
    maxItems: optional(count),
    default: optional(names),
  }),
});

function numberField(): Shape<JsonObject> {
  const bounds = { minimum: optional(number), maximum: optional(number), default: optional(number) };
  return openRecord({ ...shown, ...bounds, type: text() });
}

const formParams = record({
  mode: optional(oneOf(["form"])),
  message: text(),
  requestedSchema: openRecord({
    $schema: optional(text()),
    type: oneOf(["object"]),
    properties: withoutSecrets(dictionary(field, MAX_FIELDS)),
    required: optional(listOf(text(), MAX_FIELDS)),
  }),
  _meta: optional(jsonObject),
});

/** MCP elicitation: a server must not ask for secrets in a form. */
function withoutSecrets(fields: Shape<JsonObject>): Shape<JsonObject> {
  return {
    check: (value, path) => {
      const fault = fields.check(value, path);
      if (fault !== undefined) return fault;
      for (const [name, asked] of Object.entries(value as JsonObject)) {
        const { title, description } = asked as JsonObject;
        const names = [name, title].filter((one) => typeof one === "string");
        if (asksForSecret(names, typeof description === "string" ? description : ""))
          return { path: `${path}/${name.slice(0, 64)}`, problem: "asks for a secret" };
      }
      return undefined;
    },
  };
}

/** Shown whole to a person, so it is one text for every reader, and what it opens is encrypted. */
const link: Shape<string> = {
  check: (value, path) => {
    if (typeof value !== "string" || !/^https:\/\/[^/?#]/i.test(value)) return { path, problem: "is not an https URL" };
    const problem = uriProblem(value);
    return problem === undefined ? undefined : { path, problem };
  },
};

const urlParams = record({
  mode: oneOf(["url"]),
  message: text(),
  url: link,
  _meta: optional(jsonObject),
});

/** By its mode: form unless it says otherwise. */
const elicitParams: Shape<JsonObject> = {
  check: (value, path) => {
    const fault = jsonObject.check(value, path);
    if (fault !== undefined) return fault;
    return ((value as JsonObject)["mode"] === "url" ? urlParams : formParams).check(value, path);
  },
};

const method = text();

/** One question: one of three kinds, and no other. */
const inputRequest = choice<JsonObject>("method", {
  "sampling/createMessage": record({ method, params: samplingParams }),
  "elicitation/create": record({ method, params: elicitParams }),
  // With an id in the specification's own example. The client never sees that.
  "roots/list": record({
    method,
    params: optional(record({ _meta: optional(jsonObject) })),
    id: optional(idShape),
    jsonrpc: optional(text()),
  }),
});

export const inputRequestsShape = dictionary(inputRequest, MAX_QUESTIONS);

/** By which contract a question is decided and its answer held. */
export const QUESTION_CONTRACTS: Readonly<Record<InputKind, RequestContract>> = {
  sampling,
  elicitation,
  roots: rootsList,
};

/** Params of a request that may be a retry. The answers are held against what was asked (retry.ts). */
export const RETRY_MEMBERS = {
  inputResponses: optional(dictionary(jsonObject, MAX_QUESTIONS)),
  requestState: optional(text({ max: 256 })),
} as const;
