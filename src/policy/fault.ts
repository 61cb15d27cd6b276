/** What is wrong with a policy file, and zod's findings put into plain sentences. */
import type { z } from "./zod.js";
import { nearest } from "./nearest.js";
import { kindOf, quoted } from "./quoted.js";
import { knownKeys } from "./schema.js";

export interface PolicyFault {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units, as editors count. */
  readonly column: number;
  /** One line, lower case, user text in backticks. */
  readonly problem: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** A way into the document: `["rules", 2, "when", "syscalls"]`. */
export type Path = readonly (string | number)[];

/** A fault whose place in the source is not looked up yet. */
export interface PathFault {
  readonly path: Path;
  readonly problem: string;
  readonly hint?: string;
}

/** The keys that a table may have, by its path without the numbers of list items. */
export type KeysOf = (tables: readonly string[]) => readonly string[];

/** The issue's faults: one, or one for each unknown key. Needs `reportInput`. */
export function faultsOf(issue: z.core.$ZodIssue, keysOf: KeysOf = knownKeys): readonly PathFault[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key, keysOf));
  if (issue.code === "invalid_type") return [wrongKind(path, issue.expected, issue.input)];
  if (issue.code === "invalid_value") return [wrongValue(path, issue)];
  // Every other check of schema.ts and conditions/ comes with its own sentence.
  return [withHint({ path, problem: issue.message }, issue.code === "custom" ? issue.params?.["hint"] : undefined)];
}

function unknownKey(path: Path, key: string, keysOf: KeysOf): PathFault {
  const tables = path.filter((step) => typeof step === "string");
  const table = tables.join(".");
  const known = keysOf(tables);
  const near = nearest(key, known);
  return {
    path: [...path, key],
    problem: `unknown key ${quoted(key)}${table === "" ? "" : ` in \`${table}\``}`,
    hint: near === undefined ? `the keys here are ${known.map(quoted).join(", ")}` : `did you mean \`${near}\`?`,
  };
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["string", "a string"],
  ["array", "a list"],
  ["object", "a table"],
  ["record", "a table"],
  ["boolean", "true or false"],
]);

function wrongKind(path: Path, expected: string, input: unknown): PathFault {
  const name = quoted(path.findLast((step) => typeof step === "string") ?? "policy");
  if (input === undefined) return { path, problem: `${name} is missing` };
  const kind = KINDS.get(expected) ?? expected;
  const where = typeof path.at(-1) === "number" ? "each item of " : "";
  return { path, problem: `${where}${name} must be ${kind}, found ${kindOf(input)}` };
}

function wrongValue(path: Path, issue: z.core.$ZodIssueInvalidValue): PathFault {
  const isOfTexts = issue.values.every((value) => typeof value === "string");
  if (typeof issue.input !== "string")
    return isOfTexts ? wrongKind(path, "string", issue.input) : { path, problem: issue.message };
  const near = nearest(issue.input, issue.values.map(String));
  return withHint({ path, problem: issue.message }, near === undefined ? undefined : `did you mean \`${near}\`?`);
}

function withHint(fault: PathFault, hint: unknown): PathFault {
  return typeof hint === "string" ? { ...fault, hint } : fault;
}
