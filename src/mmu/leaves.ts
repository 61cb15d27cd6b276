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

interface Visit {
  readonly value: JsonValue;
  /** Where to go on in a list. */
  readonly from: number;
  /** Undefined when it would be too long: such a leaf is of the rest. */
  readonly path: string | undefined;
  readonly isKey: boolean;
  readonly parent: JsonObject | undefined;
  readonly depth: number;
  /** How many strings of JSON text are around it. */
  readonly texts: number;
  /** Characters of the path that are the envelope's. */
  readonly envelope: number;
  readonly holder: string | undefined;
  readonly isHolderEnvelope: boolean;
}

/**
 * The leaves in document order, keys among them, and the leaves inside strings that are JSON text. Linear in the size
 * of the value; nothing is dropped: beyond MAX_LEAVES, and where paths are too long, the rest is one leaf of joined text.
 */
export function leavesOf(value: JsonValue): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const rest: string[] = [];
  const hasOneText = hasOneTextBlock(value);
  const stack: Visit[] = [{ ...ROOT, value }];
  let pathChars = 0;
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (typeof visit.value === "object" && visit.value !== null) {
      const { value } = visit;
      if (isJsonObject(value)) pushMembers(stack, visit, value);
      else pushItems(stack, { ...visit, from: passBare(value, visit.from, leaves, rest) }, value);
      continue;
    }
    const { path } = visit;
    // Attacker-controlled: one long name around many values would otherwise be written out once for each.
    if (path === undefined || leaves.length >= MAX_LEAVES || pathChars + path.length > MAX_PATHS_CHARS) {
      rest.push(String(visit.value));
    } else {
      pathChars += path.length;
      leaves.push(leafOf(visit, path, visit.value));
    }
    pushInner(stack, visit, hasOneText);
  }
  if (rest.length > 0) leaves.push(leafOf(ROOT, REST_PATH, rest.join("\n")));
  return leaves;
}

const ROOT: Visit = {
  value: null,
  from: 0,
  path: "",
  isKey: false,
  parent: undefined,
  depth: 0,
  texts: 0,
  envelope: 0,
  holder: undefined,
  isHolderEnvelope: false,
};

function leafOf(visit: Visit, path: string, value: Leaf["value"]): Leaf {
  const { isKey, parent, envelope, holder, isHolderEnvelope } = visit;
  return {
    path,
    valuePath: envelope === 0 ? path : path.slice(envelope),
    value,
    isKey,
    parent,
    holder,
    isHolderEnvelope,
  };
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
function pushItems(stack: Visit[], visit: Visit, list: readonly JsonValue[]): void {
  const { from } = visit;
  const end = Math.min(list.length, from + LIST_STEP);
  if (end < list.length) stack.push({ ...visit, from: end });
  const item = { ...visit, from: 0, depth: visit.depth + 1 };
  for (let i = end - 1; i >= from; i--) {
    stack.push({ ...item, value: list[i] ?? null, path: below(visit, String(i)) });
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
  const depth = visit.depth + 1;
  for (const name of Object.keys(value).reverse()) {
    const path = below(visit, name);
    const envelope = visit.depth === 0 && name === STRUCTURED ? STRUCTURED.length + 1 : visit.envelope;
    const member = { ...visit, path, parent: value, depth, envelope };
    stack.push({ ...member, value: value[name] ?? null });
    stack.push({ ...member, value: name, path: path === undefined ? undefined : `${path}#`, isKey: true });
  }
}

/**
 * Attacker-controlled: below MAX_JSON_DEPTH paths stop growing, or their total length would be quadratic; and where a
 * name would make one longer than MAX_PATH_CHARS, there is none from there on.
 */
function below({ path, depth }: Visit, name: string): string | undefined {
  if (path === undefined || depth >= MAX_JSON_DEPTH) return path;
  if (path.length + name.length >= MAX_PATH_CHARS) return undefined;
  const longer = `${path}/${escapeSegment(name)}`;
  return longer.length > MAX_PATH_CHARS ? undefined : longer;
}

function pushInner(stack: Visit[], visit: Visit, hasOneText: boolean): void {
  if (typeof visit.value !== "string" || visit.isKey || visit.texts >= MAX_JSON_TEXT_DEPTH) return;
  const inner = jsonTextOf(visit.value);
  if (inner === undefined) return;
  const { path: holder, texts } = visit;
  const isHolderEnvelope = texts === 0 && holder !== undefined && isTextBlock(holder);
  const path = holder === undefined ? undefined : `${holder}!`;
  const envelope = isHolderEnvelope && hasOneText ? holder.length + 1 : visit.envelope;
  // Text at the root is not a result: its members' names are no envelope.
  const depth = Math.max(visit.depth, 1);
  stack.push({
    ...visit,
    value: inner,
    path,
    parent: undefined,
    texts: texts + 1,
    envelope,
    holder,
    isHolderEnvelope,
    depth,
  });
}
