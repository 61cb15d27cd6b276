/** Short policies, and what lint says of them. */
import { lintPolicy } from "../../../src/policy/check/lint.js";
import type { LintFinding } from "../../../src/policy/check/codes.js";
import { documentOf, NOON, TAIL } from "../fixture.js";

export const CALL = 'syscalls = ["tool.invoke"]';

export function rule(effect: string, when: string, id: string, more = ""): string {
  return `[[rules]]\nid = "${id}"\neffect = "${effect}"\n${more}when = { ${when} }\n`;
}

function inWords({ code, line, column, problem }: LintFinding): string {
  return `${code} ${String(line)}:${String(column)} ${problem}`;
}

/** All findings but that answers are withheld, which most short policies do. */
export function found(text: string): readonly string[] {
  return allFound(text).filter((words) => !words.startsWith("withheld-answers"));
}

export function allFound(text: string): readonly string[] {
  const source = `${text}\n${TAIL}`;
  return lintPolicy(documentOf(source), source, NOON).map(inWords);
}
