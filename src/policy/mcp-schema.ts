/** How `[mcp]` is written: which parts of the protocol pass at all. */
import { z } from "./zod.js";
import { CLIENT_ROOTS, DEFAULT_MCP, MCP_FEATURES, type PolicyMcp } from "./ast.js";
import { quoted } from "./quoted.js";

/** More than an operator writes; the whole list goes to a server in one answer. */
const MAX_ROOTS = 64;
/** An absolute path, without what is read in more than one way: empty and dot segments, queries, escapes of `/` and `.`. */
const ROOT_FORM =
  /^file:\/\/\/(?:[^/\\?#%\s]|%(?!2e|2f|5c|00)[0-9a-f]{2})(?:[^\\?#%\s]|%(?!2e|2f|5c|00)[0-9a-f]{2})*$/i;
const ODD_SEGMENT = /\/(?:\.{1,2})?(?=\/)|\/\.{1,2}$/;

const root = z
  .string()
  .refine((uri) => uri === "file:///" || (ROOT_FORM.test(uri) && !ODD_SEGMENT.test(uri.slice("file://".length))), {
    error: (issue) => `${quoted(issue.input)} is no absolute file URI: write \`file:///home/me/project\``,
  });

const feature = z.enum(MCP_FEATURES, {
  error: (issue) => `unknown feature ${quoted(issue.input)}: the features are ${MCP_FEATURES.map(quoted).join(", ")}`,
});

const rootList = z.array(root).max(MAX_ROOTS, `\`roots\` holds more than ${String(MAX_ROOTS)}`);

/** A list, whose faults are told at their places, or the one word. */
const roots = z.unknown().transform((value, context): PolicyMcp["roots"] => {
  if (value === CLIENT_ROOTS) return CLIENT_ROOTS;
  if (typeof value === "string") {
    context.addIssue({
      code: "custom",
      message: `${quoted(value)} is no list of roots: write a list, or \`"client"\``,
    });
    return z.NEVER;
  }
  const read = rootList.safeParse(value, { reportInput: true });
  if (read.success) return read.data;
  for (const issue of read.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

const mcpShape = {
  features: z.array(feature).default([...DEFAULT_MCP.features]),
  roots: roots.default([]),
  trace: z.boolean().default(DEFAULT_MCP.trace),
  early_answers: z.boolean().default(DEFAULT_MCP.early_answers),
};

export const MCP_KEYS = Object.keys(mcpShape);

export const mcpSchema: z.ZodType<PolicyMcp> = z.strictObject(mcpShape);
