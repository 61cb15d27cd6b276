/** What a policy is asked, and what a condition is: how an operator writes it, and the tests it compiles to. */
import { z } from "../zod.js";
import type { Provenance } from "../../abi/provenance.js";
import type { Act, DescriptorState, Risk, SyscallName } from "../../abi/syscalls.js";
import type { PolicyWhen } from "../ast.js";
import { compileGlobs, hasDanglingEscape } from "../glob.js";
import type { Recall, Spend, Watcher } from "../recall.js";
import type { GrantClaim } from "../grants.js";

/** One leaf of a call's arguments. The functions are lazy, and answer the same each time. */
export interface ArgumentLeaf {
  /** Its place in the arguments object (base/pointer.ts). */
  readonly path: string;
  readonly value: string | number | boolean | null;
  readonly provenance: () => Provenance;
  /** Provenance of each active token in the leaf's text and its readings. */
  readonly tokens: () => readonly Provenance[];
  /** Classes of each word of the leaf's text. */
  readonly words: () => readonly ReadonlySet<string>[];
  /** The words of each sentence of the user's in which the leaf stands as a whole. */
  readonly sentences: () => readonly (readonly string[])[];
  /** Whether a word of the leaf, of an address one before the `@`, is a word of the user's. */
  readonly isNamed: () => boolean;
}

/** What only the payloads tell. */
export interface Values {
  readonly leaves: () => readonly ArgumentLeaf[];
  /** What the server's own listings say of the tool. */
  readonly descriptor: () => DescriptorState;
  /** The user's sentences in this session, each as its words in order, normalised: NFKC, lower case. */
  readonly sentences: () => readonly (readonly string[])[];
}

/** What a policy is asked. */
export interface PolicyQuestion extends GrantClaim {
  readonly kind: SyscallName;
  readonly agent: string;
  readonly server: string;
  /** The server's own name of the tool; absent for kinds that have none. */
  readonly tool?: string;
  readonly target: string;
  /** Every label name that holds, also the implied ones: `poisoned-suspect` brings `untrusted`, `secret` brings `private`. */
  readonly labels: ReadonlySet<string>;
  readonly act: Act;
  readonly risk: Risk;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wall_ms: number;
  /** Absent when only the log is at hand; then `facts` answer. */
  readonly values?: Values;
  /** What the log recorded of this decision: whether each atom held that was evaluated. Not read beside `values`. */
  readonly facts?: ReadonlyMap<string, boolean>;
  /** Of the call's session, made by this same policy. */
  readonly recall: Recall;
  /** Uses by the grant's index in the document; a grant that is not in it was not used in this run. */
  readonly grantsUsed: ReadonlyMap<number, number>;
}

/** The values are not at hand and the log has no fact: the decision cannot be known, and nothing may be guessed. */
export class IndeterminateError extends Error {
  override readonly name = "IndeterminateError";
  /** The atom's place in the document. */
  readonly key: string;

  constructor(key: string) {
    super(`no fact is recorded for \`${key}\``);
    this.key = key;
  }
}

/** An atom's place in the document, and whether it held. */
export type Fact = readonly [key: string, held: boolean];

/** Notes each atom that it evaluates. */
export type Test = (question: PolicyQuestion, notes: Fact[]) => boolean;

/** A test, and whether it is or holds an atom: a condition on values, whose answer the log records as a fact. */
export interface Part {
  readonly test: Test;
  readonly isAtom: boolean;
}

/** A number that passed calls add to. */
export interface Meter {
  readonly kinds: readonly SyscallName[];
  /** What this call would add; undefined when it is not one that the budget counts. Needs the values. */
  readonly spendOf: (question: PolicyQuestion, values: Values) => Spend | undefined;
}

/** Where a condition stands, and what it may need of the whole policy. */
export interface Scope {
  /** The place of the `when` in the document, e.g. `r3.not.any.1`. */
  readonly key: string;
  /** The kinds that the rule is about. */
  readonly kinds: readonly SyscallName[];
  /** Whether a live grant covers a call. */
  readonly hasCapability: (claim: GrantClaim) => boolean;
  /** Called while compiling: what the session must remember for this condition. */
  readonly watch: (watcher: Watcher) => void;
  readonly meter: (meter: Meter) => void;
  /** The test of a nested table that stands at `key`. */
  readonly nested: (when: PolicyWhen, key: string) => Part;
}

export interface Compiles<T> {
  /** The tests for a value, of which all must hold; none when the value narrows nothing. */
  readonly compile: (value: T, scope: Scope) => readonly Part[];
}

export interface Condition<T> extends Compiles<T> {
  readonly schema: z.ZodType<T>;
  /** The keys of the tables that an operator writes in it, by their path from the condition. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
}

/** A condition on what the log holds as well. */
export function cheap(test: Test): readonly Part[] {
  return [{ test, isAtom: false }];
}

/** A glob as an operator writes it. */
export const globSchema = z
  .string()
  .min(1, "a glob must not be empty")
  .refine((glob) => !hasDanglingEscape(glob), "a glob must not end in a lone backslash");

/** One string, or a list of strings; always read as a list. */
export function listed(value: unknown): unknown {
  return typeof value === "string" ? [value] : value;
}

/** One glob, or a list of which one must match. */
export const globsSchema = z.preprocess(listed, z.array(globSchema).min(1, "a list of globs must hold at least one"));

/**
 * A condition of globs over one text of the question.
 * INVARIANT: a question without that text never meets it: what is not there cannot be what was asked for.
 */
export function globCondition(textOf: (question: PolicyQuestion) => string | undefined): Condition<readonly string[]> {
  return {
    schema: globsSchema,
    compile: (globs) => {
      const isMatch = compileGlobs(globs);
      return cheap((question) => {
        const text = textOf(question);
        return text !== undefined && isMatch(text);
      });
    },
  };
}
