/** What is wrong with a policy that loads: every finding with its place, most of them about rules that do not work. */
import type { PolicyDocument } from "../ast.js";
import { locator } from "../locate.js";
import { answerFindings } from "./answers.js";
import { LINT_CODES, type LintFinding } from "./codes.js";
import { idleFindings } from "./idle.js";
import { Steps } from "./implies.js";
import { phaseFindings } from "./phases.js";
import { reachFindings } from "./reached.js";
import { ungivenFindings } from "./ungiven.js";
import { weakFindings } from "./weak.js";

export type { LintFinding } from "./codes.js";

/**
 * The findings in the order of the text. `source` must be the text that the document was parsed from.
 * `now_ms`: wall clock in milliseconds, for what has expired; without it, nothing has.
 */
export function lintPolicy(document: PolicyDocument, source: string, now_ms?: number): readonly LintFinding[] {
  const locate = locator(source);
  const steps = new Steps();
  const found = [
    ...reachFindings(document, steps),
    ...phaseFindings(document),
    ...ungivenFindings(document),
    ...answerFindings(document),
    ...weakFindings(document),
    ...idleFindings(document, now_ms),
  ];
  if (steps.hasRunOut) found.push({ code: "not-searched", path: [], problem: "not all rules were compared" });
  return found
    .map(({ code, path, problem }) => ({ code, problem, ...locate(path), ...LINT_CODES[code] }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
