/** What a server says of its tools and prompts (MCP 2026-07-28, Tool and Prompt). Untrusted text throughout. */
import type { JsonObject } from "../../../base/json.js";
import { flag, listOf, oneOf, optional, text, type Shape } from "../../../base/shape.js";
import { jsonObject, openRecord } from "../../methods/shapes.js";
import { icons } from "../shapes.js";

const hints = openRecord({
  title: optional(text()),
  readOnlyHint: optional(flag()),
  destructiveHint: optional(flag()),
  idempotentHint: optional(flag()),
  openWorldHint: optional(flag()),
});

/** Schemas may use any keyword of JSON Schema 2020-12; what they say is checked where they are used. */
export const toolDescriptor: Shape<JsonObject> = openRecord({
  name: text(),
  title: optional(text()),
  description: optional(text()),
  inputSchema: openRecord({ type: oneOf(["object"]), $schema: optional(text()) }),
  outputSchema: optional(openRecord({ $schema: optional(text()) })),
  annotations: optional(hints),
  icons: optional(icons),
  _meta: optional(jsonObject),
});

const argument = openRecord({
  name: text(),
  title: optional(text()),
  description: optional(text()),
  required: optional(flag()),
});

export const promptDescriptor: Shape<JsonObject> = openRecord({
  name: text(),
  title: optional(text()),
  description: optional(text()),
  arguments: optional(listOf(argument, 256)),
  icons: optional(icons),
  _meta: optional(jsonObject),
});
