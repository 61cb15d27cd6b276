/** The structure of a file of policy cases (`guard.cases.toml`), strict at every level. */
import { z } from "./zod.js";
import { REASON_CODES, VERDICTS } from "../abi/decision.js";
import { TAG_FORM } from "../abi/labels.js";
import { SYSCALL_NAMES } from "../abi/syscalls.js";
import { parseInstant } from "./match/time.js";
import { quoted } from "./quoted.js";

/** `verdict`, `verdict:rule`, or `verdict:rule reason`. */
const EXPECTATION = /^([a-z]+)(?::([a-z0-9._-]{1,64})(?: ([a-z-]{1,64}))?)?$/;

const name = z.string().min(1, "a name must not be empty").max(128, "a name is longer than 128 characters");
const syscall = z.enum(SYSCALL_NAMES, { error: (issue) => `unknown syscall ${quoted(issue.input)}` });

const expectation = z.string().transform((text, context) => {
  const [, verdict, rule, reason] = EXPECTATION.exec(text) ?? [];
  const known = VERDICTS.find((one) => one === verdict);
  const because = REASON_CODES.find((one) => one === reason);
  if (known !== undefined && because === reason)
    return {
      verdict: known,
      ...(rule !== undefined && { rule }),
      ...(because !== undefined && { reason: because }),
    };
  context.addIssue({
    code: "custom",
    message: `${quoted(text)} is no expectation: write \`deny\` or \`allow:rule-id\``,
  });
  return z.NEVER;
});

/** A TOML date or a string; read as milliseconds of the wall clock. */
const instant = z.union([z.string(), z.date()], { error: "`at` must be a time" }).transform((value, context) => {
  const ms = value instanceof Date ? value.getTime() : parseInstant(value);
  // TOML's time of day without a date is one of the year 0.
  if (ms !== undefined && ms >= 0) return ms;
  context.addIssue({ code: "custom", message: `${quoted(value)} is no time: write \`2027-01-01T00:00:00Z\`` });
  return z.NEVER;
});

/** What is left out is the case's own server, `tools/call`, and no tool. */
const pageShape = {
  server: name.exactOptional(),
  tool: name.exactOptional(),
  method: name.exactOptional(),
  result: z.unknown(),
};
const earlierShape = {
  syscall: syscall.exactOptional(),
  server: name.exactOptional(),
  tool: name.exactOptional(),
  target: z.string().exactOptional(),
  arguments: z.record(z.string(), z.unknown()).exactOptional(),
  at: instant.exactOptional(),
};
const caseShape = {
  name,
  syscall: syscall.default("tool.invoke"),
  server: name.default("server"),
  tool: name.exactOptional(),
  target: z.string().exactOptional(),
  agent: name.exactOptional(),
  at: instant.exactOptional(),
  labels: z.array(z.string().regex(TAG_FORM, { error: (issue) => `bad label ${quoted(issue.input)}` })).default([]),
  user: z.array(z.string()).default([]),
  pages: z.array(z.strictObject(pageShape)).default([]),
  arguments: z.record(z.string(), z.unknown()).default({}),
  earlier: z.array(z.strictObject(earlierShape)).default([]),
  expect: expectation,
};
const fileShape = {
  policy: z.string().min(1, "`policy` must not be empty").exactOptional(),
  cases: z.array(z.strictObject(caseShape)).default([]),
};

export const casesSchema = z.strictObject(fileShape);

/** The keys that a table may have, by its path without the numbers of list items. */
export const CASE_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["", Object.keys(fileShape)],
  ["cases", Object.keys(caseShape)],
  ["cases.pages", Object.keys(pageShape)],
  ["cases.earlier", Object.keys(earlierShape)],
]);
