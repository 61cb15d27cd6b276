/** How `[[sources]]` are written. */
import { z } from "./zod.js";
import { TAG_FORM } from "../abi/labels.js";
import type { PolicySource } from "./ast.js";
import { globsSchema, listed } from "./conditions/condition.js";
import { pathSchema } from "./conditions/path.js";
import { scalarSchema, scalarsSchema } from "./conditions/quantity.js";
import { quoted } from "./quoted.js";

/** The labels of what no source speaks of are untrusted and external; `internal` and `trusted` lower these. */
const label = z
  .string()
  .regex(TAG_FORM, { error: (issue) => `bad label ${quoted(issue.input)}` })
  .refine((name) => name !== "public", "`public` is the absence of a label: leave it out");

const whenShape = {
  path: z
    .string()
    .min(1, "`path` must name a member")
    .refine((name) => !name.startsWith("/"), "`path` names a member beside the leaf, without a slash"),
  equals: scalarSchema.exactOptional(),
  in: scalarsSchema.exactOptional(),
};

const whenSchema = z.strictObject(whenShape).transform((when, context): NonNullable<PolicySource["when"]> => {
  const { path, equals, in: values } = when;
  if (equals !== undefined && values === undefined) return { path, in: [equals] };
  if (equals === undefined && values !== undefined) return { path, in: values };
  if (context.issues.length > 0) return z.NEVER;
  context.addIssue({ code: "custom", message: "`when` must say either `equals` or `in`" });
  return z.NEVER;
});

const sourceShape = {
  server: globsSchema.exactOptional(),
  tool: globsSchema.exactOptional(),
  method: globsSchema.exactOptional(),
  path: z.preprocess(listed, z.array(pathSchema).min(1, "a list of paths must hold at least one")).default(["/**"]),
  when: whenSchema.exactOptional(),
  labels: z.array(label).min(1, "`labels` must hold at least one label"),
};

export const SOURCE_KEYS = Object.keys(sourceShape);
export const SOURCE_WHEN_KEYS = Object.keys(whenShape);

export const sourceSchema: z.ZodType<PolicySource> = z.strictObject(sourceShape);
