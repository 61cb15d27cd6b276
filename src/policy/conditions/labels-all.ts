/** `labels_all`: every one of these labels is on the call. */
import { cheap, type Condition } from "./condition.js";
import { labelNames } from "./label-names.js";

export const labelsAll: Condition<readonly string[]> = {
  schema: labelNames,
  compile: (names) => (names.length === 0 ? [] : cheap(({ labels }) => names.every((name) => labels.has(name)))),
};
