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
  if (grants.has("elicitation")) addMembers(cut, "elicitation", own(declared, "elicitation"), emptied(["form", "url"]));
  // Not `context`: a server's reading of what other servers said is no capability to pass on.
  if (grants.has("sampling")) addMembers(cut, "sampling", own(declared, "sampling"), emptied(["tools"]));
  if (offersRoots(declared, grants)) cut["roots"] = {};
  addTasks(cut, declared, grants);
  return cut;
}

/** What the client learns of the server. */
export function cutServer(declared: JsonObject, grants: Grants): JsonObject {
  const cut: Record<string, JsonValue> = {};
  const changes = grants.has("list-changed") ? ["listChanged"] : [];
  if (grants.has("tools")) addMembers(cut, "tools", own(declared, "tools"), flagged(changes));
  if (grants.has("prompts")) addMembers(cut, "prompts", own(declared, "prompts"), flagged(changes));
  const resources = [...changes, ...(grants.has("subscribe") ? ["subscribe"] : [])];
  if (grants.has("resources")) addMembers(cut, "resources", own(declared, "resources"), flagged(resources));
  if (grants.has("completion")) addMembers(cut, "completions", own(declared, "completions"), flagged([]));
  if (grants.has("logging")) addMembers(cut, "logging", own(declared, "logging"), flagged([]));
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

/** Which of a capability's own members stay, and as what. */
type Keep = (capability: JsonObject) => JsonObject;

/** A capability that was declared, with what is kept of it. */
function addMembers(cut: Record<string, JsonValue>, name: string, value: JsonValue | undefined, keep: Keep): void {
  if (isJsonObject(value)) cut[name] = keep(value);
}

/** Those of these members that are objects, without members of theirs. */
function emptied(members: readonly string[]): Keep {
  return (value) =>
    Object.fromEntries(members.filter((name) => isJsonObject(own(value, name))).map((name) => [name, {}]));
}

/** Those of these members that are flags and set. */
function flagged(members: readonly string[]): Keep {
  return (value) => Object.fromEntries(members.filter((name) => own(value, name) === true).map((name) => [name, true]));
}

/** Never a member of the prototype. */
function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
