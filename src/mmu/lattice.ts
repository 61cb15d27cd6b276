/**
 * The label lattice: a product of three chains and a powerset (design.md section 4).
 * Join goes up on every axis; nothing in this file returns labels lower than it was given.
 * Source: D. Denning, "A Lattice Model of Secure Information Flow", CACM 19(5), 1976.
 */
import {
  CONFIDENTIALITY,
  INTEGRITY,
  LABEL_NAMES,
  ORIGIN,
  TAG_FORM,
  type LabelName,
  type Labels,
} from "../abi/labels.js";

/** The bottom: trusted, public, internal, no tags. What a session is before anything was read. */
export const BOTTOM: Labels = { integrity: "trusted", confidentiality: "public", origin: "internal", tags: [] };

/** What anything from outside is until the operator says otherwise. */
export const OUTSIDE: Labels = { integrity: "untrusted", confidentiality: "public", origin: "external", tags: [] };

function higher<T extends string>(chain: readonly T[], a: T, b: T): T {
  return chain.indexOf(a) >= chain.indexOf(b) ? a : b;
}

/** What a detector hit joins to a page: may be meant to steer. */
export const SUSPECT: Labels = { ...BOTTOM, integrity: "poisoned-suspect" };

/** The least upper bound: associative, commutative, idempotent, monotone. */
export function join(a: Labels, b: Labels): Labels {
  if (a === b) return a;
  return {
    integrity: higher(INTEGRITY, a.integrity, b.integrity),
    confidentiality: higher(CONFIDENTIALITY, a.confidentiality, b.confidentiality),
    origin: higher(ORIGIN, a.origin, b.origin),
    tags: joinTags(a.tags, b.tags),
  };
}

function joinTags(a: readonly string[], b: readonly string[]): readonly string[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  return [...new Set([...a, ...b])].sort();
}

/** The order: true when `a` flows to `b`, that is, when `b` is at least as high on every axis. */
export function mayFlow(a: Labels, b: Labels): boolean {
  return (
    INTEGRITY.indexOf(a.integrity) <= INTEGRITY.indexOf(b.integrity) &&
    CONFIDENTIALITY.indexOf(a.confidentiality) <= CONFIDENTIALITY.indexOf(b.confidentiality) &&
    ORIGIN.indexOf(a.origin) <= ORIGIN.indexOf(b.origin) &&
    a.tags.every((tag) => b.tags.includes(tag))
  );
}

/** The names that stand in a log: the point on each axis, lowest points of confidentiality and origin unsaid. */
export function labelNames(labels: Labels): readonly string[] {
  const names: string[] = [labels.integrity];
  if (labels.confidentiality !== "public") names.push(labels.confidentiality);
  if (labels.origin === "external") names.push("external");
  names.push(...labels.tags);
  return names;
}

/** The names a policy may test: each point implies the ones below it, save `trusted`, which says that nothing raised it. */
export function impliedNames(labels: Labels): ReadonlySet<string> {
  const names = new Set<string>(labelNames(labels));
  if (labels.integrity === "poisoned-suspect") names.add("untrusted");
  if (labels.confidentiality === "secret") names.add("private");
  return names;
}

/** The least labels that carry all these names; `undefined` when one is neither a label name nor a tag. */
export function labelsOf(names: readonly string[]): Labels | undefined {
  let labels = BOTTOM;
  for (const name of names) {
    const one = labelOf(name);
    if (one === undefined) return undefined;
    labels = join(labels, one);
  }
  return labels;
}

const POINTS: Readonly<Record<LabelName, Labels>> = {
  trusted: BOTTOM,
  untrusted: { ...BOTTOM, integrity: "untrusted" },
  "poisoned-suspect": SUSPECT,
  private: { ...BOTTOM, confidentiality: "private" },
  secret: { ...BOTTOM, confidentiality: "secret" },
  external: { ...BOTTOM, origin: "external" },
};

function labelOf(name: string): Labels | undefined {
  const known = LABEL_NAMES.find((label) => label === name);
  if (known !== undefined) return POINTS[known];
  return TAG_FORM.test(name) ? { ...BOTTOM, tags: [name] } : undefined;
}
