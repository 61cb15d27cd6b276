/**
 * What a server has listed, and whether a descriptor has changed since: a tool is what it was when it was first seen, or,
 * with pins in force, what the operator has accepted.
 */
import { canonicalJson } from "../base/canonical.js";
import type { Digests } from "../base/digest.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import type { DescriptorList } from "../abi/descriptors.js";
import type { DescriptorState } from "../abi/syscalls.js";
import { skeletonOf } from "../mmu/skeleton.js";
import type { PinnedNames } from "./pins.js";

/** What a session has seen of one list of a server's. */
export interface Listed {
  /** SHA-256 of the descriptor as first seen, by name; `changed` once another one came under the same name. */
  readonly hashes: ReadonlyMap<string, string>;
  /** The name that was first seen of those that look alike, by what they look like. */
  readonly looks: ReadonlyMap<string, string>;
  /** Names whose descriptor the client did not get. */
  readonly withheld: ReadonlySet<string>;
  /** True once the list was seen to its last page. */
  readonly isComplete: boolean;
}

export type Listing = Readonly<Record<DescriptorList, Listed>> & {
  /** Property names of the listed schemas: the server's own, and no data of a call's. */
  readonly names: ReadonlySet<string>;
};

const NOTHING: Listed = { hashes: new Map(), looks: new Map(), withheld: new Set(), isComplete: false };
export const NO_LISTING: Listing = { tools: NOTHING, prompts: NOTHING, templates: NOTHING, names: new Set() };
const CHANGED = "changed";

/** Descriptors remembered of one list; what is beyond them counts as not listed. */
const MAX_LISTED = 10_000;

/** Where a list stands in its results, and what a descriptor is known by. Templates have no name that must be unique. */
const MEMBERS: Readonly<Record<DescriptorList, readonly [list: string, name: string]>> = {
  tools: ["tools", "name"],
  prompts: ["prompts", "name"],
  templates: ["resourceTemplates", "uriTemplate"],
};

const BY_METHOD: ReadonlyMap<string, DescriptorList> = new Map([
  ["tools/list#result", "tools"],
  ["prompts/list#result", "prompts"],
  ["resources/templates/list#result", "templates"],
]);

/** The list that a page of this method is a part of. */
export function listOfMethod(method: string): DescriptorList | undefined {
  return BY_METHOD.get(method);
}

/** The member that holds a list. */
export function memberOf(list: DescriptorList): string {
  return MEMBERS[list][0];
}

/** One page of a list. */
export interface ListingPage {
  readonly list: DescriptorList;
  readonly result: JsonValue;
  /** Indexes of what the client did not get. */
  readonly withheld: ReadonlySet<number>;
}

/** The descriptors of a page, in order; undefined when it holds no list. */
export function itemsOf(list: DescriptorList, result: JsonValue): readonly JsonValue[] | undefined {
  const items = isJsonObject(result) ? result[memberOf(list)] : undefined;
  return Array.isArray(items) ? (items as readonly JsonValue[]) : undefined;
}

/** What a descriptor is known by. */
export function nameIn(list: DescriptorList, item: JsonValue): string | undefined {
  const name = isJsonObject(item) ? item[MEMBERS[list][1]] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** The SHA-256 by which a descriptor is known. */
export function descriptorHash(item: JsonValue, digests: Pick<Digests, "sha256Hex">): string {
  return digests.sha256Hex(canonicalJson(item));
}

/** The listing after one more page. Attacker-controlled: all of it. */
export function withListingPage(listing: Listing, page: ListingPage, digests: Digests): Listing {
  const { list, result } = page;
  const items = itemsOf(list, result);
  if (items === undefined) return listing;
  const before = listing[list];
  const next = { hashes: new Map(before.hashes), looks: new Map(before.looks), withheld: new Set(before.withheld) };
  const names = new Set(listing.names);
  items.forEach((item, index) => {
    const name = nameIn(list, item);
    if (name === undefined || (!next.hashes.has(name) && next.hashes.size >= MAX_LISTED)) return;
    const hash = descriptorHash(item, digests);
    next.hashes.set(name, (next.hashes.get(name) ?? hash) === hash ? hash : CHANGED);
    if (page.withheld.has(index)) next.withheld.add(name);
    else {
      const look = skeletonOf(name);
      if (!next.looks.has(look)) next.looks.set(look, name);
      addProperties(item, names, 0);
    }
  });
  const isLast = (result as JsonObject)["nextCursor"] === undefined;
  return { ...listing, [list]: { ...next, isComplete: before.isComplete || isLast }, names };
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

/**
 * `unknown` as long as no listing was seen whole: then nothing is said about a name that was not seen. `quarantined`
 * what was withheld from the client, and, with pins in force, all but what was listed exactly as it is pinned.
 */
export function descriptorState(listed: Listed, name: string, pinned: PinnedNames | undefined): DescriptorState {
  const hash = listed.hashes.get(name);
  if (listed.withheld.has(name)) return "quarantined";
  if (pinned !== undefined && (hash === undefined || pinned.get(name) !== hash)) return "quarantined";
  if (hash === undefined) return listed.isComplete ? "unlisted" : "unknown";
  return hash === CHANGED ? "changed" : "listed";
}
