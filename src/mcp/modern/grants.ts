/** What each side is told the other can do in 2026-07-28: never more than the operator grants. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { offersRoots } from "../methods/capabilities.js";
import type { Grants } from "../methods/granted.js";
import { TASKS } from "./revision.js";

/**
 * What the server learns of the client, for one request: what it declared and the operator grants. Of extensions that
 * of tasks alone, and nothing experimental.
 */
export function cutClient(declared: JsonObject, grants: Grants): JsonObject {
  const cut: Record<string, JsonValue> = {};
  if (grants.has("elicitation")) addMember(cut, declared, "elicitation", ["form", "url"]);
  // Not `context`: a server's reading of what other servers said is no capability to pass on.
  if (grants.has("sampling")) addMember(cut, declared, "sampling", ["tools"]);
  if (offersRoots(declared, grants)) cut["roots"] = {};
  addTasks(cut, declared, grants);
  return cut;
}

/** What the client learns of the server. */
export function cutServer(declared: JsonObject, grants: Grants): JsonObject {
  const cut: Record<string, JsonValue> = {};
  const changes = grants.has("list-changed") ? ["listChanged"] : [];
  if (grants.has("tools")) addFlags(cut, declared, "tools", changes);
  if (grants.has("prompts")) addFlags(cut, declared, "prompts", changes);
  const resources = [...changes, ...(grants.has("subscribe") ? ["subscribe"] : [])];
  if (grants.has("resources")) addFlags(cut, declared, "resources", resources);
  if (grants.has("completion")) addFlags(cut, declared, "completions", []);
  if (grants.has("logging")) addFlags(cut, declared, "logging", []);
  addTasks(cut, declared, grants);
  return cut;
}

/** Of the extensions that of tasks alone: it alone has its results judged. */
function addTasks(cut: Record<string, JsonValue>, declared: JsonObject, grants: Grants): void {
  const extensions = own(declared, "extensions");
  if (!grants.has("tasks") || !isJsonObject(extensions) || !isJsonObject(own(extensions, TASKS))) return;
  cut["extensions"] = { [TASKS]: {} };
}

/** Whether capabilities that are cut to what is granted have the extension of tasks. */
export function hasTasks(capabilities: JsonObject): boolean {
  const extensions = own(capabilities, "extensions");
  return isJsonObject(extensions) && Object.hasOwn(extensions, TASKS);
}

/** A capability with those of its own members, which are objects without members of theirs. */
function addMember(
  cut: Record<string, JsonValue>,
  declared: JsonObject,
  name: string,
  members: readonly string[],
): void {
  const value = own(declared, name);
  if (!isJsonObject(value)) return;
  const kept = members.filter((member) => isJsonObject(own(value, member)));
  cut[name] = Object.fromEntries(kept.map((member) => [member, {}]));
}

/** A capability with those of its own members that are flags and set. */
function addFlags(
  cut: Record<string, JsonValue>,
  declared: JsonObject,
  name: string,
  members: readonly string[],
): void {
  const value = own(declared, name);
  if (!isJsonObject(value)) return;
  cut[name] = Object.fromEntries(members.filter((member) => own(value, member) === true).map((flag) => [flag, true]));
}

/** Never a member of the prototype. */
function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
