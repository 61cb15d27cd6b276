/** The structure of a `when` table and of those nested in it, which take every condition but two. */
import { z } from "../zod.js";
import type { PolicyWhen } from "../ast.js";
import { onceSound } from "./once-sound.js";
import { PLAIN_CONDITIONS, PLAIN_NAMES, type PlainName } from "./table.js";

/** How deep nested tables may nest. */
export const MAX_NESTING = 8;

/** A rule's own: what it is about, and whose use it takes, is said once. */
const OUTERMOST: ReadonlySet<string> = new Set(["syscalls", "capability"]);
const NESTED_NAMES = PLAIN_NAMES.filter((name) => !OUTERMOST.has(name));
const NESTING_NAMES = ["all", "any", "not"] as const;

/** INVARIANT: built from the table row by row; the table's type says that each row reads the member of its name. */
function plainShape(names: readonly PlainName[]): Record<string, z.ZodType> {
  return Object.fromEntries(
    names.map((name) => [name, z.exactOptional(PLAIN_CONDITIONS[name].schema as unknown as z.ZodType)]),
  );
}

function completed(when: Readonly<Record<string, unknown>>): PolicyWhen {
  return { syscalls: [], ...when };
}

const tooDeep = z.custom<PolicyWhen>(() => false, `conditions are nested deeper than ${String(MAX_NESTING)} levels`);

/** The nested tables that a table at this depth may hold; a rule's own `when` stands at 0. */
function nestingShape(depth: number): Record<string, z.ZodType> {
  const inner =
    depth < MAX_NESTING
      ? z
          .strictObject({ ...plainShape(NESTED_NAMES), ...nestingShape(depth + 1) })
          .refine((when) => Object.keys(when).length > 0, onceSound("a nested table needs a condition"))
          .transform(completed)
      : tooDeep;
  return {
    all: z.array(inner).min(1, "`all` must hold at least one table").exactOptional(),
    any: z.array(inner).min(1, "`any` must hold at least one table").exactOptional(),
    not: inner.exactOptional(),
  };
}

export const whenSchema = z
  .strictObject({ ...plainShape(PLAIN_NAMES), ...nestingShape(0) })
  .prefault({})
  .transform(completed);

/** The keys of `when` and of the tables in it, by their path from it; those of nested tables, at any depth, by their last. */
export function whenKeys(path: readonly string[]): readonly string[] {
  const own = path.findLastIndex((name) => isNesting(name)) + 1;
  const [name, ...rest] = path.slice(own);
  if (name === undefined) return [...(own === 0 ? PLAIN_NAMES : NESTED_NAMES), ...NESTING_NAMES];
  const row = PLAIN_NAMES.find((known) => known === name);
  return (row === undefined ? undefined : PLAIN_CONDITIONS[row].keys?.[rest.join(".")]) ?? [];
}

function isNesting(name: string): boolean {
  return NESTING_NAMES.some((nesting) => nesting === name);
}
