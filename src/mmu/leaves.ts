/** The leaves of a JSON value: what labels attach to and what provenance is asked for (design.md section 4). */
import { MAX_JSON_DEPTH } from "../base/limits.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import { escapeSegment, REST_PATH } from "../base/pointer.js";
import { MAX_JSON_TEXT_DEPTH, MAX_LEAVES, MAX_PATH_CHARS, MAX_PATHS_CHARS } from "./bounds.js";
import { isTextBlock, jsonTextOf, STRUCTURED } from "./envelope.js";

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
  /** The path of the string leaf whose JSON text this leaf stands in; undefined for all others. */
  readonly holder: string | undefined;
  /** Whether that string is a text block of the MCP result itself, and not a value that somebody wrote into one. */
  readonly isHolderEnvelope: boolean;
}

/** What the leaves of one object, list or text have in common. */
interface Around {
  readonly parent: JsonObject | undefined;
  readonly depth: number;
  /** How many strings of JSON text are around it. */
  readonly texts: number;
  /** Characters of the path that are the envelope's. */
  readonly envelope: number;
  readonly holder: string | undefined;
  readonly isHolderEnvelope: boolean;
}

/** INVARIANT: always made with all of its members in this order: objects of one form are read at several times the speed. */
interface Visit {
  readonly value: JsonValue;
  /** Where to go on in a list. */
  readonly from: number;
  /** Undefined when it would be too long: such a leaf is of the rest. */
  readonly path: string | undefined;
  readonly isKey: boolean;
  readonly around: Around;
}

/**
 * The leaves in document order, keys among them, and the leaves inside strings that are JSON text. Linear in the size
 * of the value; nothing is dropped: beyond MAX_LEAVES, and where paths are too long, the rest is one leaf of joined text.
 */
export function leavesOf(value: JsonValue): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const rest: string[] = [];
  const hasOneText = hasOneTextBlock(value);
  const stack: Visit[] = [{ value, from: 0, path: "", isKey: false, around: ROOT }];
  let pathChars = 0;
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (typeof visit.value === "object" && visit.value !== null) {
      const { value } = visit;
      if (isJsonObject(value)) pushMembers(stack, visit, value);
      else pushItems(stack, visit, value, passBare(value, visit.from, leaves, rest));
      continue;
    }
    const { path } = visit;
    // Attacker-controlled: one long name around many values would otherwise be written out once for each.
    if (path === undefined || leaves.length >= MAX_LEAVES || pathChars + path.length > MAX_PATHS_CHARS) {
      rest.push(String(visit.value));
    } else {
      pathChars += path.length;
      leaves.push(leafOf(visit.around, path, visit.value, visit.isKey));
    }
    pushInner(stack, visit, hasOneText);
  }
  if (rest.length > 0) leaves.push(leafOf(ROOT, REST_PATH, rest.join("\n"), false));
  return leaves;
}

const ROOT: Around = {
  parent: undefined,
  depth: 0,
  texts: 0,
  envelope: 0,
  holder: undefined,
  isHolderEnvelope: false,
};

function leafOf(around: Around, path: string, value: Leaf["value"], isKey: boolean): Leaf {
  const { parent, envelope, holder, isHolderEnvelope } = around;
  const valuePath = envelope === 0 ? path : path.slice(envelope);
  return { path, valuePath, value, isKey, parent, holder, isHolderEnvelope };
}

/**
 * Whether a result says what it is in one text block and nowhere else. INVARIANT: of several, none is taken for the
 * result's value, or a second block would pose as the record that the first one is.
 */
function hasOneTextBlock(value: JsonValue): boolean {
  if (!isJsonObject(value) || (value[STRUCTURED] ?? null) !== null) return false;
  let texts = 0;
  for (const list of [value["content"], value["contents"], value["messages"]]) {
    if (Array.isArray(list)) for (const block of list as readonly JsonValue[]) texts += textsOf(block);
  }
  return texts === 1;
}

