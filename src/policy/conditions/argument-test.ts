/** One test on the argument leaves that a path selects: how it is written, and its test of one leaf. */
import { z } from "../zod.js";
import { compilePath, REST_PATH, throughText } from "../../base/pointer.js";
import type { ArgumentTest } from "../ast.js";
import { checked } from "../checked.js";
import { compileRegex } from "../match/regex.js";
import { plain, quoted } from "../quoted.js";
import type { ArgumentLeaf } from "./condition.js";
import { labelNames } from "./label-names.js";
import { phrasesSchema } from "./intent.js";
import { compileLeaf } from "./leaf-tests.js";
import { originsSchema } from "./origins.js";
import { onceSound } from "./once-sound.js";
import { pathSchema } from "./path.js";
import { numberSchema, scalarSchema, scalarsSchema, wholeNumberSchema } from "./quantity.js";
import { underSchema, UNDER_KEYS } from "./under.js";
import { urlSchema, URL_KEYS } from "./url.js";

const MAX_LENGTH_BOUND = 2 ** 31 - 1;

const matchesSchema = z.string().superRefine((source, context) => {
  const compiled = compileRegex(source);
  if (compiled.ok) return;
  context.addIssue({
    code: "custom",
    message: `the expression ${quoted(source)} is not valid: ${plain(compiled.error)}`,
  });
});

const argumentShape = {
  path: pathSchema,
  from: originsSchema("from").exactOptional(),
  from_none: originsSchema("from_none").exactOptional(),
  tokens_from: originsSchema("tokens_from").exactOptional(),
  words_from: originsSchema("words_from").exactOptional(),
  said_with: phrasesSchema("said_with").exactOptional(),
  named: z.literal(true, { error: "`named` can only be `true`: leave it out to demand nothing" }).exactOptional(),
  labels_any: labelNames.exactOptional(),
  labels_all: labelNames.exactOptional(),
  labels_none: labelNames.exactOptional(),
  equals: scalarSchema.exactOptional(),
  in: scalarsSchema.exactOptional(),
  min: numberSchema("min").exactOptional(),
  max: numberSchema("max").exactOptional(),
  min_length: wholeNumberSchema("min_length", 0, MAX_LENGTH_BOUND).exactOptional(),
  max_length: wholeNumberSchema("max_length", 0, MAX_LENGTH_BOUND).exactOptional(),
  matches: matchesSchema.exactOptional(),
  url: urlSchema.exactOptional(),
  under: underSchema.exactOptional(),
};

/** The keys of a test and of the tables in it. */
export const ARGUMENT_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(argumentShape),
  url: URL_KEYS,
  under: UNDER_KEYS,
};

/** INVARIANT: a test without a condition would hold for every leaf, and read as if it protected something. */
const argumentSchema: z.ZodType<ArgumentTest> = z
  .strictObject(argumentShape)
  .refine((test) => Object.keys(test).length > 1, onceSound("a test needs a condition beside its `path`"));

export function argumentTestsSchema(name: string): z.ZodType<readonly ArgumentTest[]> {
  return z.array(argumentSchema).min(1, `\`${name}\` must hold at least one test`);
}

export interface CompiledArgumentTest {
  /** Whether the test is about this leaf. */
  readonly isSelected: (leaf: ArgumentLeaf) => boolean;
  /** Whether the leaf passes. */
  readonly holds: (leaf: ArgumentLeaf) => boolean;
}

export function compileArgumentTest(test: ArgumentTest): CompiledArgumentTest {
  const selects = compileReach(test.path);
  const isSelected = ({ path, value }: ArgumentLeaf): boolean => path !== REST_PATH && value !== null && selects(path);
  return { isSelected, holds: compileLeaf(test) };
}

/**
 * To be called where the leaves that were looked at do not decide.
 * INVARIANT: no answer hangs on what was too much to look at leaf by leaf: joined to one text it fails and passes other
 * tests than its values would. Attacker-controlled: many arguments before one that a denial is about.
 * @throws RangeError for a call that has more.
 */
export function assertLookedAt(leaves: readonly ArgumentLeaf[]): void {
  if (leaves.at(-1)?.path === REST_PATH)
    throw new RangeError("a call has more values than can be looked at one by one");
}

/** All that a server may read for what a path names: the place, what is below it, and the same in JSON text. */
export function compileReach(pattern: string): (path: string) => boolean {
  const selects = compileSelection(pattern);
  return (path) => selects(path) || selects(throughText(path));
}

/**
 * The place and what is below it. Attacker-controlled: the arguments; where a text is expected, a list or an object of
 * texts must not go untested.
 */
function compileSelection(pattern: string): (path: string) => boolean {
  const place = checked(compilePath(pattern));
  if (pattern.endsWith("#") || pattern.endsWith("**")) return place.matches;
  const below = checked(compilePath(`${pattern}/**`));
  return (path) => place.matches(path) || below.matches(path);
}
