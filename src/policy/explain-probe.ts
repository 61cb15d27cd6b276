/** Which condition of a rule failed: each is asked alone, as a policy of one rule, so that nothing is judged twice. */
import { mayPass } from "../abi/decision.js";
import type { PolicyDocument, PolicyRule, PolicyWhen } from "./ast.js";
import { factKey, partsOf, type Part } from "./check/parts.js";
import { compilePolicy, type PolicyQuestion } from "./compile.js";
import { CONDITION_NAMES, type ConditionName } from "./conditions/table.js";
import { allWords } from "./explain-words.js";
import { DEFAULT_DENY } from "./ast.js";

const ATOMS: ReadonlySet<ConditionName> = new Set(["descriptor", "only", "every", "some", "intent", "budget"]);

/** The first condition of the rule that did not hold, in words; undefined when what is known does not say. */
export function failedIn(document: PolicyDocument, index: number, question: PolicyQuestion): string | undefined {
  return allFailedIn(document, index, question, 1)[0];
}

/** Of the rules about this kind that let calls through, the one of which the fewest conditions failed; the first of those. */
export function nearestRule(
  document: PolicyDocument,
  question: PolicyQuestion,
): { readonly index: number; readonly found: { readonly id: string; readonly lacks: readonly string[] } } | undefined {
  const rivals = document.rules.flatMap(({ id, effect, when }, index) => {
    if (!mayPass(effect) || !when.syscalls.includes(question.kind)) return [];
    return [{ index, found: { id, lacks: allFailedIn(document, index, question, Infinity) } }];
  });
  return rivals.sort((a, b) => a.found.lacks.length - b.found.lacks.length)[0];
}

/** The conditions of the rule that did not hold, up to `most`. */
function allFailedIn(
  document: PolicyDocument,
  index: number,
  question: PolicyQuestion,
  most: number,
): readonly string[] {
  const when = document.rules[index]?.when;
  if (when === undefined) return [];
  const names = CONDITION_NAMES.filter((name) => name !== "syscalls" && when[name] !== undefined);
  const inOrder = [...names.filter((name) => !ATOMS.has(name)), ...names.filter((name) => ATOMS.has(name))];
  const own = moved(question, index);
  const failed: string[] = [];
  for (const name of inOrder) {
    if (failed.length >= most) break;
    const only: PolicyWhen = { syscalls: [question.kind], [name]: when[name] };
    if (!holdsAlone(document, only, own)) failed.push(wordsOf(only, index, question));
  }
  return failed;
}

/** True also when it cannot be known: then some other condition must have failed, or nothing is said. */
function holdsAlone(document: PolicyDocument, when: PolicyWhen, question: PolicyQuestion): boolean {
  const probe: PolicyRule = { id: "probe", effect: "allow", when };
  const { agent, trust, mcp, labels, sources, directory, grants } = document;
  const one = { agent, trust, mcp, labels, sources, directory, grants, mode: "enforce", rules: [probe] } as const;
  try {
    return compilePolicy(one).decide(question).decision.rule !== DEFAULT_DENY;
  } catch {
    return true;
  }
}

/** Facts and recall under the names that they have when the rule is the first. */
function moved(question: PolicyQuestion, index: number): PolicyQuestion {
  const from = `r${String(index)}.`;
  const renamed = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map(
      [...map].flatMap(([key, value]) => (key.startsWith(from) ? [[`r0.${key.slice(from.length)}`, value]] : [])),
    );
  const { recall, facts = new Map<string, boolean>() } = question;
  return { ...question, facts: renamed(facts), recall: { ...recall, calls: renamed(recall.calls) } };
}

/** Of several tests, those that are recorded to have failed. */
function wordsOf(when: PolicyWhen, index: number, { facts }: PolicyQuestion): string {
  const parts = partsOf(when);
  const hasFailed = (part: Part): boolean => facts?.get(factKey(index, part.at)) === false;
  const failed = parts.filter(hasFailed);
  return allWords(failed.length > 0 ? failed : parts);
}
