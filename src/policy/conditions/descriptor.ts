/** `descriptor`: what the server's own listings say of the tool that is called; one of those listed. An atom. */
import { z } from "../zod.js";
import { DESCRIPTOR_STATES, type DescriptorState } from "../../abi/syscalls.js";
import { quoted } from "../quoted.js";
import { atom } from "./atom.js";
import type { Condition } from "./condition.js";

export const descriptor: Condition<readonly DescriptorState[]> = {
  schema: z
    .array(z.enum(DESCRIPTOR_STATES, { error: (issue) => `unknown descriptor state ${quoted(issue.input)}` }))
    .min(1, "a list of descriptor states must hold at least one"),
  compile: (states, { key }) => [atom(`${key}.descriptor`, (_, values) => states.includes(values.descriptor()))],
};
