/** What each side is told the other can do: never more than has a contract and is granted. */
import { isJsonObject, type JsonObject } from "../../base/json.js";
import type { Revision } from "../wire/revisions.js";
import type { Grants } from "./granted.js";

/**
 * What the server learns of the client. Roots are agentk's own to answer, from the policy, whether or not the client has
 * some, unless the operator says otherwise: a server in wide use replaces its own allow-list by the client's. Never `tasks`: a server makes none at a client.
 */
export function cutClientCapabilities(declared: JsonObject, grants: Grants, revision: Revision): JsonObject {
  const { elicitation, sampling } = declared;
  return {
    ...(grants.has("elicitation") && isJsonObject(elicitation) ? { elicitation: modes(elicitation, revision) } : {}),
    ...(offersRoots(declared, grants) ? { roots: {} } : {}),
    ...(grants.has("sampling") && isJsonObject(sampling) ? { sampling: cutSampling(sampling, revision) } : {}),
  };
}

/** Whether a server may ask for roots: of agentk always, of the client when it has said that it can. */
export function offersRoots(declared: JsonObject, grants: Grants): boolean {
  return grants.has("roots") && (!grants.hasClientRoots || isJsonObject(declared["roots"]));
}

/** What the client learns of the server. */
export function cutServerCapabilities(declared: JsonObject, grants: Grants, revision?: Revision): JsonObject {
  const announced = grants.has("list-changed") ? ["listChanged"] : [];
  const kept = {
    completions: grants.has("completion") ? flags(declared["completions"], []) : undefined,
    logging: grants.has("logging") ? flags(declared["logging"], []) : undefined,
    prompts: grants.has("prompts") ? flags(declared["prompts"], announced) : undefined,
    resources: grants.has("resources")
      ? flags(declared["resources"], grants.has("subscribe") ? [...announced, "subscribe"] : announced)
      : undefined,
    tasks: grants.has("tasks") && revision === "2025-11-25" ? cutTasks(declared["tasks"]) : undefined,
    tools: grants.has("tools") ? flags(declared["tools"], announced) : undefined,
  };
  return Object.fromEntries(
    Object.entries(kept).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** What of `tasks` a server declares makes tasks of tool calls (2025-11-25); undefined for one that makes none. */
export function cutTasks(declared: unknown): JsonObject | undefined {
  if (!isObject(declared)) return undefined;
  const { requests } = declared;
  const tools = isObject(requests) ? requests["tools"] : undefined;
  if (!isObject(tools) || !isJsonObject(tools["call"])) return undefined;
  return { ...objects(declared, ["cancel", "list"]), requests: { tools: { call: {} } } };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** 2025-11-25: `{}` means forms alone; what is empty stays so. `context` is never told: no context is ever included. */
function modes(declared: JsonObject, revision: Revision): JsonObject {
  return revision === "2025-11-25" ? objects(declared, ["form", "url"]) : {};
}

function cutSampling(declared: JsonObject, revision: Revision): JsonObject {
  return revision === "2025-11-25" ? objects(declared, ["tools"]) : {};
}

function objects(declared: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => isJsonObject(declared[name])).map((name) => [name, {}]));
}

/** Only `true` is told on: an absent member and `false` mean the same. */
function flags(declared: unknown, names: readonly string[]): JsonObject | undefined {
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) return undefined;
  const members = declared as JsonObject;
  return Object.fromEntries(names.filter((name) => members[name] === true).map((name) => [name, true]));
}
