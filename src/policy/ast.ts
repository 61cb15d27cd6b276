/** A policy as a value: what parse.ts hands out and compile.ts reads. Plain JSON, nothing left implicit. */
import type { SyscallName } from "../abi/syscalls.js";
import type { Verdict } from "../abi/decision.js";

/** The id of the rule that every policy ends in. */
export const DEFAULT_DENY = "default-deny";

export const CAPABILITY_STATES = ["present", "missing"] as const;
export type CapabilityState = (typeof CAPABILITY_STATES)[number];

/**
 * When a rule holds: all conditions given must. Globs are glob.ts patterns, of which one must match.
 * An empty list of labels is no condition; an empty list of globs cannot be written.
 */
export interface PolicyWhen {
  /** Empty only in the last rule. */
  readonly syscalls: readonly SyscallName[];
  readonly agent?: readonly string[];
  readonly server?: readonly string[];
  readonly tool?: readonly string[];
  readonly target?: readonly string[];
  readonly labels_any?: readonly string[];
  readonly labels_all?: readonly string[];
  readonly labels_none?: readonly string[];
  readonly capability?: CapabilityState;
}

export interface PolicyRule {
  /** Unique in the document; `rule-<n>`, 1-based, when the operator gave none. */
  readonly id: string;
  readonly effect: Verdict;
  readonly reason?: string;
  readonly when: PolicyWhen;
}

/** A right that the operator gives: a kind, and a glob over its targets. */
export interface Capability {
  readonly kind: SyscallName;
  readonly target: string;
}

export interface PolicyGrant {
  readonly capability: Capability;
  /** Glob over agent ids; without it the grant is everyone's. */
  readonly agent?: string;
}

export interface PolicyDocument {
  readonly agent: { readonly id?: string };
  /** Name to description; documentation only. */
  readonly labels: Readonly<Record<string, string>>;
  readonly grants: readonly PolicyGrant[];
  /** In order; the first that holds decides. INVARIANT: the last is `default-deny`, denies, and has no condition. */
  readonly rules: readonly PolicyRule[];
}
