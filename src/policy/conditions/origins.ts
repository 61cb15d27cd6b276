/** Names of origins in argument tests: the classes, `directory:<name>`, and tags of the operator's. */
import { z } from "../zod.js";
import { LABEL_NAMES, TAG_FORM } from "../../abi/labels.js";
import { ORIGIN_CLASSES } from "../../abi/provenance.js";
import { quoted } from "../quoted.js";

const CLASSES: readonly string[] = ORIGIN_CLASSES;
/** Labels that are no origin classes: no place is ever of such a class, so that the test would never hold. */
const LABELS_ONLY: ReadonlySet<string> = new Set(LABEL_NAMES.filter((name) => !CLASSES.includes(name)));

/** What an operator may call a directory, so that `directory:<name>` is an origin. */
export const DIRECTORY_NAME = /^[a-z0-9][a-z0-9._-]{0,47}$/;

const originName = z
  .string()
  .refine((name) => TAG_FORM.test(name), { error: (issue) => `bad origin ${quoted(issue.input)}`, abort: true })
  .refine((name) => !LABELS_ONLY.has(name), {
    error: (issue) => `${quoted(issue.input)} is a label and no origin`,
    params: { hint: "test it with `labels_any`, `labels_all` or `labels_none`" },
  });

export function originsSchema(name: string): z.ZodType<readonly string[]> {
  return z.array(originName).min(1, `\`${name}\` must name at least one origin`);
}