/** The texts of a block: its own, and that of what is embedded in it. */
function textsOf(block: JsonValue): number {
  if (!isJsonObject(block)) return 0;
  return [block, block["resource"], block["content"]].filter(hasText).length;
}

function hasText(value: JsonValue | undefined): boolean {
  return value !== undefined && isJsonObject(value) && typeof value["text"] === "string";
}

/** Items of a list that are on the stack at a time: a list may have a million. */
const LIST_STEP = 256;

/** The next items, and what is left of the list below them. */
function pushItems(stack: Visit[], visit: Visit, list: readonly JsonValue[], from: number): void {
  const { path, isKey, around } = visit;
  const end = Math.min(list.length, from + LIST_STEP);
  if (end < list.length) stack.push({ value: visit.value, from: end, path, isKey, around });
  const inside = { ...around, depth: around.depth + 1 };
  for (let i = end - 1; i >= from; i--) {
    stack.push({ value: list[i] ?? null, from: 0, path: below(visit, String(i)), isKey, around: inside });
  }
}

/** Once there are as many leaves as there may be, numbers and the like go to the rest as they are. Returns where to go on. */
function passBare(list: readonly JsonValue[], from: number, leaves: readonly Leaf[], rest: string[]): number {
  if (leaves.length < MAX_LEAVES) return from;
  let at = from;
  for (; at < list.length; at++) {
    const item = list[at] ?? null;
    if (typeof item === "string" || (typeof item === "object" && item !== null)) break;
    rest.push(String(item));
  }
  return at;
}

/** Children go on the stack last first, so that they come off it in order. */
function pushMembers(stack: Visit[], visit: Visit, value: JsonObject): void {
  const inside = { ...visit.around, parent: value, depth: visit.around.depth + 1 };
  const names = Object.keys(value);
  for (let i = names.length - 1; i >= 0; i--) {
    const name = names[i] ?? "";
    const path = below(visit, name);
    const isEnvelope = visit.around.depth === 0 && name === STRUCTURED;
    const around = isEnvelope ? { ...inside, envelope: STRUCTURED.length + 1 } : inside;
    stack.push({ value: value[name] ?? null, from: 0, path, isKey: visit.isKey, around });
    stack.push({ value: name, from: 0, path: path === undefined ? undefined : `${path}#`, isKey: true, around });
  }
}

/**
 * Attacker-controlled: below MAX_JSON_DEPTH paths stop growing, or their total length would be quadratic; and where a
 * name would make one longer than MAX_PATH_CHARS, there is none from there on.
 */
function below({ path, around }: Visit, name: string): string | undefined {
  if (path === undefined || around.depth >= MAX_JSON_DEPTH) return path;
  if (path.length + name.length >= MAX_PATH_CHARS) return undefined;
  const longer = `${path}/${escapeSegment(name)}`;
  return longer.length > MAX_PATH_CHARS ? undefined : longer;
}

function pushInner(stack: Visit[], visit: Visit, hasOneText: boolean): void {
  const { around } = visit;
  if (typeof visit.value !== "string" || visit.isKey || around.texts >= MAX_JSON_TEXT_DEPTH) return;
  const inner = jsonTextOf(visit.value);
  if (inner === undefined) return;
  const { path: holder } = visit;
  const isHolderEnvelope = around.texts === 0 && holder !== undefined && isTextBlock(holder);
  const inside: Around = {
    parent: undefined,
    // Text at the root is not a result: its members' names are no envelope.
    depth: Math.max(around.depth, 1),
    texts: around.texts + 1,
    envelope: isHolderEnvelope && hasOneText ? holder.length + 1 : around.envelope,
    holder,
    isHolderEnvelope,
  };
  const path = holder === undefined ? undefined : `${holder}!`;
  stack.push({ value: inner, from: 0, path, isKey: visit.isKey, around: inside });
}
