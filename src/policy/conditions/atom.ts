/** Atoms: conditions on values. Each answer is a fact for the log, and the log's fact answers where the values are gone. */
import { IndeterminateError, type Part, type PolicyQuestion, type Values } from "./condition.js";

/** INVARIANT: `key` is the atom's own in the document, so that one decision notes it at most once. */
export function atom(key: string, holds: (question: PolicyQuestion, values: Values) => boolean): Part {
  return {
    isAtom: true,
    test: (question, notes) => {
      const { values } = question;
      const held = values === undefined ? recorded(question, key) : holds(question, values);
      notes.push([key, held]);
      return held;
    },
  };
}

/** @throws IndeterminateError when the log does not say. */
function recorded({ facts }: PolicyQuestion, key: string): boolean {
  const held = facts?.get(key);
  if (held === undefined) throw new IndeterminateError(key);
  return held;
}
