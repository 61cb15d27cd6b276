/** `syscalls`: the kinds a rule is about, by name; there is no pattern, so a kind added later is not allowed by accident. */
import { z } from "../zod.js";
import { SYSCALL_NAMES, type SyscallName } from "../../abi/syscalls.js";
import { quoted } from "../quoted.js";
import type { Condition } from "./condition.js";

export const syscalls: Condition<readonly SyscallName[]> = {
  schema: z.array(z.enum(SYSCALL_NAMES, { error: (issue) => `unknown syscall ${quoted(issue.input)}` })),
  // rule-index.ts files every rule under its kinds, so that nothing is left to test.
  compile: () => [],
};
