/** What each side is told the other can do: never more than has a contract. */
import { isJsonObject, type JsonObject } from "../../base/json.js";

/**
 * None: roots, sampling, elicitation and tasks are requests of the server, and no such request has a contract.
 * A server acts on what it is told: one in wide use replaces its own allow-list by the client's roots.
 */
const CLIENT_CAPABILITIES: readonly string[] = [];

/** Without their own members: `listChanged` announces a notification that has no contract. */
const SERVER_CAPABILITIES: readonly string[] = ["tools"];

/** What the server learns of the client. */
export function cutClientCapabilities(capabilities: JsonObject): JsonObject {
  return cut(capabilities, CLIENT_CAPABILITIES);
}

/** What the client learns of the server. */
export function cutServerCapabilities(capabilities: JsonObject): JsonObject {
  return cut(capabilities, SERVER_CAPABILITIES);
}

function cut(capabilities: JsonObject, known: readonly string[]): JsonObject {
  const kept = known.filter((name) => Object.hasOwn(capabilities, name) && isJsonObject(capabilities[name]));
  return Object.fromEntries(kept.map((name) => [name, {}]));
}
