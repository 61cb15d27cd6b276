import fc from "fast-check";
import { expect, test } from "vitest";
import { CONFIDENTIALITY, INTEGRITY, LABEL_NAMES, ORIGIN } from "../../../src/abi/labels.js";
import { impliedNames } from "../../../src/mmu/lattice.js";
import { labelsClash, labelsImply } from "../../../src/policy/check/label-facts.js";
import { partsOf } from "../../../src/policy/check/parts.js";

/** Every set of names that the lattice gives a call, with one tag. */
const POINTS = INTEGRITY.flatMap((integrity) =>
  CONFIDENTIALITY.flatMap((confidentiality) =>
    ORIGIN.flatMap((origin) => [[], ["pii"]].map((tags) => impliedNames({ integrity, confidentiality, origin, tags }))),
  ),
);
const names = fc.uniqueArray(fc.constantFrom(...LABEL_NAMES, "pii"), { maxLength: 3 });
const conditions = fc.record({ labels_any: names, labels_all: names, labels_none: names });

interface Conditions {
  readonly labels_any: readonly string[];
  readonly labels_all: readonly string[];
  readonly labels_none: readonly string[];
}

function holds({ labels_any, labels_all, labels_none }: Conditions, labels: ReadonlySet<string>): boolean {
  const isOn = (name: string): boolean => labels.has(name);
  return (labels_any.length === 0 || labels_any.some(isOn)) && labels_all.every(isOn) && !labels_none.some(isOn);
}

test("what follows and what clashes is so at every point of the lattice", () => {
  fc.assert(
    fc.property(conditions, conditions, (known, wanted) => {
      const parts = partsOf({ syscalls: [], ...known });
      const goals = partsOf({ syscalls: [], ...wanted });
      const points = POINTS.filter((labels) => holds(known, labels));
      if (labelsClash(parts)) expect(points).toEqual([]);
      if (goals.every((goal) => labelsImply(parts, goal)))
        expect(points.filter((labels) => !holds(wanted, labels))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
});

test("no clash is missed that the chains make", () => {
  const clash = (when: Partial<Conditions>): boolean => labelsClash(partsOf({ syscalls: [], ...when }));
  expect(clash({ labels_all: ["trusted", "poisoned-suspect"] })).toBe(true);
  expect(clash({ labels_all: ["secret"], labels_none: ["private"] })).toBe(true);
  expect(clash({ labels_none: ["trusted", "untrusted"] })).toBe(true);
  expect(clash({ labels_any: ["secret", "pii"], labels_none: ["private", "pii"] })).toBe(true);
  expect(clash({ labels_all: ["private"], labels_none: ["secret"] })).toBe(false);
});

test.each<readonly [Partial<Conditions>, Partial<Conditions>, boolean]>([
  [{ labels_all: ["secret"] }, { labels_all: ["private"] }, true],
  [{ labels_all: ["private"] }, { labels_all: ["secret"] }, false],
  [{ labels_none: ["private"] }, { labels_none: ["secret"] }, true],
  [{ labels_none: ["untrusted"] }, { labels_all: ["trusted"] }, true],
  [{ labels_any: ["a", "b"] }, { labels_any: ["a", "b", "c"] }, true],
  [{ labels_any: ["a", "b"] }, { labels_any: ["a"] }, false],
  [{ labels_any: ["a", "b"], labels_none: ["b"] }, { labels_any: ["a", "c"] }, true],
  [{ labels_any: ["a", "b"], labels_none: ["b"] }, { labels_all: ["a"] }, true],
  [{ labels_any: ["a", "b"], labels_none: ["c"] }, { labels_all: ["a"] }, false],
  [{ labels_any: ["a", "b", "c"], labels_none: ["c"] }, { labels_any: ["a", "b"] }, true],
  [{ labels_all: ["a"] }, { labels_none: ["b"] }, false],
  [{}, { labels_any: ["a"] }, false],
])("from %j follows %j: %s", (known, wanted, is) => {
  const [goal] = partsOf({ syscalls: [], ...wanted });
  expect(goal !== undefined && labelsImply(partsOf({ syscalls: [], ...known }), goal)).toBe(is);
});

test("of what is no label, labels say nothing", () => {
  const [goal] = partsOf({ syscalls: [], tool: ["a"] });
  const known = partsOf({ syscalls: [], tool: ["a"], labels_all: ["a"] });
  expect(goal !== undefined && labelsImply(known, goal)).toBe(false);
  expect(labelsClash(partsOf({ syscalls: [], tool: ["a"], labels_all: ["a"] }))).toBe(false);
});
