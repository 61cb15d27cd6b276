/**
 * JSON read so that no other reader can understand it differently (RFC 8259 sections 4, 6 and 8.2 leave room
 * for that): duplicate or prototype keys, unsafe numbers, lone surrogates and deep nesting are errors.
 * Attacker-controlled: every byte. A guard that judges one reading and forwards another is no guard.
 */
import { CanonicalError, canonicalJson } from "./canonical.js";
import { MAX_JSON_DEPTH } from "./limits.js";
import type { JsonArray, JsonValue } from "./json.js";
import { ok, type Result } from "./result.js";
import { StrictReader, isForbiddenKey, isUnsafeInteger, type JsonFault } from "./strict-reader.js";

export type { JsonFault } from "./strict-reader.js";

export interface StrictJson {
  readonly value: JsonValue;
  /** The RFC 8785 text of `value`; the very string that was read when it was canonical already. */
  readonly canonical: string;
}

/** Reads one JSON text. The value holds no `__proto__` and nothing that JSON cannot carry. */
export function parseStrictJson(source: string, maxDepth: number = MAX_JSON_DEPTH): Result<StrictJson, JsonFault> {
  const quick = readUnambiguous(source, maxDepth);
  if (quick !== undefined) return ok(quick);
  const read = new StrictReader(source, maxDepth).read();
  return read.ok ? ok({ value: read.value, canonical: canonicalJson(read.value) }) : read;
}

/**
 * The quick way, for what JSON.stringify would have written itself: if writing the parsed value again gives the
 * same text, no member was dropped, merged or rounded, so there was a single reading. All else goes the slow way.
 */
function readUnambiguous(source: string, maxDepth: number): StrictJson | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(source) as JsonValue;
    if (!isPlain(value, maxDepth) || JSON.stringify(value) !== source) return undefined;
    return { value, canonical: canonicalJson(value) };
  } catch (error) {
    // JSON.parse's SyntaxError, JSON.stringify's RangeError, a lone surrogate: the slow way names the fault.
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof CanonicalError)
      return undefined;
    throw error;
  }
}

/** No forbidden key, no integer beyond 2^53, not nested deeper than `room`. */
function isPlain(value: JsonValue, room: number): boolean {
  if (typeof value === "number") return !isUnsafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  if (room === 0) return false;
  if (Array.isArray(value)) return (value as JsonArray).every((item) => isPlain(item, room - 1));
  return Object.entries(value).every(([key, member]) => !isForbiddenKey(key, member) && isPlain(member, room - 1));
}
