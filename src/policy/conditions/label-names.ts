/** How labels are written in conditions: one of the six names, or a tag of the operator's. */
import { z } from "../zod.js";
import { TAG_FORM } from "../../abi/labels.js";
import { quoted } from "../quoted.js";

/** The bottoms of their axes: no value carries them as a name, so a condition on them would mislead. */
const ABSENCES: ReadonlySet<string> = new Set(["public", "internal"]);

/** INVARIANT: the six names have the form of a tag, so one form admits both. */
export const labelNames = z.array(
  z
    .string()
    .regex(TAG_FORM, { error: (issue) => `bad label ${quoted(issue.input)}` })
    .refine((name) => !ABSENCES.has(name), {
      error: (issue) => `${quoted(issue.input)} is the absence of a label and cannot be tested`,
    }),
);

/** Whether one of the names is on a call. A loop, since this is most of what a decision does. */
export function isAnyOn(names: readonly string[], labels: ReadonlySet<string>): boolean {
  for (const name of names) if (labels.has(name)) return true;
  return false;
}
