/** Calls that are allowed and whose answers no rule hands on. */
import type { Verdict } from "../../abi/decision.js";
import type { SyscallName } from "../../abi/syscalls.js";
import type { PolicyDocument } from "../ast.js";
import { quoted } from "../quoted.js";
import type { PathFinding } from "./codes.js";

const ANSWERS: readonly (readonly [call: SyscallName, answer: SyscallName])[] = [
  ["tool.invoke", "tool.response"],
  ["resource.read", "resource.response"],
  ["prompt.get", "prompt.response"],
];

const MAKES: ReadonlySet<Verdict> = new Set(["allow", "transform", "ask"]);
/** A page cannot be asked about. */
const HANDS_ON: ReadonlySet<Verdict> = new Set(["allow", "transform"]);

/** One finding for each kind of call, at the first rule that lets it through. */
export function answerFindings({ rules, mode }: PolicyDocument): readonly PathFinding[] {
  if (mode === "observe") return [];
  const first = (kind: SyscallName, effects: ReadonlySet<Verdict>): number =>
    rules.findIndex(({ when, effect }) => when.syscalls.includes(kind) && effects.has(effect));
  return ANSWERS.flatMap(([call, answer]) => {
    const index = first(call, MAKES);
    const rule = rules[index];
    if (rule === undefined || first(answer, HANDS_ON) >= 0) return [];
    const problem = `${quoted(rule.id)} lets ${quoted(call)} through, and no rule allows ${quoted(answer)}`;
    return [{ code: "withheld-answers" as const, path: ["rules", index, "when", "syscalls"], problem }];
  });
}
