/** `some`: for each test, at least one leaf that its path selects passes. Each test is an atom. */
import type { ArgumentTest } from "../ast.js";
import { ARGUMENT_KEYS, argumentTestsSchema, assertLookedAt, compileArgumentTest } from "./argument-test.js";
import { atom } from "./atom.js";
import type { Condition } from "./condition.js";

export const some: Condition<readonly ArgumentTest[]> = {
  schema: argumentTestsSchema("some"),
  keys: ARGUMENT_KEYS,
  compile: (tests, { key }) =>
    tests.map((test, index) => {
      const { isSelected, holds } = compileArgumentTest(test);
      return atom(`${key}.some.${String(index)}`, (_, values) => {
        const leaves = values.leaves();
        if (leaves.some((leaf) => isSelected(leaf) && holds(leaf))) return true;
        assertLookedAt(leaves);
        return false;
      });
    }),
};
