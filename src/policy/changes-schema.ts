/** How the changes of a `transform` are written: each item says one. */
import { z } from "./zod.js";
import type { Change } from "./ast.js";
import { pathSchema } from "./conditions/path.js";
import { scalarSchema } from "./conditions/quantity.js";

const yes = z.custom<true>((value) => value === true, "must be `true`, or left out");

const changeShape = {
  path: pathSchema.exactOptional(),
  redact: yes.exactOptional(),
  substitute: scalarSchema.exactOptional(),
  quarantine: yes.exactOptional(),
};

export const CHANGE_KEYS = Object.keys(changeShape);

const changeSchema = z.strictObject(changeShape).transform((written, context): Change => {
  if (context.issues.length > 0) return z.NEVER;
  const change = changeOf(written);
  if (typeof change !== "string") return change;
  context.addIssue({ code: "custom", message: change });
  return z.NEVER;
});

/** The change, or what is wrong with it. */
function changeOf(written: z.infer<z.ZodObject<typeof changeShape>>): Change | string {
  const { path, redact, substitute, quarantine } = written;
  const named = [redact, substitute, quarantine].filter((value) => value !== undefined);
  if (named.length !== 1) return "a change must say one of `redact`, `substitute` and `quarantine`";
  if (quarantine !== undefined)
    return path === undefined ? { kind: "quarantine" } : "`quarantine` takes no `path`: it is about the whole";
  if (path === undefined) return "the change needs a `path`";
  return substitute === undefined ? { kind: "redact", path } : { kind: "substitute", path, value: substitute };
}

export const changesSchema = z.array(changeSchema).min(1, "`changes` must hold at least one change");
