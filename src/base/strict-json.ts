/**
 * JSON read so that no other reader can understand it differently (RFC 8259 sections 4, 6 and 8.2 leave room
 * for that): duplicate or prototype keys, unsafe numbers, lone surrogates and deep nesting are errors.
 * Attacker-controlled: every byte. A guard that judges one reading and forwards another is no guard.
 */
import { CanonicalError, canonicalJson } from "./canonical.js";
import { MAX_JSON_DEPTH } from "./limits.js";
import type { JsonArray, JsonObject, JsonValue } from "./json.js";
import { isSingleReading } from "./json-tokens.js";
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
 * The quick way. INVARIANT: it gives a value only where the slow way gives the same: there is a single reading of the
 * text, and nothing in it that is refused. All else goes the slow way, which names what is wrong.
 */
function readUnambiguous(source: string, maxDepth: number): StrictJson | undefined {
  try {
    const value = JSON.parse(source) as JsonValue;
    const plain = new PlainWalk();
    if (!plain.takes(value, maxDepth)) return undefined;
    // What JSON.stringify would have written itself: no member was dropped, merged or rounded.
    if (JSON.stringify(value) === source) return { value, canonical: canonicalOf(value, source, plain) };
    return isSingleReading(source, plain.members) ? { value, canonical: canonicalJson(value) } : undefined;
  } catch (error) {
    // JSON.parse's SyntaxError, JSON.stringify's RangeError, a lone surrogate: the slow way names the fault.
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof CanonicalError)
      return undefined;
    throw error;
  }
}

/** A backslash and `ud` may be a lone surrogate: canonicalJson refuses it. */
function canonicalOf(value: JsonValue, source: string, { isOrdered }: PlainWalk): string {
  return isOrdered && !source.includes("\\ud") ? source : canonicalJson(value);
}

/** One walk for all that only the value shows: forbidden keys, integers beyond 2^53, depth, and the order of members. */
class PlainWalk {
  isOrdered = true;
  members = 0;

  /** No forbidden key, no integer beyond 2^53, not nested deeper than `room`. */
  takes(value: JsonValue, room: number): boolean {
    if (typeof value === "number") return !isUnsafeInteger(value);
    if (typeof value !== "object" || value === null) return true;
    if (room === 0) return false;
    return Array.isArray(value) ? this.items(value as JsonArray, room - 1) : this.object(value as JsonObject, room - 1);
  }

  private items(items: JsonArray, room: number): boolean {
    for (const item of items) if (typeof item !== "string" && !this.takes(item, room)) return false;
    return true;
  }

  private object(object: JsonObject, room: number): boolean {
    let previous = "";
    for (const key of Object.keys(object)) {
      const member = object[key] as JsonValue;
      if (isForbiddenKey(key, member)) return false;
      if (typeof member !== "string" && !this.takes(member, room)) return false;
      if (key < previous) this.isOrdered = false;
      previous = key;
      this.members++;
    }
    return true;
  }
}
