/** The structure of a policy file, strict at every level: a key that is not named here is a fault. */
import { z } from "./zod.js";
import { NAME_FORM } from "../abi/signed.js";
import { VERDICTS } from "../abi/decision.js";
import { isSyscallName, SYSCALL_NAMES } from "../abi/syscalls.js";
import { MAX_NAME_CHARS } from "../base/limits.js";
import { CLIENT_PROMPTS, POLICY_MODES, type Capability } from "./ast.js";
import { CHANGE_KEYS, changesSchema } from "./changes-schema.js";
import { globSchema } from "./conditions/condition.js";
import { DIRECTORY_NAME } from "./conditions/origins.js";
import { wholeNumberSchema } from "./conditions/quantity.js";
import { whenKeys, whenSchema } from "./conditions/when-schema.js";
import { MCP_KEYS, mcpSchema } from "./mcp-schema.js";
import { nearest } from "./nearest.js";
import { quoted } from "./quoted.js";
import { SOURCE_KEYS, SOURCE_WHEN_KEYS, sourceSchema } from "./sources-schema.js";

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

const agentShape = { id: agentId.exactOptional() };

/** Closed by default: no channel speaks for the user unless the operator names it. */
const trustShape = {
  client_prompt: z
    .enum(CLIENT_PROMPTS, {
      error: (issue) => `\`client_prompt\` must be \`none\` or \`_meta\`, found ${quoted(issue.input)}`,
    })
    .default("none"),
  context_socket: z.boolean().default(false),
  release: z.boolean().default(false),
};

const directoryShape = {
  name: z.string().regex(DIRECTORY_NAME, {
    error: (issue) =>
      `the directory name ${quoted(issue.input)} must be 1 to 48 of \`a-z\`, \`0-9\`, \`.\`, \`_\`, \`-\``,
  }),
  values: z
    .array(z.string().refine((value) => value.trim() !== "", "a value must not be empty"))
    .min(1, "`values` must hold at least one value"),
};

/** Any string is a date here: one that cannot be read has expired (expiry.ts), so that a slip of the pen closes. */
const expires = z.string().exactOptional();

const grantShape = {
  capability: capabilitySchema,
  agent: globSchema.exactOptional(),
  uses: wholeNumberSchema("uses", 1, Number.MAX_SAFE_INTEGER).exactOptional(),
  expires,
};

const ruleShape = {
  id: z
    .string()
    .regex(RULE_ID, {
      error: (issue) => `the rule id ${quoted(issue.input)} must be 1 to 64 of \`a-z\`, \`0-9\`, \`.\`, \`_\`, \`-\``,
    })
    .exactOptional(),
  effect: z.enum(VERDICTS, {
    error: (issue) => `\`effect\` must be one of ${VERDICTS.map(quoted).join(", ")}, found ${quoted(issue.input)}`,
  }),
  reason: z
    .string()
    .refine((reason) => reason.trim() !== "", "`reason` must not be empty")
    .exactOptional(),
  when: whenSchema,
  changes: changesSchema.exactOptional(),
};

const documentShape = {
  agent: z.strictObject(agentShape).default({}),
  mode: z
    .enum(POLICY_MODES, {
      error: (issue) => `\`mode\` must be \`enforce\` or \`observe\`, found ${quoted(issue.input)}`,
    })
    .default("enforce"),
  expires,
  trust: z.strictObject(trustShape).prefault({}),
  mcp: mcpSchema.prefault({}),
  labels: z.record(z.string(), z.string()).default({}),
  sources: z.array(sourceSchema).default([]),
  directory: z.array(z.strictObject(directoryShape)).default([]),
  grants: z.array(z.strictObject(grantShape)).default([]),
  // That there is a last rule is for rules.ts to say: it knows what to write instead.
  rules: z.array(z.strictObject(ruleShape)).default([]),
};

export const documentSchema = z.strictObject(documentShape);

/** The keys that a table may have, by its path without the numbers of list items; those in `when` apart. */
const KNOWN_KEYS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["", Object.keys(documentShape)],
  ["agent", Object.keys(agentShape)],
  ["trust", Object.keys(trustShape)],
  ["mcp", MCP_KEYS],
  ["sources", SOURCE_KEYS],
  ["sources.when", SOURCE_WHEN_KEYS],
  ["directory", Object.keys(directoryShape)],
  ["grants", Object.keys(grantShape)],
  ["rules", Object.keys(ruleShape)],
  ["rules.changes", CHANGE_KEYS],
]);

export function knownKeys(tables: readonly string[]): readonly string[] {
  const [first, second, ...inner] = tables;
  if (first === "rules" && second === "when") return whenKeys(inner);
  return KNOWN_KEYS.get(tables.join(".")) ?? [];
}
