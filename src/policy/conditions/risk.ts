/** `risk`: the call's tier of risk; one of those listed. */
import { z } from "../zod.js";
import { RISKS, type Risk } from "../../abi/syscalls.js";
import { quoted } from "../quoted.js";
import { cheap, type Condition } from "./condition.js";

export const risk: Condition<readonly Risk[]> = {
  schema: z
    .array(z.enum(RISKS, { error: (issue) => `unknown risk ${quoted(issue.input)}` }))
    .min(1, "a list of risks must hold at least one"),
  compile: (risks) => cheap((question) => risks.includes(question.risk)),
};
