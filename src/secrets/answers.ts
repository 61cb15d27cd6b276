/** Taking a store's answer apart: nothing in it is believed to have a shape before it was looked at. */
import type { StoreAnswer } from "../abi/secret-store.js";
import type { SecretState } from "./backend.js";

/** A member of an object's own; undefined for anything else. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

/** The items of a list; none for anything else. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What a status says when it is not 200; undefined when the answer itself has to be read. */
export function stateOfStatus(answer: StoreAnswer | undefined): SecretState | undefined {
  if (answer === undefined) return "unreachable";
  if (answer.status === 200) return answer.json === undefined ? "unreachable" : undefined;
  if (answer.status === 404) return "missing";
  return answer.status === 401 || answer.status === 403 ? "denied" : "unreachable";
}
