/** The structure of a policy file, strict at every level: a key that is not named here is a fault. */
import { z } from "zod";
import { NAME_FORM } from "../abi/event.js";
import { VERDICTS } from "../abi/decision.js";
import { isSyscallName, SYSCALL_NAMES } from "../abi/syscalls.js";
import { MAX_NAME_CHARS } from "../base/limits.js";
import type { Capability, PolicyWhen } from "./ast.js";
import { globSchema } from "./conditions/condition.js";
import { CONDITION_NAMES, CONDITIONS } from "./conditions/table.js";
import { nearest } from "./nearest.js";
import { quoted } from "./quoted.js";

/** Fits a label of the flight log, a shell word and a sentence. */
const RULE_ID = /^[a-z0-9._-]{1,64}$/;

/** The id goes into every log line, so it must be what a log line can hold. */
const agentId = z
  .string()
  .min(1, { error: "`id` must not be empty", abort: true })
  .max(MAX_NAME_CHARS, `\`id\` is longer than ${String(MAX_NAME_CHARS)} characters`)
  .regex(NAME_FORM, "`id` must not hold control characters");

/** `kind:target-glob`, split at the first colon: no kind holds one, targets do. */
const capabilitySchema = z.string().transform((text, context): Capability => {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const target = globSchema.safeParse(colon < 0 ? "" : text.slice(colon + 1));
  if (isSyscallName(kind) && target.success) return { kind, target: target.data };
  const message = isSyscallName(kind)
    ? `the capability ${quoted(text)} must be \`kind:target\`, with a glob for the target`
    : `unknown syscall ${quoted(kind)} in a capability`;
  const near = nearest(kind, SYSCALL_NAMES);
  const hint = near === undefined || near === kind ? {} : { params: { hint: `did you mean \`${near}\`?` } };
  context.addIssue({ code: "custom", message, ...hint });
  return z.NEVER;
});

/** INVARIANT: built from the table row by row; the table's type says that each row reads the member of its name. */
const whenShape = Object.fromEntries(
  CONDITION_NAMES.map((name) => [name, z.exactOptional(CONDITIONS[name].schema as z.ZodType)]),
);
const whenSchema = z
  .strictObject(whenShape)
  .prefault({})
  .transform((when): PolicyWhen => ({ syscalls: [], ...when }));

const agentShape = { id: agentId.exactOptional() };
const grantShape = { capability: capabilitySchema, agent: globSchema.exactOptional() };
const ruleShape = {
  id: z
    .string()
    .regex(RULE_ID, {
      error: (issue) => `the rule id ${quoted(issue.input)} must be 1 to 64 of \`a-z\`, \`0-9\`, \`.\`, \`_\`, \`-\``,
    })
    .exactOptional(),
  effect: z.enum(VERDICTS, {
    error: (issue) => `\`effect\` must be \`allow\` or \`deny\`, found ${quoted(issue.input)}`,
  }),
  reason: z
    .string()
    .refine((reason) => reason.trim() !== "", "`reason` must not be empty")
    .exactOptional(),
  when: whenSchema,
};
const documentShape = {
  agent: z.strictObject(agentShape).default({}),
  labels: z.record(z.string(), z.string()).default({}),
  grants: z.array(z.strictObject(grantShape)).default([]),
  // That there is a last rule is for rules.ts to say: it knows what to write instead.
  rules: z.array(z.strictObject(ruleShape)).default([]),
};

export const documentSchema = z.strictObject(documentShape);

/** The keys that a table may have, by its path without the numbers of list items. */
const KNOWN_KEYS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["", Object.keys(documentShape)],
  ["agent", Object.keys(agentShape)],
  ["grants", Object.keys(grantShape)],
  ["rules", Object.keys(ruleShape)],
  ["rules.when", CONDITION_NAMES],
]);

export function knownKeys(table: string): readonly string[] {
  return KNOWN_KEYS.get(table) ?? [];
}
