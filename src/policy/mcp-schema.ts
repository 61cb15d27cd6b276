/** How `[mcp]` is written: which parts of the protocol pass at all. */
import { z } from "zod";
import { DEFAULT_MCP, MCP_FEATURES, type PolicyMcp } from "./ast.js";
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

const mcpShape = {
  features: z.array(feature).default([...DEFAULT_MCP.features]),
  roots: z
    .array(root)
    .max(MAX_ROOTS, `\`roots\` holds more than ${String(MAX_ROOTS)}`)
    .default([]),
  trace: z.boolean().default(DEFAULT_MCP.trace),
};

export const MCP_KEYS = Object.keys(mcpShape);

export const mcpSchema: z.ZodType<PolicyMcp> = z.strictObject(mcpShape);
