/** Why a call was decided as it was, and the fewest changes after which it would pass. From the log alone. */
import { decisionName, mayPass, REASONS, type Decision, type Verdict } from "../abi/decision.js";
import type { Act, Risk, SyscallName } from "../abi/syscalls.js";
import type { PolicyDocument, PolicyRule } from "./ast.js";
import { partsOf } from "./check/parts.js";
import { compilePolicy, IndeterminateError, type PolicyQuestion } from "./compile.js";
import { KnownAtoms, type RecordedLeaves } from "./explain-known.js";
import { failedIn, nearestRule } from "./explain-probe.js";
import { nearestAllows, type Suggestion } from "./explain-search.js";
import { allWords, partWords } from "./explain-words.js";
import { locator } from "./locate.js";
import { EMPTY_RECALL, type Recall } from "./recall.js";

/** A call as the log holds it. */
export interface DecidedCall {
  readonly kind: SyscallName;
  readonly server: string;
  readonly tool?: string;
  readonly agent: string;
  /** As the log shows it: where it is redacted, conditions on it may fail here that held in the run. */
  readonly target: string;
  readonly labels: ReadonlySet<string>;
  readonly act: Act;
  readonly risk: Risk;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wall_ms: number;
  /** The recorded atoms. */
  readonly held: ReadonlyMap<string, boolean>;
  readonly decision: Decision;
  /** Where each argument came from, by its path; only for the report. */
  readonly provenance: readonly {
    readonly path: string;
    readonly match: string;
    readonly classes: readonly string[];
  }[];
  /** Where the argument leaves came from, and what they are labelled: answers what was never asked. Default: not known. */
  readonly leaves?: RecordedLeaves;
  /** Of the session and run before the call; default: nothing had happened. */
  readonly recall?: Recall;
  readonly grantsUsed?: ReadonlyMap<number, number>;
}

export interface ExplainedRule {
  readonly id: string;
  readonly effect: Verdict;
  /** 1-based, in the policy's source. */
  readonly line: number;
  readonly says: string;
  /** The operator's own. */
  readonly because?: string;
}

export interface PassedOver {
  readonly id: string;
  readonly effect: Verdict;
  readonly line: number;
  /** The first condition that did not hold; undefined when what is recorded does not say. */
  readonly failed: string | undefined;
}

export interface Explanation {
  readonly decision: Decision;
  /** The reason code in words. */
  readonly reason: string;
  readonly retryable: boolean;
  /** Undefined for a rule of the kernel's own. */
  readonly rule: ExplainedRule | undefined;
  /** The earlier rules about this kind, in order. */
  readonly passedOver: readonly PassedOver[];
  readonly provenance: DecidedCall["provenance"];
  /** What the policy decides on what is recorded; differs from `decision` when the record does not suffice. */
  readonly again: string;
  /** The condition that `again` hangs on, in words, when it is `indeterminate`. */
  readonly missing?: string | undefined;
  /** Fewest changes first, all of one number; each was decided anew and passes. Empty: none was found, or it passed. */
  readonly wouldPass: readonly Suggestion[];
  /** Where no suggestion was found: the rule that comes nearest to letting the call through. */
  readonly nearest?: NearestRule | undefined;
}

export interface NearestRule {
  readonly id: string;
  /** 1-based, in the policy's source. */
  readonly line: number;
  /** What does not hold of its conditions, in words; empty: an earlier rule decides. */
  readonly lacks: readonly string[];
}

/** `source` must be the text that the document was parsed from. Pure. */
export function explainDecision(document: PolicyDocument, source: string, call: DecidedCall): Explanation {
  const { decision } = call;
  const locate = locator(source);
  const lineOf = (index: number): number => locate(["rules", index]).line;
  const place = document.rules.findIndex(({ id }) => id === decision.rule);
  const rule = document.rules[place];
  const question = questionOf(call);
  const { again, missing } = decideAgain(document, question, call.leaves);
  const isKnown = again === decisionName(decision);
  // What was decided on more than is recorded cannot be searched: a change that looks enough may not be.
  const isSearched = isKnown && !mayPass(decision.verdict);
  const wouldPass = isSearched ? nearestAllows(document, question, call.leaves) : [];
  const nearest = isSearched && wouldPass.length === 0 ? nearestRule(document, question) : undefined;
  return {
    decision,
    reason: REASONS[decision.reason].says,
    retryable: REASONS[decision.reason].retryable,
    rule: rule === undefined ? undefined : explained(rule, lineOf(place)),
    passedOver: document.rules
      .slice(0, Math.max(place, 0))
      .flatMap((earlier, index) =>
        earlier.when.syscalls.includes(call.kind)
          ? [{ ...named(earlier, lineOf(index)), failed: failedIn(document, index, question) }]
          : [],
      ),
    provenance: call.provenance,
    again,
    missing,
    wouldPass,
    nearest: nearest === undefined ? undefined : { ...nearest.found, line: lineOf(nearest.index) },
  };
}

function questionOf({ held, recall = EMPTY_RECALL, grantsUsed = new Map(), ...call }: DecidedCall): PolicyQuestion {
  const { kind, server, tool, agent, target, labels, act, risk, wall_ms } = call;
  const names = { kind, server, agent, target, labels, act, risk, wall_ms };
  return { ...names, ...(tool !== undefined && { tool }), facts: held, recall, grantsUsed };
}

/** Atoms that were never asked are answered where the record tells. */
function decideAgain(
  document: PolicyDocument,
  question: PolicyQuestion,
  leaves: RecordedLeaves | undefined,
): { readonly again: string; readonly missing: string | undefined } {
  const known = new KnownAtoms(document, question, leaves);
  const policy = compilePolicy(document);
  const facts = new Map(question.facts);
  for (;;) {
    try {
      return { again: decisionName(policy.decide({ ...question, facts }).decision), missing: undefined };
    } catch (error) {
      if (!(error instanceof IndeterminateError)) return { again: "deny:policy-fault", missing: undefined };
      const answer = facts.has(error.key) ? undefined : known.answer(error.key, facts, []);
      if (answer === undefined) return { again: "indeterminate", missing: wordsOf(known, error.key) };
      facts.set(error.key, answer);
    }
  }
}

function wordsOf(known: KnownAtoms, key: string): string {
  const part = known.part(key);
  return part === undefined ? key : `${key}: ${partWords(part)}`;
}

function named({ id, effect }: PolicyRule, line: number): Omit<ExplainedRule, "says"> {
  return { id, effect, line };
}

function explained(rule: PolicyRule, line: number): ExplainedRule {
  const { reason, when } = rule;
  return { ...named(rule, line), says: allWords(partsOf(when)), ...(reason !== undefined && { because: reason }) };
}
