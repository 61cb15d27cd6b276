/** Canonical JSON: RFC 8785 (JCS). One value, one text, so that what was judged is what is hashed and forwarded. */
import { MAX_JSON_DEPTH } from "./limits.js";
import type { JsonArray, JsonObject, JsonValue } from "./json.js";

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Thrown for what JSON cannot carry: lone surrogates, non-finite numbers, values nested too deep. */
export class CanonicalError extends Error {
  override readonly name = "CanonicalError";
}

/**
 * The RFC 8785 text of a value.
 * @throws CanonicalError when the value has no canonical form.
 */
export function canonicalJson(value: JsonValue): string {
  // Objects whose members already stand in order serialise natively (RFC 8785 section 3.2.2 uses
  // ECMAScript's own number and string forms); measured 2 to 4 times faster than writing member by member.
  return isInOrder(value, 0) ? JSON.stringify(value) : write(value);
}

/** True when every object's members stand in RFC 8785 order (UTF-16 code units, section 3.2.3), at any depth. */
function isInOrder(value: JsonValue, depth: number): boolean {
  if (typeof value === "string") return assertText(value);
  if (typeof value === "number") return assertFinite(value);
  if (typeof value !== "object" || value === null) return assertScalar(value);
  if (depth >= MAX_JSON_DEPTH) throw new CanonicalError(`nested deeper than ${String(MAX_JSON_DEPTH)}`);
  return Array.isArray(value)
    ? everyInOrder(value as JsonArray, depth + 1)
    : membersInOrder(value as JsonObject, depth + 1);
}

function membersInOrder(object: JsonObject, depth: number): boolean {
  let ordered = true;
  let previous = "";
  for (const key of Object.keys(object)) {
    assertText(key);
    if (key < previous) ordered = false;
    previous = key;
    if (!isInOrder(object[key] as JsonValue, depth)) ordered = false;
  }
  return ordered;
}

function everyInOrder(items: JsonArray, depth: number): boolean {
  let ordered = true;
  for (const item of items) if (!isInOrder(item, depth)) ordered = false;
  return ordered;
}

function assertText(value: string): true {
  if (LONE_SURROGATE.test(value)) throw new CanonicalError("a string holds a lone surrogate");
  return true;
}

function assertFinite(value: number): true {
  if (!Number.isFinite(value)) throw new CanonicalError("a number is not finite");
  return true;
}

function assertScalar(value: unknown): true {
  if (value !== null && typeof value !== "boolean") throw new CanonicalError(`a ${typeof value} is not JSON`);
  return true;
}

/** INVARIANT: called only on a value that isInOrder has walked, so depth and scalars are known good. */
function write(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as JsonArray).map(write).join(",")}]`;
  const object = value as JsonObject;
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(object[key] as JsonValue)}`);
  return `{${members.join(",")}}`;
}
