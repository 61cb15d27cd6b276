/** A policy decision and the closed list of its reasons. */
export const VERDICTS = ["allow", "deny"] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * Why a decision fell. `retryable` tells a model whether the same call can succeed later,
 * without teaching it the policy.
 */
export const REASONS = {
  "policy-allow": { retryable: false, says: "a rule of the policy allows it" },
  "policy-deny": { retryable: false, says: "a rule of the policy denies it" },
  "no-rule": { retryable: false, says: "no rule of the policy allows it" },
  "unknown-syscall": { retryable: false, says: "the kernel knows no such action" },
  "no-contract": { retryable: false, says: "no contract covers this method" },
  malformed: { retryable: false, says: "the message is not well-formed" },
  lifecycle: { retryable: true, says: "the session is not in a state for it" },
  "in-flight-limit": { retryable: true, says: "too many calls are waiting" },
  "message-limit": { retryable: false, says: "the run's message limit is reached" },
  "no-driver": { retryable: false, says: "this kernel has no driver for the action" },
  "policy-fault": { retryable: false, says: "the policy could not be evaluated" },
  "recorder-fault": { retryable: false, says: "the decision could not be recorded" },
  "run-closed": { retryable: false, says: "the run has ended" },
} as const;

export type ReasonCode = keyof typeof REASONS;
export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];

/** Rules of the kernel's own, which no policy may take the name of: a decision is known by `verdict:rule`. */
export const KERNEL_RULES = [
  "malformed",
  "no-contract",
  "lifecycle",
  "in-flight-limit",
  "message-limit",
  "no-driver",
  "policy-fault",
  "recorder-fault",
  "run-closed",
] as const satisfies readonly ReasonCode[];
export type KernelRule = (typeof KERNEL_RULES)[number];

export interface Decision {
  readonly verdict: Verdict;
  /** The id of the responsible rule: the policy's, or the kernel's own (`default-deny`, `malformed`, ...). */
  readonly rule: string;
  readonly reason: ReasonCode;
}

/** `verdict:rule`, the form in which decisions are named, counted and compared. */
export function decisionName(decision: Decision): string {
  return `${decision.verdict}:${decision.rule}`;
}
