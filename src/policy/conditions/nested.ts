/** `all`, `any`, `not`: conditions over nested tables. Which these are, when-schema.ts says. */
import type { PolicyWhen } from "../ast.js";
import type { Compiles, Part, Scope } from "./condition.js";

function eachOf(name: "all" | "any", whens: readonly PolicyWhen[], scope: Scope): readonly Part[] {
  return whens.map((when, index) => scope.nested(when, `${scope.key}.${name}.${String(index)}`));
}

export const all: Compiles<readonly PolicyWhen[]> = {
  compile: (whens, scope) => eachOf("all", whens, scope),
};

export const any: Compiles<readonly PolicyWhen[]> = {
  compile: (whens, scope) => {
    const parts = eachOf("any", whens, scope);
    return [
      {
        isAtom: parts.some(({ isAtom }) => isAtom),
        test: (question, notes) => parts.some(({ test }) => test(question, notes)),
      },
    ];
  },
};

export const not: Compiles<PolicyWhen> = {
  compile: (when, scope) => {
    const { test, isAtom } = scope.nested(when, `${scope.key}.not`);
    return [{ isAtom, test: (question, notes) => !test(question, notes) }];
  },
};
