/** What an audit is made of: checks with ids, how each came out, and the whole of a run. */

/** In the order in which they are reported. `readiness` has the first three. */
export const AUDIT_GROUPS = ["repository", "keys", "policies", "runtime", "supply-chain"] as const;
export type AuditGroup = (typeof AUDIT_GROUPS)[number];
export const READINESS_GROUPS: readonly AuditGroup[] = ["repository", "keys", "policies"];

export type CheckStatus = "ok" | "warn" | "fail" | "not-applicable";

/** One thing that was found, with its place where it has one. */
export interface AuditFinding {
  /** Relative to the project, with forward slashes. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly text: string;
}

export interface CheckResult {
  readonly status: CheckStatus;
  /** One line, of what was observed. */
  readonly detail: string;
  readonly findings?: readonly AuditFinding[];
}

/** What is said of a check before it runs. */
export interface CheckFacts {
  /** Stable: people name it to `--only`, and code scanning keeps it. */
  readonly id: string;
  readonly group: AuditGroup;
  readonly title: string;
  /** What makes it fail, or warn. */
  readonly fails: string;
}

export interface CheckedFact extends CheckFacts {
  readonly result: CheckResult;
  /** Wall clock, for information. */
  readonly ms: number;
}

export interface AuditReport {
  readonly command: string;
  /** The project that was looked at. */
  readonly repo: string;
  /** A file that findings without a place are put to. */
  readonly home: string;
  readonly version: string;
  readonly isStrict: boolean;
  readonly checks: readonly CheckedFact[];
  readonly ms: number;
}

/** Does this result count against the audit? */
export function countsAgainst({ status }: Pick<CheckResult, "status">, isStrict: boolean): boolean {
  return status === "fail" || (isStrict && status === "warn");
}
