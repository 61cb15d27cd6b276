/** Facts recorded under one policy, under the places that they have in another: a condition that says the same holds alike. */
import type { ArgumentTest, PolicyDocument } from "./ast.js";
import { factKey, partsOf, sayingOf, withInner, type Part } from "./check/parts.js";

/**
 * What the two policies share beside the condition itself, from most to least.
 * `all`: they are one document and judged the same calls, so even a budget holds alike. `labels`: they label what
 * comes in alike. `listings`: they may label it differently, so that only a call's own arguments and the servers'
 * listings are known alike. `arguments`: the listings are not known alike either.
 */
export type Shared = "all" | "labels" | "listings" | "arguments";

type Facts = ReadonlyMap<string, boolean>;

/** Carries the facts of one decision over. */
export type CarryFacts = (facts: Facts, shared: Shared) => Facts;

/** A condition's place as facts name it, and the condition. */
export function placesOf({ rules }: PolicyDocument): readonly (readonly [key: string, part: Part])[] {
  return rules.flatMap(({ when }, index) =>
    partsOf(when)
      .flatMap(withInner)
      .map((part) => [factKey(index, part.at), part] as const),
  );
}

/** Works out which places of `to` say what a place of `from` says. */
export function factCarrier(from: PolicyDocument, to: PolicyDocument): CarryFacts {
  const before = new Map(placesOf(from).map(([key, part]) => [key, sayingOf(part)]));
  const after = new Map<string, { readonly part: Part; readonly keys: string[] }>();
  for (const [key, part] of placesOf(to)) {
    const saying = sayingOf(part);
    const known = after.get(saying);
    if (known === undefined) after.set(saying, { part, keys: [key] });
    else known.keys.push(key);
  }
  return (facts, shared) => {
    if (shared === "all") return facts;
    const carried = new Map<string, boolean>();
    for (const [key, held] of facts) {
      const same = after.get(before.get(key) ?? "");
      if (same === undefined || !isKnownBy(same.part, shared)) continue;
      for (const place of same.keys) carried.set(place, held);
    }
    return carried;
  };
}

/** INVARIANT: what is not listed here is not carried. A budget never is: each has an account of its own. */
function isKnownBy(part: Part, shared: Exclude<Shared, "all">): boolean {
  if (part.on === "only") return true;
  if (part.on === "every" || part.on === "some") return shared === "labels" || !asksForOrigins(part.test);
  if (part.on === "descriptor") return shared !== "arguments";
  return part.on === "intent" && shared === "labels";
}

const OF_ORIGINS = [
  "from",
  "from_none",
  "tokens_from",
  "words_from",
  "said_with",
  "named",
  "labels_any",
  "labels_all",
  "labels_none",
] as const satisfies readonly (keyof ArgumentTest)[];

/** Whether a test is about where a leaf came from, and not about its value alone. */
function asksForOrigins(test: ArgumentTest): boolean {
  return OF_ORIGINS.some((name) => test[name] !== undefined);
}
