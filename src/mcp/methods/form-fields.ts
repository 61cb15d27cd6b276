/** The fields a form of an elicitation may have (MCP 2025-11-25, PrimitiveSchemaDefinition): flat, each of one simple type. */
import type { JsonObject } from "../../base/json.js";
import { flag, integer, listOf, oneOf, optional, record, text, type Shape } from "../../base/shape.js";
import { byMember, eitherOf, number } from "./shapes.js";

const MAX_CHOICES = 1024;
const named = { type: text(), title: optional(text()), description: optional(text()) };
const choices = listOf(text(), MAX_CHOICES);
const titled = listOf(record({ const: text(), title: text() }), MAX_CHOICES);
const chosen = optional(text());

const plain = record({
  ...named,
  format: optional(oneOf(["date", "date-time", "email", "uri"])),
  minLength: optional(integer(0)),
  maxLength: optional(integer(0)),
  // 2025-06-18 has the choices of a list, with their names beside them, under the same type.
  enum: optional(choices),
  enumNames: optional(choices),
  default: chosen,
});

const single = record({ ...named, oneOf: titled, default: chosen });

const several = record({
  ...named,
  items: eitherOf(record({ type: oneOf(["string"]), enum: choices }), record({ anyOf: titled })),
  minItems: optional(integer(0)),
  maxItems: optional(integer(0)),
  default: optional(choices),
});

const numeric = record({
  ...named,
  minimum: optional(number),
  maximum: optional(number),
  default: optional(number),
});

export const fieldSchema: Shape<JsonObject> = byMember("type", {
  string: eitherOf(plain, single),
  number: numeric,
  integer: numeric,
  boolean: record({ ...named, default: optional(flag()) }),
  array: several,
});
