/**
 * One event, one line. A line is the RFC 8785 text of `{hash, prev, seq, time, type, value}`; the names sort
 * so that `hash` and `prev` stand first, at fixed offsets, and the hash of a line can be checked on its raw bytes.
 */
import { canonicalJson } from "../base/canonical.js";
import { DOMAINS, type Digests } from "../base/digest.js";
import { isJsonObject, type JsonValue } from "../base/json.js";
import { err, ok, type Result } from "../base/result.js";
import { anything, integer, record, text } from "../base/shape.js";
import {
  EVENT_SHAPES,
  instantShape,
  type EventType,
  type FlightEvent,
  type FlightLine,
  type Instant,
} from "../abi/event.js";
import { HEX64 } from "../abi/payload.js";

/** `prev` of the first line. */
export const GENESIS = "0".repeat(64);

/** How every line begins: `hash` and `prev` are at fixed offsets, so that the hash needs no reader of JSON. */
const FRAME = /^\{"hash":"[0-9a-f]{64}","prev":"/;
/** `{"hash":"` and the 64 digits after it, and `",`: everything after these is what the hash covers, with `{` put before it. */
const HASH_START = 9;
const BODY_START = HASH_START + 64 + 2;

export interface LineFault {
  readonly code: "line-not-json" | "line-not-canonical" | "line-shape" | "hash-mismatch";
  readonly detail: string;
}

export interface SealedLine {
  readonly text: string;
  readonly hash: string;
}

/**
 * Writes an event as a line: hash = SHA-256(domain || line without its hash member).
 * @throws CanonicalError when the event holds what JSON cannot carry.
 */
export function encodeLine(
  digests: Digests,
  event: FlightEvent,
  place: { seq: number; prev: string; time: Instant },
): SealedLine {
  const { seq, prev, time } = place;
  const body = canonicalJson({ prev, seq, time, type: event.type, value: event.value as unknown as JsonValue });
  const hash = digests.sha256Hex(DOMAINS.line + body);
  return { text: `{"hash":"${hash}",${body.slice(1)}`, hash };
}

const lineShape = record({
  hash: text({ form: HEX64 }),
  prev: text({ form: HEX64 }),
  seq: integer(),
  time: instantShape,
  type: text({ max: 16 }),
  value: anything(),
});

/**
 * Reads one line strictly. Order and chain are for evidence/verify.ts. INVARIANT: the hash is checked on the raw bytes,
 * before form and members are: an edit that did not make it anew is `hash-mismatch`, whatever else it broke, unless it
 * broke the JSON or the line's beginning. So verifiers that know fewer members agree on every such edit.
 */
export function decodeLine(digests: Digests, line: string): Result<FlightLine, LineFault> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return err({ code: "line-not-json", detail: "is not JSON" });
  }
  if (!FRAME.test(line)) return err({ code: "line-shape", detail: "does not begin with its hash and the one before" });
  if (statedHash(line) !== hashOfLine(digests, line)) return err(HASH_MISMATCH);
  // A duplicate or reordered member, white space, another number form: the text would not be the canonical one.
  if (!isCanonical(parsed as JsonValue, line))
    return err({ code: "line-not-canonical", detail: "is not in RFC 8785 form" });
  const shape = lineShape.check(parsed, "") ?? valueFault(parsed);
  if (shape !== undefined) return err({ code: "line-shape", detail: `${shape.path} ${shape.problem}` });
  return ok(parsed as FlightLine);
}

export const HASH_MISMATCH: LineFault = {
  code: "hash-mismatch",
  detail: "does not hash to the digest it states",
};

/** The hash that a line must state. INVARIANT: the line begins as every line does. */
export function hashOfLine(digests: Digests, line: string): string {
  return digests.sha256Hex(`${DOMAINS.line}{${line.slice(BODY_START)}`);
}

function statedHash(line: string): string {
  return line.slice(HASH_START, HASH_START + 64);
}

function valueFault(parsed: unknown): { path: string; problem: string } | undefined {
  const { type, value } = parsed as { type: string; value: unknown };
  if (!Object.hasOwn(EVENT_SHAPES, type)) return { path: "/type", problem: "is not a known event type" };
  if (!isJsonObject(value)) return { path: "/value", problem: "is not an object" };
  return EVENT_SHAPES[type as EventType].check(value, "/value");
}

function isCanonical(value: JsonValue, line: string): boolean {
  try {
    return canonicalJson(value) === line;
  } catch {
    return false;
  }
}
