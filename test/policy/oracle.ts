/** The meaning of a policy, written as plainly as can be: no index, no closures, globs by recursion. */
import type { PolicyDocument, PolicyRule } from "../../src/policy/ast.js";
import type { PolicyQuestion } from "../../src/policy/compile.js";

/** Whether a glob fits the whole text; both as lists of characters. */
export function fits(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  const [first, ...others] = text;
  if (head === undefined) return first === undefined;
  if (head === "*") return fits(rest, text) || (first !== undefined && fits(pattern, others));
  if (first === undefined) return false;
  if (head === "\\" && rest.length > 0) return rest[0] === first && fits(rest.slice(1), others);
  return (head === "?" || head === first) && fits(rest, others);
}

function anyFits(globs: readonly string[] | undefined, text: string | undefined): boolean {
  if (globs === undefined) return true;
  return text !== undefined && globs.some((glob) => fits(Array.from(glob), Array.from(text)));
}

function isGranted({ grants }: PolicyDocument, { kind, target, agent }: PolicyQuestion): boolean {
  return grants.some(
    (grant) =>
      grant.capability.kind === kind &&
      anyFits([grant.capability.target], target) &&
      anyFits([grant.agent ?? "*"], agent),
  );
}

function holds({ when }: PolicyRule, question: PolicyQuestion, policy: PolicyDocument): boolean {
  const any = when.labels_any ?? [];
  const state = isGranted(policy, question) ? "present" : "missing";
  return (
    when.syscalls.includes(question.kind) &&
    anyFits(when.agent, question.agent) &&
    anyFits(when.server, question.server) &&
    anyFits(when.tool, question.tool) &&
    anyFits(when.target, question.target) &&
    (any.length === 0 || any.some((name) => question.labels.has(name))) &&
    (when.labels_all ?? []).every((name) => question.labels.has(name)) &&
    (when.labels_none ?? []).every((name) => !question.labels.has(name)) &&
    (when.capability ?? state) === state
  );
}

/** `verdict:rule` of the first rule that holds. */
export function oracle(policy: PolicyDocument, question: PolicyQuestion): string {
  const rule = policy.rules.find((candidate) => holds(candidate, question, policy));
  return rule === undefined ? "deny:default-deny" : `${rule.effect}:${rule.id}`;
}
