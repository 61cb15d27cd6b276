/** `labels_none`: not one of these labels is on the call. */
import type { Condition } from "./condition.js";
import { labelNames } from "./label-names.js";

export const labelsNone: Condition<readonly string[]> = {
  schema: labelNames,
  compile: (names) => (names.length === 0 ? undefined : ({ labels }) => !names.some((name) => labels.has(name))),
};
