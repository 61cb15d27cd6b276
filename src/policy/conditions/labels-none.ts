/** `labels_none`: not one of these labels is on the call. */
import { cheap, type Condition } from "./condition.js";
import { isAnyOn, labelNames } from "./label-names.js";

export const labelsNone: Condition<readonly string[]> = {
  schema: labelNames,
  compile: (names) => (names.length === 0 ? [] : cheap(({ labels }) => !isAnyOn(names, labels))),
};
