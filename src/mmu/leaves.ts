/** The leaves of a JSON value: what labels attach to and what provenance is asked for (design.md section 4). */
import { MAX_JSON_DEPTH } from "../base/limits.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import { REST_PATH } from "../base/pointer.js";
import { MAX_JSON_TEXT_CHARS, MAX_JSON_TEXT_DEPTH, MAX_LEAVES } from "./bounds.js";

export interface Leaf {
  /**
   * JSON pointer (RFC 6901) within the value; `~2` stands for `#` and `~3` for `!` in a member name. A trailing `#`
   * names the member's key itself; `!` goes on inside a string that is JSON text.
   */
  readonly path: string;
  /** The path a policy author thinks in: without the envelope that MCP puts around a result's value. */
  readonly valuePath: string;
  readonly value: string | number | boolean | null;
  readonly isKey: boolean;
  /** The nearest object around the leaf, whose other members may say who wrote it. */
  readonly parent: JsonObject | undefined;
}

const ENVELOPE =
  /^(?:\/structuredContent(?=[/#!]|$)|\/content\/\d+\/(?:resource\/)?text!|\/contents\/\d+\/text!|\/messages\/\d+\/content\/text!)/;

interface Visit {
  readonly value: JsonValue;
  readonly path: string;
  readonly isKey: boolean;
  readonly parent: JsonObject | undefined;
  readonly depth: number;
  /** How many strings of JSON text are around it. */
  readonly texts: number;
}

/**
 * The leaves in document order, keys among them, and the leaves inside strings that are JSON text. Linear in the size
 * of the value; nothing is dropped: beyond MAX_LEAVES the rest is one leaf of joined text.
 */
export function leavesOf(value: JsonValue): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const rest: string[] = [];
  const stack: Visit[] = [{ value, path: "", isKey: false, parent: undefined, depth: 0, texts: 0 }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (typeof visit.value === "object" && visit.value !== null) {
      pushMembers(stack, visit, visit.value);
      continue;
    }
    if (leaves.length < MAX_LEAVES) leaves.push(leafOf(visit, visit.value));
    else rest.push(String(visit.value));
    pushInner(stack, visit);
  }
  if (rest.length > 0) {
    leaves.push({ path: REST_PATH, valuePath: REST_PATH, value: rest.join("\n"), isKey: false, parent: undefined });
  }
  return leaves;
}

function leafOf(visit: Visit, value: Leaf["value"]): Leaf {
  const { path, isKey, parent } = visit;
  return { path, valuePath: path.replace(ENVELOPE, ""), value, isKey, parent };
}

/** Children go on the stack last first, so that they come off it in order. */
function pushMembers(stack: Visit[], visit: Visit, value: JsonObject | readonly JsonValue[]): void {
  const depth = visit.depth + 1;
  const { texts } = visit;
  if (!isJsonObject(value)) {
    for (let i = value.length - 1; i >= 0; i--) {
      const path = below(visit, String(i));
      stack.push({ value: value[i] ?? null, path, isKey: false, parent: visit.parent, depth, texts });
    }
    return;
  }
  for (const name of Object.keys(value).reverse()) {
    const path = below(visit, name);
    stack.push({ value: value[name] ?? null, path, isKey: false, parent: value, depth, texts });
    stack.push({ value: name, path: `${path}#`, isKey: true, parent: value, depth, texts });
  }
}

/** Attacker-controlled: below MAX_JSON_DEPTH paths stop growing, or their total length would be quadratic. */
function below(visit: Visit, name: string): string {
  if (visit.depth >= MAX_JSON_DEPTH) return visit.path;
  return `${visit.path}/${escapeName(name)}`;
}

function escapeName(name: string): string {
  if (!/[~/#!]/.test(name)) return name;
  return name.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("#", "~2").replaceAll("!", "~3");
}

function pushInner(stack: Visit[], visit: Visit): void {
  if (typeof visit.value !== "string" || visit.isKey || visit.texts >= MAX_JSON_TEXT_DEPTH) return;
  const inner = jsonTextOf(visit.value);
  if (inner === undefined) return;
  stack.push({ ...visit, value: inner, path: `${visit.path}!`, parent: undefined, texts: visit.texts + 1 });
}

function jsonTextOf(text: string): JsonValue | undefined {
  if (text.length > MAX_JSON_TEXT_CHARS || !/^\s*[[{]/.test(text)) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}
