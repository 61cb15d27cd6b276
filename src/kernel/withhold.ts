/**
 * Descriptors that are taken out of a listing before the client gets it: what the operator has not accepted, what is
 * meant to steer the model, and what passes for another server's. What is taken out has told the agent nothing.
 */
import { canonicalJson } from "../base/canonical.js";
import { isJsonObject, type JsonValue } from "../base/json.js";
import { MAX_NAME_CHARS } from "../base/limits.js";
import type { Digests } from "../base/digest.js";
import { MAX_WITHHELD, type DescriptorList, type WithheldFor } from "../abi/descriptors.js";
import type { Withheld } from "../abi/payload.js";
import { NAME_FORM } from "../abi/signed.js";
import { signsOf } from "../mmu/detectors.js";
import { skeletonOf } from "../mmu/skeleton.js";
import { descriptorHash, itemsOf, memberOf, nameIn, type Listing } from "./descriptors.js";
import { NO_PINS, type Pins } from "./pins.js";

/** What a page of a list is held against. */
export interface Listings {
  readonly list: DescriptorList;
  readonly server: string;
  /** Undefined when the run has no lock. */
  readonly pins: Pins | undefined;
  /** What the session has seen of each server. */
  readonly listings: ReadonlyMap<string, Listing>;
  readonly digests: Pick<Digests, "sha256Hex">;
}

/** More than a line holds: the page is withheld as one. */
const WHOLE: readonly Withheld[] = [{ path: "", reason: "quarantined" }];

/** Whether nothing of the page is handed on. */
export function isWhole(withheld: readonly Withheld[]): boolean {
  return withheld.some(({ path }) => path === "");
}

/** What is withheld of a page, in order. Attacker-controlled: the page. Linear in its size. */
export function withheldOf(page: Listings, result: JsonValue): readonly Withheld[] {
  const looks = new Map<string, string>();
  const withheld: Withheld[] = [];
  for (const [index, item] of (itemsOf(page.list, result) ?? []).entries()) {
    const reason = reasonAgainst(page, item, looks);
    if (reason !== undefined) withheld.push({ path: `/${memberOf(page.list)}/${String(index)}`, reason });
    if (withheld.length > MAX_WITHHELD) return WHOLE;
  }
  return withheld;
}

/** A pin of exactly this descriptor is the operator's word, and stands above every sign. */
function reasonAgainst(page: Listings, item: JsonValue, looks: Map<string, string>): WithheldFor | undefined {
  const { list, server, pins, digests } = page;
  const name = nameIn(list, item);
  if (name === undefined) return "poisoned";
  if (pins !== undefined) {
    const pinned = (pins.get(server) ?? NO_PINS)[list].get(name);
    return pinned === descriptorHash(item, digests) ? undefined : "quarantined";
  }
  if (list !== "templates" && !isName(name)) return "poisoned";
  if (signsOf(canonicalJson(item)).length > 0) return "poisoned";
  return isShadow(page, name, looks) ? "shadowing" : undefined;
}

/** One that no call can name, or that hides characters from a reader. */
function isName(name: string): boolean {
  return name.length <= MAX_NAME_CHARS && NAME_FORM.test(name);
}

/**
 * Whether a name passes for one that was listed before: another server's, or, spelt otherwise, the same server's. Of
 * templates, which are no names, nothing is said.
 */
function isShadow({ list, server, listings }: Listings, name: string, looks: Map<string, string>): boolean {
  if (list === "templates") return false;
  const look = skeletonOf(name);
  for (const [other, listing] of listings) {
    const known = listing[list].looks.get(look);
    if (known !== undefined && (other !== server || known !== name)) return true;
  }
  const first = looks.get(look) ?? name;
  looks.set(look, first);
  return first !== name;
}

/** The indexes that paths of a list's items name. */
export function indexesOf(withheld: readonly Withheld[]): ReadonlySet<number> {
  return new Set(withheld.map(({ path }) => Number(path.slice(path.lastIndexOf("/") + 1))));
}

/** The page without them; the very value when none is. */
export function withoutWithheld(result: JsonValue, list: DescriptorList, withheld: readonly Withheld[]): JsonValue {
  const items = itemsOf(list, result);
  // A change of the policy's may have put something else in the list's place: then nothing of it is left.
  if (withheld.length === 0 || isWhole(withheld) || items === undefined || !isJsonObject(result)) return result;
  const indexes = indexesOf(withheld);
  const kept = items.filter((_, index) => !indexes.has(index));
  return { ...result, [memberOf(list)]: kept };
}
