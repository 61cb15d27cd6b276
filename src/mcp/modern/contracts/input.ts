/** What a server may ask of the client within a result, and what the client may answer (MCP 2026-07-28, MRTR). */
import type { JsonObject } from "../../../base/json.js";
import { flag, integer, listOf, oneOf, optional, record, text, type Shape } from "../../../base/shape.js";
import { jsonObject, openRecord } from "../../methods/shapes.js";
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
const SECRET_NAME =
  /pass(?:word|phrase|code|wd)|secret|credential|(?:api|access|private|secret)[_ -]?key|(?:^|[_ .-])(?:pwd|pin|cvv|cvc|otp|ssn|token)(?:$|[_ .-])|[a-z](?:Pin|Token|Otp|Cvv)\b/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

function withoutSecrets(fields: Shape<JsonObject>): Shape<JsonObject> {
  return {
    check: (value, path) => {
      const fault = fields.check(value, path);
      if (fault !== undefined) return fault;
      for (const [name, asked] of Object.entries(value as JsonObject)) {
        const { title = "" } = asked as JsonObject;
        if (isSecretName(name) || (typeof title === "string" && isSecretName(title)))
          return { path: `${path}/${name.slice(0, 64)}`, problem: "asks for a secret" };
      }
      return undefined;
    },
  };
}

const urlParams = record({
  mode: oneOf(["url"]),
  message: text(),
  // Shown whole to a person, who decides by what it begins with: no credentials before the host.
  url: text({ max: 2048, form: /^https:\/\/[^\s\\/?#@]+(?:[/?#][^\s\\]*)?$/i }),
  elicitationId: optional(text({ max: 256 })),
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
  "roots/list": record({ method, params: optional(record({ _meta: optional(jsonObject) })) }),
});

export const inputRequestsShape = dictionary(inputRequest, MAX_QUESTIONS);

/** What the client may answer. Roots are not its to give. */
export const INPUT_RESPONSES: Readonly<Record<Exclude<InputKind, "roots">, Shape<JsonObject>>> = {
  sampling: openRecord({
    role,
    content: blocks,
    model: text(),
    stopReason: optional(text()),
    _meta: optional(jsonObject),
  }),
  elicitation: openRecord({
    action: oneOf(["accept", "decline", "cancel"]),
    content: optional(dictionary(either<unknown>(text(), number, flag(), names), MAX_FIELDS)),
    _meta: optional(jsonObject),
  }),
};

/** Params of a request that may be a retry. The answers are held against what was asked (retry.ts). */
export const RETRY_MEMBERS = {
  inputResponses: optional(dictionary(jsonObject, MAX_QUESTIONS)),
  requestState: optional(text({ max: 256 })),
} as const;
