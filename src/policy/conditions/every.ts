/** `every`: for each test, all leaves that its path selects pass; also when it selects none. Each test is an atom. */
import type { ArgumentTest } from "../ast.js";
import { ARGUMENT_KEYS, argumentTestsSchema, assertLookedAt, compileArgumentTest } from "./argument-test.js";
import { atom } from "./atom.js";
import type { Condition } from "./condition.js";

export const every: Condition<readonly ArgumentTest[]> = {
  schema: argumentTestsSchema("every"),
  keys: ARGUMENT_KEYS,
  compile: (tests, { key }) =>
    tests.map((test, index) => {
      const { isSelected, holds } = compileArgumentTest(test);
      return atom(`${key}.every.${String(index)}`, (_, values) => {
        const leaves = values.leaves();
        if (leaves.some((leaf) => isSelected(leaf) && !holds(leaf))) return false;
        assertLookedAt(leaves);
        return true;
      });
    }),
};
