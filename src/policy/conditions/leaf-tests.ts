/** What an argument test asks of one leaf, a row for each condition: those on the value first, as they cost least. */
import type { Labels } from "../../abi/labels.js";
import type { ArgumentTest } from "../ast.js";
import { checked } from "../checked.js";
import { compileUnder } from "../match/path.js";
import { compileRegex } from "../match/regex.js";
import { compileUrl } from "../match/url.js";
import { compilePhrases } from "../words.js";
import type { ArgumentLeaf } from "./condition.js";
import { numberOf } from "./quantity.js";

type LeafTest = (leaf: ArgumentLeaf) => boolean;
type LeafConditions = Omit<ArgumentTest, "path">;

/** INVARIANT: the type makes a forgotten condition an error; a row is called only when its condition is given. */
type Table = { readonly [K in keyof LeafConditions]-?: (value: NonNullable<LeafConditions[K]>) => LeafTest };

const TESTS: Table = {
  equals: (wanted) => (leaf) => leaf.value === wanted,
  in: (values) => {
    const wanted: ReadonlySet<unknown> = new Set(values);
    return (leaf) => wanted.has(leaf.value);
  },
  min: (least) => onNumber((number) => number >= least),
  max: (most) => onNumber((number) => number <= most),
  min_length: (least) => onText((text) => codePoints(text) >= least),
  max_length: (most) => onText((text) => codePoints(text) <= most),
  matches: (source) => onText(checked(compileRegex(source))),
  url: (pattern) => onText(compileUrl(pattern)),
  under: (pattern) => onText(compileUnder(pattern)),
  labels_any: (names) => onLabels(names, (labels) => names.some((name) => isLabelled(labels, name))),
  labels_all: (names) => onLabels(names, (labels) => names.every((name) => isLabelled(labels, name))),
  labels_none: (names) => onLabels(names, (labels) => !names.some((name) => isLabelled(labels, name))),
  from: (names) => (leaf) => isOneOf(leaf.provenance().classes, names),
  from_none: (names) => (leaf) => !isOneOf(leaf.provenance().classes, names),
  tokens_from: (names) => (leaf) => leaf.tokens().every(({ classes }) => isOneOf(classes, names)),
  named: () => (leaf) => leaf.isNamed(),
  said_with: (phrases) => {
    const isSaid = compilePhrases(phrases);
    return (leaf) => leaf.sentences().some(isSaid);
  },
  words_from: (names) => (leaf) => leaf.words().every((classes) => isOneOf(classes, names)),
};

const NAMES = Object.keys(TESTS) as readonly (keyof LeafConditions)[];

/** Holds for a leaf when every condition of the test does. */
export function compileLeaf(test: ArgumentTest): LeafTest {
  const tests = NAMES.flatMap((name) => {
    const value: unknown = test[name];
    // INVARIANT: the table's type pairs each row with the member of its own name.
    const row = TESTS[name] as (value: unknown) => LeafTest;
    return value === undefined ? [] : [row(value)];
  });
  return (leaf) => tests.every((holds) => holds(leaf));
}

function onNumber(holds: (number: number) => boolean): LeafTest {
  return (leaf) => {
    const number = numberOf(leaf.value);
    return number !== undefined && holds(number);
  };
}

/** What is no string has no text, and fails. */
function onText(holds: (text: string) => boolean): LeafTest {
  return (leaf) => typeof leaf.value === "string" && holds(leaf.value);
}

function onLabels(names: readonly string[], holds: (labels: Labels) => boolean): LeafTest {
  return names.length === 0 ? () => true : (leaf) => holds(leaf.provenance().labels);
}

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

function isOneOf(classes: ReadonlySet<string>, names: readonly string[]): boolean {
  return names.some((name) => classes.has(name));
}

/** The names that labels carry, also the implied ones, as mmu/lattice.ts gives them for a call. */
function isLabelled(labels: Labels, name: string): boolean {
  switch (name) {
    case "trusted":
      return labels.integrity === "trusted";
    case "untrusted":
      return labels.integrity !== "trusted";
    case "poisoned-suspect":
      return labels.integrity === "poisoned-suspect";
    case "private":
      return labels.confidentiality !== "public";
    case "secret":
      return labels.confidentiality === "secret";
    case "external":
      return labels.origin === "external";
    default:
      return labels.tags.includes(name);
  }
}
