/** `under`: a path below a folder, after normalisation; of the target here, of a leaf in an argument test. */
import { z } from "../zod.js";
import type { PathPattern } from "../ast.js";
import { compileUnder, underFault } from "../match/path.js";
import { quoted } from "../quoted.js";
import { cheap, listed, type Condition } from "./condition.js";

const underShape = {
  under: z.preprocess(
    listed,
    z
      .array(
        z
          .string()
          .min(1, "a folder must not be empty")
          .superRefine((folder, context) => {
            const fault = folder === "" ? undefined : underFault({ under: [folder] });
            if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
          }),
      )
      .min(1, "a list of folders must hold at least one"),
  ),
  case: z
    .enum(["sensitive", "insensitive"], {
      error: (issue) => `\`case\` must be \`sensitive\` or \`insensitive\`, found ${quoted(issue.input)}`,
    })
    .exactOptional(),
};

export const UNDER_KEYS = Object.keys(underShape);

/** A folder, a list of folders, or a table that says how letters compare. */
export const underSchema: z.ZodType<PathPattern> = z.preprocess(
  (value) => (typeof value === "string" || Array.isArray(value) ? { under: value } : value),
  z.strictObject(underShape),
);

export const under: Condition<PathPattern> = {
  schema: underSchema,
  keys: { "": UNDER_KEYS },
  compile: (pattern) => {
    const isUnder = compileUnder(pattern);
    return cheap(({ target }) => isUnder(target));
  },
};
