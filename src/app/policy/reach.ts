/** Reads a policy and asks it a reachability question. */
import { AgentkError } from "../../base/errors.js";
import { LABEL_NAMES, TAG_FORM } from "../../abi/labels.js";
import { isSyscallName, SYSCALL_NAMES } from "../../abi/syscalls.js";
import type { PolicyDocument } from "../../policy/ast.js";
import { askedTags, givenTags } from "../../policy/check/tags.js";
import { hasDanglingEscape } from "../../policy/glob.js";
import { nearest } from "../../policy/nearest.js";
import { parsePolicy } from "../../policy/parse.js";
import { reach, type ReachQuestion, type ReachResult } from "../../policy/reach.js";
import { PolicyInvalid, readPolicy } from "./file.js";

/** Named in a hint. */
const MAX_NAMES = 12;

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
  assertLabel(parsed.value, question.from);
  return { question, result: reach(parsed.value, question) };
}

/** A misspelt label would be a tag that no rule asks for, and the answer would be about nothing. */
function assertLabel(document: PolicyDocument, from: string): void {
  const asked = askedTags(document).map(({ tag }) => tag);
  const tags = new Set([...givenTags(document), ...Object.keys(document.labels), ...asked]);
  const names = [...new Set<string>([...LABEL_NAMES, ...tags])];
  if (names.includes(from)) return;
  const near = nearest(from, names);
  const hint =
    near === undefined ? `the names are ${names.slice(0, MAX_NAMES).join(", ")}` : `did you mean \`${near}\`?`;
  throw new AgentkError("usage", `this policy knows no label or tag \`${from}\``, { hint });
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
