/** What a `transform` does to a value: leaves redacted or substituted, by path. Pure; the rest of the value is untouched. */
import { canonicalJson } from "../base/canonical.js";
import { compilePath, escapeSegment, throughText, type PathPattern } from "../base/pointer.js";
import type { JsonValue } from "../base/json.js";
import { MAX_JSON_TEXT_DEPTH, MAX_PATH_CHARS } from "../mmu/bounds.js";
import { jsonTextOf, withoutEnvelope } from "../mmu/envelope.js";
import { leavesOf } from "../mmu/leaves.js";
import type { Change } from "../policy/ast.js";

/** What stands where a value was redacted. */
export const REDACTED = "[redacted by agentk]";

interface Edit {
  readonly pattern: PathPattern;
  readonly value: JsonValue;
}

/**
 * The value with the changes made, in order; a later one sees what an earlier one left. `quarantine` is not a change to
 * a part and is left to the boundary, which knows the form of its stubs.
 * @throws Error when a path is none, or when what it selects is still there afterwards: the kernel then denies.
 */
export function applyChanges(value: JsonValue, changes: readonly Change[]): JsonValue {
  return changes.reduce((before, change) => {
    if (change.kind === "quarantine") return before;
    const pattern = compilePath(change.path);
    if (!pattern.ok) throw new Error(pattern.error);
    const edit = { pattern: pattern.value, value: change.kind === "redact" ? REDACTED : change.value };
    const after = edited({ value: before, path: "", texts: 0 }, edit);
    assertMade(after, edit);
    return after;
  }, value);
}

/**
 * As a leaf is named in its result, as policies name it without the envelope, and as if JSON text were what it stands
 * for: wherever that could be, to miss nothing.
 */
function isSelected({ matches }: PathPattern, path: string): boolean {
  return namesOf(path, withoutEnvelope(path)).some(matches);
}

function namesOf(path: string, valuePath: string): readonly string[] {
  return [path, valuePath].flatMap((name) => [name, throughText(name)]).filter((name) => name !== "");
}

interface Part {
  readonly value: JsonValue;
  readonly path: string;
  /** How many strings of JSON text are around it. */
  readonly texts: number;
}

/**
 * The same value where nothing in it is selected. Attacker-controlled: the value. A list or object where a text was
 * expected is edited whole, not passed over, and a text that is JSON is edited within.
 */
function edited(part: Part, edit: Edit): JsonValue {
  const { value, path, texts } = part;
  // Where paths are too long, leaves have none, and nothing can say whether they are selected.
  if (path.length > MAX_PATH_CHARS) throw new Error("a path in the value is too long");
  if (isSelected(edit.pattern, path)) return edit.value;
  if (typeof value === "string") return editedText({ ...part, value }, edit);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    const next = items.map((item, index) => edited({ value: item, path: `${path}/${String(index)}`, texts }, edit));
    return next.every((item, index) => item === items[index]) ? items : next;
  }
  const members = Object.entries(value);
  const next = members.map(
    ([name, member]) => [name, edited({ value: member, path: `${path}/${escapeSegment(name)}`, texts }, edit)] as const,
  );
  return next.every(([, member], index) => member === members[index]?.[1]) ? value : Object.fromEntries(next);
}

function editedText({ value, path, texts }: Part & { readonly value: string }, edit: Edit): string {
  const inner = texts < MAX_JSON_TEXT_DEPTH ? jsonTextOf(value) : undefined;
  if (inner === undefined) return value;
  const next = edited({ value: inner, path: `${path}!`, texts: texts + 1 }, edit);
  return next === inner ? value : canonicalJson(next);
}

/**
 * INVARIANT: after a change, no leaf that a condition with its path would look at holds anything but the replacement. Of
 * keys there is no change, so a pattern of keys that are there cannot be made.
 */
function assertMade(after: JsonValue, { pattern, value }: Edit): void {
  const keysOnly = pattern.text.endsWith("#");
  for (const leaf of leavesOf(after)) {
    if (leaf.isKey && !keysOnly) continue;
    const isSelectedLeaf = namesOf(leaf.path, leaf.valuePath).some(pattern.matches);
    if (isSelectedLeaf && (leaf.isKey || leaf.value !== value)) throw new Error(`\`${pattern.text}\` was not changed`);
  }
}
