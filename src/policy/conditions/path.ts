/** `path`: which leaves a test is about, tried when the policy is read. */
import { z } from "../zod.js";
import { compilePath } from "../../base/pointer.js";
import { plain, quoted } from "../quoted.js";

export const pathSchema = z.string().superRefine((text, context) => {
  const compiled = compilePath(text);
  if (!compiled.ok)
    context.addIssue({ code: "custom", message: `the path ${quoted(text)} is not valid: ${plain(compiled.error)}` });
});
