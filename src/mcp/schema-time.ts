/**
 * A check of a value against a schema, ended when it takes too long. Attacker-controlled: both. For most schemas their size
 * times the value's bounds the work; where that is little, no clock is set.
 */
import { createContext, Script, type Context } from "node:vm";
import type { ValidateFunction } from "ajv";
import { canonicalJson } from "../base/canonical.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";

/** How long a check may take. An honest one takes well under a millisecond. */
const MAX_CHECK_MS = 250;
/** The same of a large value: one as long as a line can be takes up to a tenth of a second against an honest schema. */
const MAX_LARGE_CHECK_MS = 1_000;
const LARGE_CHARS = 64 * 1024;
/**
 * Characters of the schema times characters of the value below which no clock is set: it costs a tenth of a millisecond.
 * At worst each is a step of a pattern with a thousand states, which makes some 100 ms.
 */
const MAX_UNTIMED = 250_000;

/** The same check; it throws when it takes too long. */
export function inTime(validate: ValidateFunction, schema: JsonValue): ValidateFunction {
  const text = canonicalJson(schema);
  const untimed = isCostly(text) ? -1 : MAX_UNTIMED / text.length;
  const timed = (value: unknown): boolean => {
    const chars = charsOf(value as JsonValue, Math.max(untimed, LARGE_CHARS));
    const timeout = chars > LARGE_CHARS ? MAX_LARGE_CHECK_MS : MAX_CHECK_MS;
    const isValid = chars <= untimed ? validate(value) : within(timeout, () => validate(value));
    timed.errors = validate.errors;
    return isValid;
  };
  timed.errors = undefined as ValidateFunction["errors"];
  return timed as unknown as ValidateFunction;
}

/** References multiply the work, whatever the size of the schema, and `uniqueItems` compares each item with each. */
function isCostly(schemaText: string): boolean {
  return /"(?:\$(?:ref|dynamicRef|recursiveRef)|uniqueItems)":/.test(schemaText);
}

/** How many characters a value has; once they are more than `most`, nothing more of it is looked at. */
function charsOf(value: JsonValue, most: number): number {
  if (typeof value === "string") return value.length + 1;
  if (typeof value !== "object" || value === null) return 1;
  return isJsonObject(value) ? memberChars(value, most) : itemChars(value, most);
}

function itemChars(items: readonly JsonValue[], most: number): number {
  let chars = 1;
  for (const item of items) {
    chars += charsOf(item, most - chars);
    if (chars > most) break;
  }
  return chars;
}

function memberChars(object: JsonObject, most: number): number {
  let chars = 1;
  for (const name of Object.keys(object)) {
    chars += name.length + charsOf(object[name] ?? null, most - chars);
    if (chars > most) break;
  }
  return chars;
}

const SCRIPT = new Script("check()");
/** Made once: that takes as long as seven checks. */
let world: Context | undefined;

function within(ms: number, check: () => boolean): boolean {
  world ??= createContext({});
  world["check"] = check;
  try {
    return SCRIPT.runInContext(world, { timeout: ms }) as boolean;
  } finally {
    world["check"] = undefined;
  }
}
