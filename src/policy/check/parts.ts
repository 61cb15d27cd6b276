/** The conditions of a rule as one flat list that must hold together: what lint, reach and explain reason about. */
import type { Act, DescriptorState, Risk } from "../../abi/syscalls.js";
import type {
  ArgumentTest,
  BudgetTest,
  CapabilityState,
  HistoryTest,
  PathPattern,
  PolicyWhen,
  TimeWindow,
  UrlPattern,
} from "../ast.js";
import type { Path } from "../fault.js";

export type GlobField = "agent" | "server" | "tool" | "target";

/** What one part of a condition says of a call. */
type Claim =
  | { readonly on: "globs"; readonly field: GlobField; readonly globs: readonly string[] }
  | { readonly on: "has"; readonly label: string }
  | { readonly on: "lacks"; readonly label: string }
  | { readonly on: "has-any"; readonly labels: readonly string[] }
  | { readonly on: "act"; readonly acts: readonly Act[] }
  | { readonly on: "risk"; readonly risks: readonly Risk[] }
  | { readonly on: "capability"; readonly state: CapabilityState }
  | { readonly on: "url"; readonly pattern: UrlPattern }
  | { readonly on: "under"; readonly pattern: PathPattern }
  | { readonly on: "every"; readonly test: ArgumentTest }
  | { readonly on: "some"; readonly test: ArgumentTest }
  | { readonly on: "descriptor"; readonly states: readonly DescriptorState[] }
  | { readonly on: "only"; readonly names: readonly string[] }
  | { readonly on: "intent"; readonly words: readonly string[] }
  | { readonly on: "history"; readonly test: HistoryTest }
  | { readonly on: "budget"; readonly test: BudgetTest }
  | { readonly on: "time"; readonly window: TimeWindow }
  | { readonly on: "any"; readonly options: readonly (readonly Part[])[] }
  | { readonly on: "not"; readonly parts: readonly Part[] };

/** `at` is the way from the rule's `when` to the part, as the document spells it: `["not", "every", 0]`. */
export type Part = Claim & { readonly at: Path };
export type PartKind = Part["on"];
export type PartOf<K extends PartKind> = Extract<Part, { readonly on: K }>;

type Reader<T> = (value: T, at: Path) => readonly Part[];
type Readers = { readonly [K in Exclude<keyof PolicyWhen, "syscalls">]-?: Reader<NonNullable<PolicyWhen[K]>> };

function globs(field: GlobField): Reader<readonly string[]> {
  return (list, at) => [{ on: "globs", field, globs: list, at }];
}

/** In the order in which conditions are tested: names and labels first, atoms last. */
const READERS: Readers = {
  agent: globs("agent"),
  server: globs("server"),
  tool: globs("tool"),
  target: globs("target"),
  url: (pattern, at) => [{ on: "url", pattern, at }],
  under: (pattern, at) => [{ on: "under", pattern, at }],
  act: (acts, at) => [{ on: "act", acts, at }],
  risk: (risks, at) => [{ on: "risk", risks, at }],
  // An empty list of labels is no condition.
  labels_any: (labels, at) => (labels.length === 0 ? [] : [{ on: "has-any", labels, at }]),
  labels_all: (labels, at) => labels.map((label) => ({ on: "has", label, at })),
  labels_none: (labels, at) => labels.map((label) => ({ on: "lacks", label, at })),
  capability: (state, at) => [{ on: "capability", state, at }],
  time: (window, at) => [{ on: "time", window, at }],
  history: (tests, at) => tests.map((test, index) => ({ on: "history", test, at: [...at, index] })),
  all: (list, at) => list.flatMap((when, index) => partsOf(when, [...at, index])),
  any: (list, at) => [{ on: "any", options: list.map((when, index) => partsOf(when, [...at, index])), at }],
  not: (when, at) => [{ on: "not", parts: partsOf(when, at), at }],
  every: (tests, at) => tests.map((test, index) => ({ on: "every", test, at: [...at, index] })),
  some: (tests, at) => tests.map((test, index) => ({ on: "some", test, at: [...at, index] })),
  descriptor: (states, at) => [{ on: "descriptor", states, at }],
  only: (names, at) => [{ on: "only", names, at }],
  intent: (words, at) => [{ on: "intent", words, at }],
  budget: (test, at) => [{ on: "budget", test, at }],
};

const NAMES = Object.keys(READERS) as readonly (keyof Readers)[];

/** All parts must hold; `syscalls` is none of them. */
export function partsOf(when: PolicyWhen, at: Path = []): readonly Part[] {
  return NAMES.flatMap((name) => {
    const value: unknown = when[name];
    // INVARIANT: the table's type pairs each row with the member of its own name.
    return value === undefined ? [] : (READERS[name] as unknown as Reader<unknown>)(value, [...at, name]);
  });
}

/** The part and every part within it. */
export function withInner(part: Part): readonly Part[] {
  if (part.on === "any") return [part, ...part.options.flat().flatMap(withInner)];
  if (part.on === "not") return [part, ...part.parts.flatMap(withInner)];
  return [part];
}

/**
 * Equal only for parts that say the same, wherever they stand. A budget is equal to itself alone: each has an account
 * of its own, into which all kinds of its rule pay.
 */
export function sayingOf(part: Part): string {
  const known = SAYINGS.get(part);
  if (known !== undefined) return known;
  const saying = JSON.stringify(part, (key, value: unknown) => (key === "at" ? undefined : ownAccount(value)));
  SAYINGS.set(part, saying);
  return saying;
}

const SAYINGS = new WeakMap<Part, string>();
const ACCOUNTS = new WeakMap<object, number>();
let accounts = 0;

function ownAccount(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("over" in value)) return value;
  const number = ACCOUNTS.get(value) ?? ++accounts;
  ACCOUNTS.set(value, number);
  return { ...value, account: number };
}

/** The fact under which a decision records an atom: `r3.not.every.0`. */
export function factKey(rule: number, at: Path): string {
  return [`r${String(rule)}`, ...at].join(".");
}
