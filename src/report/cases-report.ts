/** What came of a policy's cases, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { CaseFileResult, CaseResult } from "../policy/cases-run.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

export interface CaseCounts {
  readonly passed: number;
  readonly failed: number;
  readonly faults: number;
}

export function countCases(files: readonly CaseFileResult[]): CaseCounts {
  const results = files.flatMap((file) => file.results);
  const passed = results.filter(({ ok }) => ok).length;
  const faults = files.reduce((sum, file) => sum + file.faults.length, 0);
  return { passed, failed: results.length - passed, faults };
}

/** INVARIANT: nothing tested is nothing passed. */
export function casesPass(files: readonly CaseFileResult[]): boolean {
  const { passed, failed, faults } = countCases(files);
  return passed > 0 && failed === 0 && faults === 0 && files.every(({ results }) => results.length > 0);
}

export function casesJson(files: readonly CaseFileResult[]): string {
  return `${reportJson({
    format: "agentk-policy-test/1",
    ok: casesPass(files),
    ...countCases(files),
    files: files.map(({ results, ...file }) => ({
      ...file,
      results: results.map(({ actual, ...result }) => ({ ...result, actual: actual ?? null })),
    })),
  })}\n`;
}

export function casesText(files: readonly CaseFileResult[], { paint }: ReportLook): string {
  const { passed, failed, faults } = countCases(files);
  const blocks = files.map((file) => {
    const title = `${paint.title(visible(file.file))}  ${paint.dim(visible(file.policy))}`;
    const faulty = file.faults.map(
      (fault) =>
        `  ${visible(fault.file)}:${String(fault.line)}:${String(fault.column)}: ${paint.bad(visible(fault.problem))}`,
    );
    const empty = file.faults.length === 0 && file.results.length === 0 ? [`  ${paint.bad("no cases")}`] : [];
    return [title, ...faulty, ...empty, ...file.results.flatMap((result) => caseLines(result, file.file, paint))].join(
      "\n",
    );
  });
  const broken = faults === 0 ? "" : `, ${String(faults)} faults`;
  const sum = `${String(passed)} passed, ${String(failed)} failed${broken}`;
  const verdict = files.length === 0 ? paint.bad("no cases: nothing was tested") : sum;
  return `${[...blocks, casesPass(files) ? paint.good(verdict) : paint.bad(verdict)].join("\n\n")}\n`;
}

function caseLines(result: CaseResult, file: string, paint: ReportLook["paint"]): readonly string[] {
  const name = visible(result.name);
  if (result.ok) return [`  ${paint.good("ok")}    ${name}  ${paint.dim(result.actual ?? "")}`];
  return [
    `  ${paint.bad("FAIL")}  ${name}  (${visible(file)}:${String(result.line)})`,
    `        expected  ${visible(result.expected)}`,
    `        actual    ${visible(result.actual ?? "none")}`,
    `        why       ${visible(result.why)}`,
  ];
}
