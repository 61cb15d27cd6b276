/** `labels_any`: at least one of these labels is on the call. An empty list is no condition. */
import { cheap, type Condition } from "./condition.js";
import { isAnyOn, labelNames } from "./label-names.js";

export const labelsAny: Condition<readonly string[]> = {
  schema: labelNames,
  compile: (names) => (names.length === 0 ? [] : cheap(({ labels }) => isAnyOn(names, labels))),
};
