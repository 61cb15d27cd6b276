/**
 * What labels say of each other. A call's integrity is one of a chain, so it is `trusted` or else `untrusted`;
 * `poisoned-suspect` is also `untrusted`, and `secret` also `private` (a test holds this against the lattice).
 */
import type { Part, PartOf } from "./parts.js";

export interface LabelFacts {
  readonly has: ReadonlySet<string>;
  readonly lacks: ReadonlySet<string>;
}

/** What follows when a call has the label, as `[label, has, lacks]`. */
const WHEN_HAS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["poisoned-suspect", ["untrusted"], ["trusted"]],
  ["untrusted", [], ["trusted"]],
  ["trusted", [], ["untrusted", "poisoned-suspect"]],
  ["secret", ["private"], []],
];
const WHEN_LACKS: typeof WHEN_HAS = [
  ["untrusted", ["trusted"], ["poisoned-suspect"]],
  ["trusted", ["untrusted"], []],
  ["private", [], ["secret"]],
];

/** All that the parts say of labels, and what follows from it. */
export function labelFacts(parts: readonly Part[]): LabelFacts {
  const has = new Set<string>();
  const lacks = new Set<string>();
  const choices: PartOf<"has-any">[] = [];
  for (const part of parts) {
    if (part.on === "has") has.add(part.label);
    else if (part.on === "lacks") lacks.add(part.label);
    else if (part.on === "has-any") choices.push(part);
  }
  for (let before = -1; before < has.size + lacks.size;) {
    before = has.size + lacks.size;
    follow(WHEN_HAS, has, { has, lacks });
    follow(WHEN_LACKS, lacks, { has, lacks });
    for (const { labels } of choices) {
      const left = labels.filter((label) => !lacks.has(label));
      const [only] = left;
      if (left.length === 1 && only !== undefined) has.add(only);
    }
  }
  return { has, lacks };
}

function follow(rows: typeof WHEN_HAS, given: Set<string>, into: { has: Set<string>; lacks: Set<string> }): void {
  for (const [label, has, lacks] of rows) {
    if (!given.has(label)) continue;
    for (const name of has) into.has.add(name);
    for (const name of lacks) into.lacks.add(name);
  }
}

/** True when the parts together ask for what no call's labels can be. */
export function labelsClash(parts: readonly Part[]): boolean {
  const { has, lacks } = labelFacts(parts);
  if ([...has].some((label) => lacks.has(label))) return true;
  return parts.some((part) => part.on === "has-any" && part.labels.every((label) => lacks.has(label)));
}

/** True only when the goal, a claim about labels, follows from the parts. */
export function labelsImply(parts: readonly Part[], goal: Part): boolean {
  if (goal.on !== "has" && goal.on !== "lacks" && goal.on !== "has-any") return false;
  const { has, lacks } = labelFacts(parts);
  if (goal.on === "has") return has.has(goal.label);
  if (goal.on === "lacks") return lacks.has(goal.label);
  const isWithin = (part: Part): boolean =>
    part.on === "has-any" && part.labels.every((label) => goal.labels.includes(label) || lacks.has(label));
  return goal.labels.some((label) => has.has(label)) || parts.some(isWithin);
}
