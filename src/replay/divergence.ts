/** A divergence: the first place where the kernel, given the recorded inputs, writes something else than was recorded. */
import { isJsonObject, type JsonValue } from "../base/json.js";

export interface Divergence {
  /** Line number in the log, from 1. */
  readonly line: number;
  /** JSON pointer of the first differing member, in canonical order; hash and prev come last, since they only follow. */
  readonly field: string;
  readonly recorded: string;
  readonly replayed: string;
}

/** Compares two lines that are not the same text. */
export function divergenceOf(line: number, recorded: string, replayed: string): Divergence {
  const field = firstDifference(JSON.parse(recorded) as JsonValue, JSON.parse(replayed) as JsonValue, "");
  return { line, field: field?.path ?? "", recorded: show(field?.a), replayed: show(field?.b) };
}

interface Difference {
  readonly path: string;
  readonly a: JsonValue | undefined;
  readonly b: JsonValue | undefined;
}

const FOLLOWING = new Set(["hash", "prev"]);

function firstDifference(a: JsonValue | undefined, b: JsonValue | undefined, path: string): Difference | undefined {
  if (!isContainer(a) || !isContainer(b)) return Object.is(a, b) ? undefined : { path, a, b };
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  const ordered =
    path === "" ? [...keys.filter((k) => !FOLLOWING.has(k)), ...keys.filter((k) => FOLLOWING.has(k))] : keys;
  for (const key of ordered) {
    const found = firstDifference(member(a, key), member(b, key), `${path}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Container = Readonly<Record<string, JsonValue>>;

function isContainer(value: JsonValue | undefined): value is Container {
  return Array.isArray(value) || isJsonObject(value);
}

function member(container: Container, key: string): JsonValue | undefined {
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? "(absent)" : JSON.stringify(value);
}
