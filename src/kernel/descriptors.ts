/** Which tools a server has listed, and whether one has changed since: a tool is what it was when it was first seen. */
import { canonicalJson } from "../base/canonical.js";
import type { Digests } from "../base/digest.js";
import { isJsonObject, type JsonValue } from "../base/json.js";
import type { DescriptorState } from "../abi/syscalls.js";

/** What a session has seen of one server's listings. */
export interface Listing {
  /** SHA-256 of the descriptor as first seen, by tool; `changed` once another one came under the same name. */
  readonly tools: ReadonlyMap<string, string>;
  /** Property names of the listed schemas: the server's own, and no data of a call's. */
  readonly names: ReadonlySet<string>;
  /** True once a listing was seen to its last page. */
  readonly isComplete: boolean;
}

export const NO_LISTING: Listing = { tools: new Map(), names: new Set(), isComplete: false };
const CHANGED = "changed";

/** Tools remembered of one server; what is beyond them counts as not listed. */
const MAX_TOOLS = 10_000;

/** The listing after one more page of `tools/list`. Attacker-controlled: all of it. */
export function withListingPage(listing: Listing, result: JsonValue, digests: Digests): Listing {
  const list = isJsonObject(result) ? result["tools"] : undefined;
  if (!isJsonObject(result) || !Array.isArray(list)) return listing;
  const tools = new Map(listing.tools);
  const names = new Set(listing.names);
  for (const tool of list as readonly JsonValue[]) {
    if (addTool(tool, tools, digests)) addProperties(tool, names, 0);
  }
  return { tools, names, isComplete: listing.isComplete || result["nextCursor"] === undefined };
}

/** False for what is no tool, and for one beyond the bound. */
function addTool(tool: JsonValue, tools: Map<string, string>, digests: Digests): boolean {
  const name = nameOf(tool);
  if (name === undefined || (!tools.has(name) && tools.size >= MAX_TOOLS)) return false;
  const hash = digests.sha256Hex(canonicalJson(tool));
  tools.set(name, (tools.get(name) ?? hash) === hash ? hash : CHANGED);
  return true;
}

function nameOf(tool: JsonValue): string | undefined {
  const name = isJsonObject(tool) ? tool["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** Bounds on what is taken of schemas: their property names are for the log, which does without those beyond. */
const MAX_NAMES = 4096;
const MAX_SCHEMA_DEPTH = 16;

function addProperties(value: JsonValue, names: Set<string>, depth: number): void {
  if (typeof value !== "object" || value === null || depth > MAX_SCHEMA_DEPTH) return;
  const properties = isJsonObject(value) ? value["properties"] : undefined;
  for (const name of isJsonObject(properties) ? Object.keys(properties) : []) {
    if (names.size < MAX_NAMES) names.add(name);
  }
  for (const member of Object.values(value) as readonly JsonValue[]) addProperties(member, names, depth + 1);
}

/** `unknown` as long as no listing was seen whole: then nothing is said about a tool that was not seen. */
export function descriptorState(listing: Listing, tool: string): DescriptorState {
  const hash = listing.tools.get(tool);
  if (hash === undefined) return listing.isComplete ? "unlisted" : "unknown";
  return hash === CHANGED ? "changed" : "listed";
}
