/** What a condition is: how an operator writes it, and the test it compiles to. */
import { z } from "zod";
import type { SyscallName } from "../../abi/syscalls.js";
import { compileGlobs, hasDanglingEscape } from "../glob.js";

/** What a policy is asked. */
export interface PolicyQuestion {
  readonly kind: SyscallName;
  readonly agent: string;
  readonly server: string;
  /** The server's own name of the tool; absent for kinds that have none. */
  readonly tool?: string;
  readonly target: string;
  /** Every label name that holds, also the implied ones: `poisoned-suspect` brings `untrusted`, `secret` brings `private`. */
  readonly labels: ReadonlySet<string>;
}

export type Test = (question: PolicyQuestion) => boolean;

/** Whether a grant of the policy covers a call. */
export type HasCapability = (kind: SyscallName, target: string, agent: string) => boolean;

export interface Condition<T> {
  readonly schema: z.ZodType<T>;
  /** The test for a value, or undefined when the value narrows nothing. */
  readonly compile: (value: T, hasCapability: HasCapability) => Test | undefined;
}

/** A glob as an operator writes it. */
export const globSchema = z
  .string()
  .min(1, "a glob must not be empty")
  .refine((glob) => !hasDanglingEscape(glob), "a glob must not end in a lone backslash");

/** One glob, or a list of which one must match; always read as a list. */
const globsSchema = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(globSchema).min(1, "a list of globs must hold at least one"),
);

/**
 * A condition of globs over one text of the question.
 * INVARIANT: a question without that text never meets it: what is not there cannot be what was asked for.
 */
export function globCondition(textOf: (question: PolicyQuestion) => string | undefined): Condition<readonly string[]> {
  return {
    schema: globsSchema,
    compile: (globs) => {
      const isMatch = compileGlobs(globs);
      return (question) => {
        const text = textOf(question);
        return text !== undefined && isMatch(text);
      };
    },
  };
}
