/** Reads a policy and asks it a reachability question. */
import { AgentkError } from "../base/errors.js";
import { TAG_FORM } from "../abi/labels.js";
import { isSyscallName, SYSCALL_NAMES } from "../abi/syscalls.js";
import { hasDanglingEscape } from "../policy/glob.js";
import { nearest } from "../policy/nearest.js";
import { parsePolicy } from "../policy/parse.js";
import { reach, type ReachQuestion, type ReachResult } from "../policy/reach.js";
import { PolicyInvalid, readPolicy } from "./policy-file.js";

/** As the command line gives it. */
export interface ReachWords {
  readonly from: string;
  readonly to: string;
  readonly tool?: string;
}

/** @throws AgentkError `usage` when a name is not one; `file-unreadable`; PolicyInvalid */
export async function reachPolicy(
  file: string,
  words: ReachWords,
): Promise<{ question: ReachQuestion; result: ReachResult }> {
  const question = questionOf(words);
  const { source } = await readPolicy(file);
  const parsed = parsePolicy(source);
  if (!parsed.ok) throw new PolicyInvalid(file, parsed.error);
  return { question, result: reach(parsed.value, question) };
}

function questionOf({ from, to, tool }: ReachWords): ReachQuestion {
  if (!isSyscallName(to)) throw unknown("syscall", to, nearest(to, SYSCALL_NAMES));
  // No value carries these as names: a question about them would be proved by mistake.
  if (!TAG_FORM.test(from) || from === "public" || from === "internal") throw unknown("label", from, undefined);
  if (tool === undefined) return { from, to };
  if (to !== "tool.invoke" && to !== "tool.response")
    throw new AgentkError("usage", `\`--tool\` says nothing about \`${to}\``);
  if (tool === "" || hasDanglingEscape(tool)) throw unknown("glob", tool, undefined);
  return { from, to, tool };
}

function unknown(noun: string, name: string, near: string | undefined): AgentkError {
  return new AgentkError(
    "usage",
    `\`${name}\` is no ${noun}`,
    near === undefined ? {} : { hint: `did you mean \`${near}\`?` },
  );
}
