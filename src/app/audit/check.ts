/** One named check of an audit, and the results it can have. */
import type { AuditFinding, CheckFacts, CheckResult } from "../../abi/audit.js";
import type { AuditWorld } from "./world.js";

/** A check looks, and says what it saw. What it throws counts as a failure: it could not see. */
export interface AuditCheck extends CheckFacts {
  readonly run: (world: AuditWorld) => Promise<CheckResult> | CheckResult;
}

/** Findings that are told one by one; what is more is counted. */
const MAX_FINDINGS = 20;

export function passed(detail: string): CheckResult {
  return { status: "ok", detail };
}

export function warned(detail: string, findings: readonly AuditFinding[] = []): CheckResult {
  return { status: "warn", detail, ...bounded(findings) };
}

export function failed(detail: string, findings: readonly AuditFinding[] = []): CheckResult {
  return { status: "fail", detail, ...bounded(findings) };
}

export function notApplicable(detail: string): CheckResult {
  return { status: "not-applicable", detail };
}

/** Failed with the findings, or passed when there are none. */
export function noneOf(findings: readonly AuditFinding[], ok: string, detail: string): CheckResult {
  return findings.length === 0 ? passed(ok) : failed(detail, findings);
}

function bounded(findings: readonly AuditFinding[]): Pick<CheckResult, "findings"> {
  if (findings.length === 0) return {};
  const more = findings.length - MAX_FINDINGS;
  if (more <= 0) return { findings };
  return { findings: [...findings.slice(0, MAX_FINDINGS), { text: `and ${String(more)} more` }] };
}

/** `3 files`, `1 file`. */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${String(count)} ${count === 1 ? noun : nouns}`;
}
