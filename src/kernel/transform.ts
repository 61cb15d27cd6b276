/** What a `transform` does to a value: leaves redacted or substituted, by path. Pure; the rest of the value is untouched. */
import { compilePath, escapeSegment } from "../base/pointer.js";
import type { JsonValue } from "../base/json.js";
import type { Change } from "../policy/ast.js";

/** What stands where a value was redacted. */
export const REDACTED = "[redacted by agentk]";

interface Edit {
  readonly matches: (path: string) => boolean;
  readonly value: JsonValue;
}

/**
 * The value with the changes made, in order; a later one sees what an earlier one left. `quarantine` is not a change to
 * a part and is left to the boundary, which knows the form of its stubs.
 * @throws Error when a path is none: the kernel then denies.
 */
export function applyChanges(value: JsonValue, changes: readonly Change[]): JsonValue {
  return changes.reduce((before, change) => {
    if (change.kind === "quarantine") return before;
    const pattern = compilePath(change.path);
    if (!pattern.ok) throw new Error(pattern.error);
    const edit = { matches: pattern.value.matches, value: change.kind === "redact" ? REDACTED : change.value };
    return edited(before, "", edit);
  }, value);
}

/** Attacker-controlled: the value. A list or object where a text was expected is edited whole, not passed over. */
function edited(value: JsonValue, path: string, edit: Edit): JsonValue {
  if (path !== "" && edit.matches(path)) return edit.value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((item, index) => edited(item, `${path}/${String(index)}`, edit));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, edited(member, `${path}/${escapeSegment(name)}`, edit)]),
  );
}
