/** A policy as a value: what parse.ts hands out and compile.ts reads. Plain JSON, nothing left implicit. */
import type { Act, DescriptorState, Risk, SyscallName } from "../abi/syscalls.js";
import type { Verdict } from "../abi/decision.js";

/** The id of the rule that every policy ends in. */
export const DEFAULT_DENY = "default-deny";

export const CAPABILITY_STATES = ["present", "missing"] as const;
export type CapabilityState = (typeof CAPABILITY_STATES)[number];

/** enforce: decisions bind. observe: what the rules would not allow is marked in the log and passes all the same. */
export const POLICY_MODES = ["enforce", "observe"] as const;
export type PolicyMode = (typeof POLICY_MODES)[number];

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export type Scalar = string | number | boolean;

/** A URL after normalisation (match/url.ts); each list given must have a match. */
export interface UrlPattern {
  /** Without the colon, lower case. */
  readonly scheme?: readonly string[];
  /** Globs over the normalised host. */
  readonly host?: readonly string[];
  readonly port?: readonly number[];
}

/** A path below one of these folders after normalisation (match/path.ts). */
export interface PathPattern {
  readonly under: readonly string[];
  readonly case?: "sensitive" | "insensitive";
}

/**
 * One test on the argument leaves that `path` selects: every condition given must hold for the leaf. A path selects the
 * value at its place and all that is below it, so that no value hides in a list or an object; `null` is no value.
 */
export interface ArgumentTest {
  /** A JSON pointer whose segments may be `*` (one) or `**` (any number, also none). */
  readonly path: string;
  /** The leaf was found, exactly or contained, in one of these: origin classes, `directory:<name>`, tags. */
  readonly from?: readonly string[];
  /** The leaf was found in none of these. */
  readonly from_none?: readonly string[];
  /** Every active token in the leaf's text (URL, address, account number) was found in one of these. */
  readonly tokens_from?: readonly string[];
  /** Every word of the leaf's text was found in one of these. */
  readonly words_from?: readonly string[];
  /** The user wrote the leaf itself in a sentence that also holds one of these phrases, as `intent` has them. */
  readonly said_with?: readonly string[];
  /** The user's words name it: a word of the leaf (of an address, before the `@`) is a word of theirs. */
  readonly named?: true;
  readonly labels_any?: readonly string[];
  readonly labels_all?: readonly string[];
  readonly labels_none?: readonly string[];
  readonly equals?: Scalar;
  readonly in?: readonly Scalar[];
  /** Numbers, and strings that are numbers as a whole; anything else fails both. */
  readonly min?: number;
  readonly max?: number;
  /** In Unicode code points of a string. */
  readonly min_length?: number;
  readonly max_length?: number;
  /** RE2 syntax, linear time, over the whole leaf. */
  readonly matches?: string;
  readonly url?: UrlPattern;
  readonly under?: PathPattern;
}

/** Earlier calls of the same session that passed; holds when their number lies within the bounds. */
export interface HistoryTest {
  readonly syscalls?: readonly SyscallName[];
  readonly server?: readonly string[];
  readonly tool?: readonly string[];
  readonly target?: readonly string[];
  readonly act?: readonly Act[];
  /** Default 1 when `at_most` is not given either. */
  readonly at_least?: number;
  readonly at_most?: number;
  /** Milliseconds back from now; without it, the whole session. */
  readonly within_ms?: number;
}

/** Holds when the sum of a number over earlier passed calls of the same tool and this one exceeds `over`. */
export interface BudgetTest {
  readonly path: string;
  readonly over: number;
  /** Which tools share the budget; default: the called tool alone. */
  readonly tool?: readonly string[];
  readonly within_ms?: number;
}

/** Wall-clock window, `from` inclusive to `to` exclusive; it may run over midnight. */
export interface TimeWindow {
  /** Minutes after midnight. */
  readonly from: number;
  readonly to: number;
  readonly days?: readonly Weekday[];
  /** East of UTC, in minutes. */
  readonly utc_offset: number;
}

/**
 * When a rule holds: all conditions given must. Globs are glob.ts patterns, of which one must match.
 * An empty list of labels is no condition; an empty list of globs cannot be written.
 */
