/** Tests on argument leaves compared: does one follow from another, can two hold of one leaf? */
import type { ArgumentTest, PathPattern, Scalar, UrlPattern } from "../ast.js";

type LeafCondition = Exclude<keyof ArgumentTest, "path">;
type Row<T> = (wanted: T, known: ArgumentTest) => boolean;
type Rows = { readonly [K in LeafCondition]-?: Row<NonNullable<ArgumentTest[K]>> };

export function isWithin<T>(narrow: readonly T[] | undefined, wide: readonly T[]): boolean {
  return narrow?.every((item) => wide.includes(item)) ?? false;
}

function meets<T>(one: readonly T[] | undefined, other: readonly T[] | undefined): boolean {
  return one === undefined || other === undefined || one.some((item) => other.includes(item));
}

/** The values that a leaf can have, when the test lists them. */
function constants({ equals, in: list }: ArgumentTest): readonly Scalar[] | undefined {
  if (equals !== undefined) return [equals];
  return list;
}

function allNumbers(known: ArgumentTest, test: (value: number) => boolean): boolean {
  const values = constants(known);
  return values?.every((value) => typeof value === "number" && test(value)) ?? false;
}

/** A row answers true only when what is wanted follows from what is known. */
const ROWS: Rows = {
  from: (wanted, known) => isWithin(known.from, wanted),
  from_none: (wanted, known) => isWithin(wanted, known.from_none ?? []),
  tokens_from: (wanted, known) => isWithin(known.tokens_from, wanted),
  words_from: (wanted, known) => isWithin(known.words_from, wanted),
  said_with: (wanted, known) => isWithin(known.said_with, wanted),
  named: (_, known) => known.named !== undefined,
  labels_any: (wanted, { labels_any: any = [], labels_all: all = [] }) =>
    (any.length > 0 && isWithin(any, wanted)) || all.some((label) => wanted.includes(label)),
  labels_all: (wanted, known) => isWithin(wanted, known.labels_all ?? []),
  labels_none: (wanted, known) => isWithin(wanted, known.labels_none ?? []),
  equals: (wanted, known) => isWithin(constants(known), [wanted]),
  in: (wanted, known) => isWithin(constants(known), wanted),
  min: (wanted, known) => (known.min ?? -Infinity) >= wanted || allNumbers(known, (value) => value >= wanted),
  max: (wanted, known) => (known.max ?? Infinity) <= wanted || allNumbers(known, (value) => value <= wanted),
  min_length: (wanted, known) => (known.min_length ?? -1) >= wanted,
  max_length: (wanted, known) => (known.max_length ?? Infinity) <= wanted,
  matches: (wanted, known) => known.matches === wanted,
  url: (wanted, known) => known.url !== undefined && urlImplies(known.url, wanted),
  under: (wanted, known) => known.under !== undefined && underImplies(known.under, wanted),
};

const CONDITIONS = Object.keys(ROWS) as readonly LeafCondition[];

/** True only when every leaf that passes `known` passes `wanted`; paths are not looked at. */
export function leafImplies(known: ArgumentTest, wanted: ArgumentTest): boolean {
  return CONDITIONS.every((name) => {
    const value: unknown = wanted[name];
    // INVARIANT: the table's type pairs each row with the member of its own name.
    return value === undefined || (ROWS[name] as unknown as Row<unknown>)(value, known);
  });
}

export function urlImplies(known: UrlPattern, wanted: UrlPattern): boolean {
  return (
    (wanted.scheme === undefined || isWithin(known.scheme, wanted.scheme)) &&
    (wanted.host === undefined || isWithin(known.host, wanted.host)) &&
    (wanted.port === undefined || isWithin(known.port, wanted.port))
  );
}

export function underImplies(known: PathPattern, wanted: PathPattern): boolean {
  return known.case === wanted.case && isWithin(known.under, wanted.under);
}

/** False only when no URL fits both. Hosts are not compared: two spellings can be one address. */
export function urlsMeet(one: UrlPattern, other: UrlPattern): boolean {
  return meets(one.scheme, other.scheme) && meets(one.port, other.port);
}

/** True only when the paths of `narrow` are among those of `wide`. */
export function pathWithin(narrow: string, wide: string): boolean {
  return narrow === wide || wide === "/**";
}

/** Why no leaf passes all these tests, in words; `undefined` when one may. */
export function leafClash(tests: readonly ArgumentTest[]): string | undefined {
  const least = (name: "min" | "min_length"): number =>
    Math.max(-Infinity, ...tests.map((test) => test[name] ?? -Infinity));
  const most = (name: "max" | "max_length"): number =>
    Math.min(Infinity, ...tests.map((test) => test[name] ?? Infinity));
  const all = (name: "labels_all" | "labels_none" | "from_none"): readonly string[] =>
    tests.flatMap((test) => test[name] ?? []);
  if (least("min") > most("max")) return "`min` is above `max`";
  if (least("min_length") > most("max_length")) return "`min_length` is above `max_length`";
  if (all("labels_all").some((label) => all("labels_none").includes(label)))
    return "a label is both asked for and ruled out";
  if (tests.some(({ from }) => isWithin(from, all("from_none"))))
    return "every origin in `from` is ruled out by `from_none`";
  return constantClash(tests, least("min"), most("max"));
}

function constantClash(tests: readonly ArgumentTest[], min: number, max: number): string | undefined {
  const lists = tests.flatMap(({ equals, in: list }) => [
    ...(equals === undefined ? [] : [[equals]]),
    ...(list === undefined ? [] : [list]),
  ]);
  const [first, ...rest] = lists;
  if (first === undefined) return undefined;
  if (lists.some((list) => list.length === 0)) return "`in` is empty";
  const left = first.filter((value) => rest.every((list) => list.some((other) => isAlike(value, other))));
  if (left.length === 0) return "no value fits both `equals` and `in`";
  const isOutside = (value: Scalar): boolean => typeof value === "number" && (value < min || value > max);
  return left.every(isOutside) ? "the values lie outside `min` and `max`" : undefined;
}

/** Careful: what some comparison could take for equal is not held to be different. */
function isAlike(a: Scalar, b: Scalar): boolean {
  const plain = (value: Scalar): string => String(value).trim().toLowerCase();
  return plain(a) === plain(b) || (plain(a) !== "" && plain(b) !== "" && Number(a) === Number(b));
}
