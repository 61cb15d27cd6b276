/** Conditions in words, for explanations and witnesses: short, exact, one line. */
import type { ArgumentTest, HistoryTest, TimeWindow, UrlPattern } from "./ast.js";
import { boundsOf } from "./check/implies.js";
import type { Part, PartKind, PartOf } from "./check/parts.js";
import { quoted } from "./quoted.js";

type Words = { readonly [K in PartKind]: (part: PartOf<K>) => string };

const WORDS: Words = {
  globs: ({ field, globs }) => `the ${field} is ${list(globs)}`,
  has: ({ label }) => `the call is labelled ${quoted(label)}`,
  lacks: ({ label }) => `the call is not labelled ${quoted(label)}`,
  "has-any": ({ labels }) => `the call is labelled ${list(labels)}`,
  act: ({ acts }) => `the act is ${list(acts)}`,
  risk: ({ risks }) => `the risk is ${list(risks)}`,
  capability: ({ state }) => (state === "present" ? "a live grant covers the call" : "no live grant covers the call"),
  url: ({ pattern }) => `the target is a URL with ${urlWords(pattern)}`,
  under: ({ pattern }) => `the target is a path under ${list(pattern.under)}`,
  every: ({ test }) => `every value at ${quoted(test.path)} ${leafWords(test)}`,
  some: ({ test }) => `some value at ${quoted(test.path)} ${leafWords(test)}`,
  descriptor: ({ states }) => `the server's listings call the tool ${list(states)}`,
  only: ({ names }) => `the arguments are no others than ${list(names)}`,
  intent: ({ words }) => `the user said ${list(words)}`,
  history: ({ test }) => historyWords(test),
  budget: ({ test: { path, over, within_ms } }) =>
    `the sum of ${quoted(path)}${within(within_ms)} is over ${String(over)}`,
  time: ({ window }) => timeWords(window),
  any: ({ options }) => `one of these holds: ${options.map((parts) => `(${allWords(parts)})`).join(" or ")}`,
  not: ({ parts }) => `it is not so that ${allWords(parts)}`,
};

export function partWords(part: Part): string {
  // INVARIANT: the table's type pairs each row with the part of its own kind.
  return (WORDS[part.on] as (part: Part) => string)(part);
}

export function allWords(parts: readonly Part[]): string {
  return parts.length === 0 ? "always" : parts.map(partWords).join(" and ");
}

function list(values: readonly (string | number | boolean)[]): string {
  return values.map((value) => quoted(String(value))).join(" or ");
}

function within(ms: number | undefined): string {
  return ms === undefined ? " in this session" : ` within ${String(ms / 1000)} s`;
}

type LeafWords = {
  readonly [K in Exclude<keyof ArgumentTest, "path">]-?: (value: NonNullable<ArgumentTest[K]>) => string;
};

const LEAF_WORDS: LeafWords = {
  from: (origins) => `comes from ${list(origins)}`,
  from_none: (origins) => `comes from none of ${list(origins)}`,
  tokens_from: (origins) => `has only addresses, numbers and links from ${list(origins)}`,
  words_from: (origins) => `has only words from ${list(origins)}`,
  said_with: (words) => `stands in a sentence of the user's with ${list(words)}`,
  named: () => "is named by the user's words",
  labels_any: (labels) => `is labelled ${list(labels)}`,
  labels_all: (labels) => `is labelled with all of ${list(labels)}`,
  labels_none: (labels) => `is labelled with none of ${list(labels)}`,
  equals: (value) => `is ${quoted(String(value))}`,
  in: (values) => `is ${list(values)}`,
  min: (value) => `is at least ${String(value)}`,
  max: (value) => `is at most ${String(value)}`,
  min_length: (value) => `has at least ${String(value)} characters`,
  max_length: (value) => `has at most ${String(value)} characters`,
  matches: (pattern) => `matches ${quoted(pattern)}`,
  url: (pattern) => `is a URL with ${urlWords(pattern)}`,
  under: (pattern) => `is a path under ${list(pattern.under)}`,
};

const LEAF_NAMES = Object.keys(LEAF_WORDS) as readonly (keyof LeafWords)[];

function leafWords(test: ArgumentTest): string {
  const words = LEAF_NAMES.flatMap((name) => {
    const value: unknown = test[name];
    return value === undefined ? [] : [(LEAF_WORDS[name] as (value: unknown) => string)(value)];
  });
  return words.length === 0 ? "is there" : words.join(" and ");
}

function urlWords({ scheme, host, port }: UrlPattern): string {
  const parts = Object.entries({ scheme, host, port });
  const words = parts.flatMap(([name, values]) => (values === undefined ? [] : [`the ${name} ${list(values)}`]));
  return words.join(" and ");
}

function historyWords(test: HistoryTest): string {
  const [least, most] = boundsOf(test);
  const count =
    most === Infinity
      ? `at least ${String(least)}`
      : `${least === 0 ? "at most" : `${String(least)} to`} ${String(most)}`;
  const { syscalls, server, tool, target, act } = test;
  const filters = Object.entries({ syscalls, server, tool, target, act });
  const which = filters.flatMap(([name, values]) => (values === undefined ? [] : [`${name} ${list(values)}`]));
  return `${count} earlier calls${which.length === 0 ? "" : ` of ${which.join(", ")}`} passed${within(test.within_ms)}`;
}

function timeWords({ from, to, days, utc_offset }: TimeWindow): string {
  const zone = utc_offset === 0 ? "UTC" : `UTC${utc_offset < 0 ? "-" : "+"}${clock(Math.abs(utc_offset))}`;
  return `it is ${clock(from)} to ${clock(to)} ${zone}${days === undefined ? "" : ` on ${list(days)}`}`;
}

function clock(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