export interface PolicyWhen {
  /** Empty only in the last rule and in nested tables. */
  readonly syscalls: readonly SyscallName[];
  readonly agent?: readonly string[];
  readonly server?: readonly string[];
  readonly tool?: readonly string[];
  readonly target?: readonly string[];
  /** The target as a URL. */
  readonly url?: UrlPattern;
  /** The target as a path. */
  readonly under?: PathPattern;
  /** What kind of act the call is (classify/act.ts). */
  readonly act?: readonly Act[];
  readonly risk?: readonly Risk[];
  readonly labels_any?: readonly string[];
  readonly labels_all?: readonly string[];
  readonly labels_none?: readonly string[];
  readonly capability?: CapabilityState;
  /** For each test, all leaves that its path selects pass; also when it selects none. */
  readonly every?: readonly ArgumentTest[];
  /** For each test, at least one leaf that its path selects passes. */
  readonly some?: readonly ArgumentTest[];
  /** What the server's own listings say of the tool (kernel/descriptors.ts). */
  readonly descriptor?: readonly DescriptorState[];
  /** Every top-level member of the arguments has one of these names, letter for letter. */
  readonly only?: readonly string[];
  /**
   * Phrases of word globs, of which one stands in a sentence of the user's: its words in this order, others may lie
   * between. Without a user channel it never holds.
   */
  readonly intent?: readonly string[];
  readonly history?: readonly HistoryTest[];
  readonly budget?: BudgetTest;
  readonly time?: TimeWindow;
  readonly all?: readonly PolicyWhen[];
  readonly any?: readonly PolicyWhen[];
  readonly not?: PolicyWhen;
}

/** A named change that a `transform` makes before the act, or to a result before it is handed on. */
export type Change =
  | { readonly kind: "redact"; readonly path: string }
  | { readonly kind: "substitute"; readonly path: string; readonly value: Scalar }
  | { readonly kind: "quarantine" };

export interface PolicyRule {
  /** Unique in the document; `rule-<n>`, 1-based, when the operator gave none. */
  readonly id: string;
  readonly effect: Verdict;
  readonly reason?: string;
  readonly when: PolicyWhen;
  /** Only, and at least one, in a rule whose effect is `transform`. */
  readonly changes?: readonly Change[];
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
  /** How many calls it covers in one run; without it, any number. */
  readonly uses?: number;
  /** RFC 3339. From then on, or when it cannot be read, the grant covers nothing. */
  readonly expires?: string;
}

/** Labels for what comes in. What no source speaks of is untrusted and external. */
export interface PolicySource {
  readonly server?: readonly string[];
  readonly tool?: readonly string[];
  /** Globs over the MCP method or the part of it that the page came by, e.g. `tools/call`, `initialize`. */
  readonly method?: readonly string[];
  /** Path patterns over the leaves (leaf-path.ts). */
  readonly path: readonly string[];
  /** Only leaves whose sibling member has one of these values. */
  readonly when?: { readonly path: string; readonly in: readonly Scalar[] };
  /** Label names and tags. `trusted` and `internal` lower from what is unspoken; `external` keeps it. */
  readonly labels: readonly string[];
}

export interface PolicyDirectory {
  readonly name: string;
  readonly values: readonly string[];
}

export const CLIENT_PROMPTS = ["none", "_meta"] as const;

/** The channels whose words count as the user's. Default: none. */
export interface PolicyTrust {
  /** `_meta`: the host program sends the user's prompt in `_meta["agentk/prompt"]` of a request. */
  readonly client_prompt: (typeof CLIENT_PROMPTS)[number];
  /** `agentk context add --as user` over the run's own socket. */
  readonly context_socket: boolean;
  /** `agentk context release` over the same socket may lower what a session has been raised to. */
  readonly release: boolean;
}

/** Parts of MCP beyond the handshake. What is not granted is not offered to either side, and its methods are not found. */
export const MCP_FEATURES = [
  "tools",
  "resources",
  "prompts",
  "completion",
  "logging",
  "sampling",
  "elicitation",
  "tasks",
  "subscribe",
  "list-changed",
] as const;
export type McpFeature = (typeof MCP_FEATURES)[number];

/** Written in place of a list of roots. */
export const CLIENT_ROOTS = "client";

/** What passes of MCP at all. A part that is granted still goes to the rules. */
export interface PolicyMcp {
  readonly features: readonly McpFeature[];
  /** The roots that a server is told of, as absolute `file:` URIs, or those of the client, which is asked. None: no roots. */
  readonly roots: readonly string[] | typeof CLIENT_ROOTS;
  /** Whether `traceparent`, `tracestate` and `baggage` of a request's `_meta` reach the server. */
  readonly trace: boolean;
  /** Whether answers that come with a request, before the server has asked, are used when it asks (2026-07-28). */
  readonly early_answers: boolean;
}

/** Of a policy that does not speak of MCP. */
export const DEFAULT_MCP: PolicyMcp = {
  features: ["tools", "resources", "prompts"],
  ...{ roots: [], trace: false, early_answers: false },
};

export interface PolicyDocument {
  readonly agent: { readonly id?: string };
  readonly mode: PolicyMode;
  /** RFC 3339. From then on, or when it cannot be read, everything is denied. */
  readonly expires?: string;
  readonly trust: PolicyTrust;
  readonly mcp: PolicyMcp;
  /** Name to description; documentation only. */
  readonly labels: Readonly<Record<string, string>>;
  readonly sources: readonly PolicySource[];
  readonly directory: readonly PolicyDirectory[];
  readonly grants: readonly PolicyGrant[];
  /** In order; the first that holds decides. INVARIANT: the last is `default-deny`, denies, and has no condition. */
  readonly rules: readonly PolicyRule[];
}
