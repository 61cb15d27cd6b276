/** `history`: how many calls passed earlier in the session lies within bounds. */
import { z } from "../zod.js";
import { SYSCALL_NAMES } from "../../abi/syscalls.js";
import type { HistoryTest } from "../ast.js";
import { compileGlobs } from "../glob.js";
import { quoted } from "../quoted.js";
import { countOf, type PassedCall } from "../recall.js";
import { actsSchema } from "./act.js";
import { cheap, globsSchema, type Condition, type Part, type Scope } from "./condition.js";
import { durationSchema, wholeNumberSchema } from "./quantity.js";

/** Bounds what a session must remember for one test. */
export const MAX_COUNT = 10_000;

const historyShape = {
  syscalls: z
    .array(z.enum(SYSCALL_NAMES, { error: (issue) => `unknown syscall ${quoted(issue.input)}` }))
    .min(1, "a list of syscalls must hold at least one")
    .exactOptional(),
  server: globsSchema.exactOptional(),
  tool: globsSchema.exactOptional(),
  target: globsSchema.exactOptional(),
  act: actsSchema.exactOptional(),
  at_least: wholeNumberSchema("at_least", 1, MAX_COUNT).exactOptional(),
  at_most: wholeNumberSchema("at_most", 0, MAX_COUNT).exactOptional(),
  within: durationSchema.exactOptional(),
};

const historySchema = z.strictObject(historyShape).transform(({ within, ...test }): HistoryTest => ({
  ...test,
  ...(within === undefined ? {} : { within_ms: within }),
}));

export const history: Condition<readonly HistoryTest[]> = {
  schema: z.array(historySchema).min(1, "`history` must hold at least one test"),
  keys: { "": Object.keys(historyShape) },
  compile: (tests, scope) => tests.flatMap((test, index) => compileTest(test, scope, index)),
};

function compileTest(test: HistoryTest, scope: Scope, index: number): readonly Part[] {
  const key = `${scope.key}.history.${String(index)}`;
  const { at_most: most = Infinity, within_ms } = test;
  const least = test.at_least ?? (test.at_most === undefined ? 1 : 0);
  scope.watch({ key, keep: Math.max(least, test.at_most ?? 0) + 1, counts: compileCounts(test) });
  return cheap(({ recall, wall_ms }) => {
    const count = countOf(recall, key, wall_ms, within_ms);
    return count >= least && count <= most;
  });
}

function compileCounts({ syscalls, server, tool, target, act }: HistoryTest): (call: PassedCall) => boolean {
  const isServer = optionalGlobs(server);
  const isTool = optionalGlobs(tool);
  const isTarget = optionalGlobs(target);
  return (call) =>
    (syscalls?.includes(call.kind) ?? true) &&
    (act?.includes(call.act) ?? true) &&
    isServer(call.server) &&
    isTool(call.tool) &&
    isTarget(call.target);
}

/** No globs hold for all; globs hold for no call that lacks the text. */
function optionalGlobs(globs: readonly string[] | undefined): (text: string | undefined) => boolean {
  if (globs === undefined) return () => true;
  const isMatch = compileGlobs(globs);
  return (text) => text !== undefined && isMatch(text);
}
