/** `capability`: whether a live grant of the operator's covers the call's kind, target and agent. What a caller claims counts for nothing. */
import { z } from "../zod.js";
import { CAPABILITY_STATES, type CapabilityState } from "../ast.js";
import { quoted } from "../quoted.js";
import { cheap, type Condition } from "./condition.js";

export const capability: Condition<CapabilityState> = {
  schema: z.enum(CAPABILITY_STATES, {
    error: (issue) => `\`capability\` must be \`present\` or \`missing\`, found ${quoted(issue.input)}`,
  }),
  compile: (state, { hasCapability }) => cheap((question) => hasCapability(question) === (state === "present")),
};
