/** Two descriptors member by member: what a person must read before a change is accepted. */
import { isJsonObject, type JsonValue } from "../base/json.js";
import { escapeSegment } from "../base/pointer.js";
import { visible } from "../evidence/visible.js";

/** One member that differs; the absent side is undefined. Values are JSON text in which nothing hides. */
export interface MemberChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * The leaves that differ, those of `before` in their order first. Attacker-controlled: both texts. Nothing is cut short: an
 * order to the model may stand at the end of a long description.
 */
export function memberChanges(before: string | undefined, after: string | undefined): readonly MemberChange[] {
  const [old, now] = [before, after].map((text) => leaves(text));
  const paths = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...paths]
    .map((path) => ({ path: visible(path), before: old?.get(path), after: now?.get(path) }))
    .filter((change) => change.before !== change.after);
}

function leaves(text: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (text !== undefined) walk(JSON.parse(text) as JsonValue, "", found);
  return found;
}

/** Depth is bounded by the strict reader, which has read both. */
function walk(value: JsonValue, path: string, found: Map<string, string>): void {
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  if (typeof value !== "object" || value === null || isEmpty) {
    found.set(path, shown(value));
    return;
  }
  if (isJsonObject(value))
    for (const [name, member] of Object.entries(value)) walk(member, `${path}/${escapeSegment(name)}`, found);
  else
    value.forEach((item, index) => {
      walk(item, `${path}/${String(index)}`, found);
    });
}

/** Letters that only look like ASCII ones are no less a disguise than characters that hide. */
const BEYOND_ASCII = /[^\x20-\x7e]/gu;

/** Whoever accepts a descriptor must see each character that is not what it looks like: all beyond ASCII are spelt out. */
function shown(value: JsonValue): string {
  return JSON.stringify(value).replace(BEYOND_ASCII, (character) => spelt(character));
}

function spelt(character: string): string {
  const escaped = visible(character);
  if (escaped !== character) return escaped;
  return /\p{L}/u.test(character) ? `${character}\\u{${(character.codePointAt(0) ?? 0).toString(16)}}` : character;
}
