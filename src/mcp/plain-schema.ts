/**
 * Whether a JSON Schema is so plain that its dialect's own schema need not be asked. Compiling that one takes an eighth of
 * a start up to its first result, and nearly all tools' schemas are made of these keywords.
 */
import { isJsonObject, type JsonValue } from "../base/json.js";

type Holds = (value: JsonValue) => boolean;

/** JSON Schema 2020-12 Validation, section 6.1.1. */
const TYPES: readonly JsonValue[] = ["array", "boolean", "integer", "null", "number", "object", "string"];

const isAny: Holds = () => true;
const isText: Holds = (value) => typeof value === "string";
const isNumber: Holds = (value) => typeof value === "number";
const isCount: Holds = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isList: Holds = (value) => Array.isArray(value);
const isScalar: Holds = (value) => typeof value !== "object" || value === null;
/** Equal scalars are the same to a set. */
const isDistinct = (value: JsonValue, holds: Holds): boolean =>
  Array.isArray(value) && value.every(holds) && new Set(value).size === value.length;
const isNames: Holds = (value) => isDistinct(value, isText);
const isChoice: Holds = (value) => isDistinct(value, isScalar) && (value as readonly JsonValue[]).length > 0;
const isSchemas: Holds = (value) => Array.isArray(value) && value.length > 0 && value.every(isPlainSchema);
const isSchemasByName: Holds = (value) => isJsonObject(value) && Object.values(value).every(isPlainSchema);

/** Absence is no fault of the schema's: its dialect is asked then. */
const KEYWORDS: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ["type", (value) => TYPES.includes(value)],
  ...["title", "description", "format", "pattern", "$comment"].map((name): [string, Holds] => [name, isText]),
  ...["default", "const"].map((name): [string, Holds] => [name, isAny]),
  ["enum", isChoice],
  ["examples", isList],
  ...["minimum", "maximum"].map((name): [string, Holds] => [name, isNumber]),
  ...["minLength", "maxLength", "minItems", "maxItems"].map((name): [string, Holds] => [name, isCount]),
  ["required", isNames],
  ...["items", "additionalProperties"].map((name): [string, Holds] => [name, isPlainSchema]),
  ...["anyOf", "oneOf", "allOf"].map((name): [string, Holds] => [name, isSchemas]),
  ["properties", isSchemasByName],
]);

/**
 * Attacker-controlled: the schema. INVARIANT: true only of a valid one, of 2020-12 and of draft-07. The caller has bounded
 * its depth, and left out `$schema` and `$id`.
 */
export function isPlainSchema(schema: JsonValue): boolean {
  if (typeof schema === "boolean") return true;
  return isJsonObject(schema) && Object.entries(schema).every(([name, value]) => KEYWORDS.get(name)?.(value) === true);
}
