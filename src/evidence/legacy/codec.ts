/**
 * One line of the Rust AgentK, read strictly. Its hash is over the compact JSON of the event without `event_hash`,
 * which stands last: so it is checked on the line's own text, and nothing is written anew.
 * Attacker-controlled: every character.
 */
import { CanonicalError, canonicalJson } from "../../base/canonical.js";
import type { Digests } from "../../base/digest.js";
import { isJsonObject, type JsonValue } from "../../base/json.js";
import { err, ok, type Result } from "../../base/result.js";
import { LEGACY_LABELS, LEGACY_PARTS, legacyEventShape, type LegacyEvent } from "./event.js";
import type { LegacyFindingCode } from "./legacy-findings.js";

/** `previous_hash` of the first line. */
export const LEGACY_GENESIS = "0".repeat(64);

/** `,"event_hash":"`, 64 digits, `"}`: the end of every line. */
const HASH_TAIL = ',"event_hash":"'.length + 64 + '"}'.length;

/** A surrogate written as an escape, which compact JSON does only to a lone one; text may look like it, too. */
const SURROGATE_ESCAPE = /\\ud[89a-f]/;

export interface LegacyFault {
  readonly code: Extract<
    LegacyFindingCode,
    "line-not-json" | "member-unknown" | "line-shape" | "line-form" | "hash-mismatch"
  >;
  readonly detail: string;
}

/** Reads one line: known members only, in their form and order, its hash right. */
export function decodeLegacyLine(digests: Digests, line: string): Result<LegacyEvent, LegacyFault> {
  const parsed = parse(line);
  if (parsed === undefined) return err({ code: "line-not-json", detail: "is not JSON" });
  const unknown = unknownMember(parsed);
  if (unknown !== undefined) return err({ code: "member-unknown", detail: `${unknown} is not a known member` });
  const shape = legacyEventShape.check(parsed, "");
  if (shape !== undefined) return err({ code: "line-shape", detail: `${shape.path} ${shape.problem}` });
  const form = formFault(parsed as JsonValue, line);
  if (form !== undefined) return err({ code: "line-form", detail: form });
  const event = parsed as LegacyEvent;
  if (digests.sha256Hex(`${line.slice(0, -HASH_TAIL)}}`) !== event.event_hash)
    return err({ code: "hash-mismatch", detail: "does not hash to the `event_hash` it states" });
  return ok(event);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The object at `path`, if there is one. */
function partOf(value: unknown, path: readonly string[]): object | undefined {
  let at = value;
  for (const name of path) at = isJsonObject(at) ? at[name] : undefined;
  return isJsonObject(at) ? at : undefined;
}

function unknownMember(parsed: unknown): string | undefined {
  for (const { path, names } of LEGACY_PARTS) {
    const part = partOf(parsed, path) ?? {};
    const unknown = Object.keys(part).find((name) => !names.includes(name));
    if (unknown !== undefined) return `/${[...path, unknown.slice(0, 64)].join("/")}`;
  }
  return undefined;
}

function formFault(parsed: JsonValue, line: string): string | undefined {
  // Of strings and whole numbers JSON.stringify writes what serde_json's compact writer does. A duplicate member,
  // white space or another way to escape gives another text.
  if (JSON.stringify(parsed) !== line) return "is not compact JSON as the Rust AgentK writes it";
  if (SURROGATE_ESCAPE.test(line) && hasLoneSurrogate(parsed)) return "holds a lone surrogate";
  for (const { path, names, isOrdered } of LEGACY_PARTS)
    if (isOrdered && !isInOrder(Object.keys(partOf(parsed, path) ?? {}), names))
      return `/${path.join("/")} has its members in another order`;
  const { labels } = (parsed as unknown as LegacyEvent).syscall;
  return isInOrder(labels, LEGACY_LABELS) ? undefined : "/syscall/labels are not each once, in their order";
}

/** True when `names` are each once, in the order of `all`. */
function isInOrder(names: readonly string[], all: readonly string[]): boolean {
  let last = -1;
  return names.every((name) => {
    const at = all.indexOf(name);
    const isNext = at > last;
    last = at;
    return isNext;
  });
}

function hasLoneSurrogate(value: JsonValue): boolean {
  try {
    canonicalJson(value);
    return false;
  } catch (error) {
    if (error instanceof CanonicalError) return true;
    throw error;
  }
}
