/** `only`: every top-level member of the arguments has one of these names, letter for letter. An atom. */
import { z } from "../zod.js";
import { escapeSegment } from "../../base/pointer.js";
import { atom } from "./atom.js";
import type { Condition } from "./condition.js";

export const only: Condition<readonly string[]> = {
  schema: z.array(z.string()).min(1, "`only` must hold at least one name"),
  compile: (names, { key }) => {
    const known = new Set(names.map(escapeSegment));
    return [atom(`${key}.only`, (_, values) => values.leaves().every(({ path }) => known.has(memberOf(path) ?? "#")))];
  },
};

/**
 * The top-level member that a leaf is, is the name of, or lies in; still escaped.
 * INVARIANT: undefined for what was too much to look at leaf by leaf, so that it is of no known name.
 */
function memberOf(path: string): string | undefined {
  return /^\/([^/!#]*)/.exec(path)?.[1];
}
