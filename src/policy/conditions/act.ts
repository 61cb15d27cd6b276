/** `act`: what kind of act the call is; one of those listed. */
import { z } from "../zod.js";
import { ACTS, type Act } from "../../abi/syscalls.js";
import { quoted } from "../quoted.js";
import { cheap, type Condition } from "./condition.js";

/** Also of the history test. */
export const actsSchema = z
  .array(z.enum(ACTS, { error: (issue) => `unknown act ${quoted(issue.input)}` }))
  .min(1, "a list of acts must hold at least one");

export const act: Condition<readonly Act[]> = {
  schema: actsSchema,
  compile: (acts) => cheap((question) => acts.includes(question.act)),
};
