/** Drift: what a fork decided otherwise than the run did, and in which direction. */
import { decisionName, mayPass, type Decision } from "../abi/decision.js";
import type { PageValue } from "../abi/event.js";

/** The changes that a `transform` made, as a line names them. */
export type Changes = NonNullable<PageValue["changes"]>;

/** One decision that was asked for again. */
export interface Forked {
  readonly seq: number;
  /** What is decided: a call, whether a page may reach the agent, or what a human's answer means. */
  readonly on: "call" | "page" | "approval";
  readonly session: string;
  /** The kind of the call; of a page, of what brought it. */
  readonly syscall: string;
  readonly target: string;
  readonly original: Ruled;
  /** Undefined when it cannot be known. */
  readonly fork: Ruled | undefined;
  /** What would have to be known, where `fork` is undefined. */
  readonly missing: readonly Missing[];
}

export interface Ruled {
  readonly decision: Decision;
  readonly changes: Changes;
}

/** Why a decision cannot be known; of a value also which condition asked for it. */
export interface Missing {
  readonly why: MissingWhy;
  /** The condition's place in the policy, or `changes` for a change that nobody has tried on the value. */
  readonly at?: string;
}

/** A closed list: each with what it says. */
export const MISSING = {
  value: "a condition asks for values that are not at hand, and no identical one was recorded",
  labels: "it depends on labels of a page whose content is not at hand",
  counts: "it depends on counts or budgets in which an earlier call may or may not stand",
  grants: "it depends on uses of grants, one of which an earlier call may or may not have used",
  target: "its target is shown in part only, and the whole is not at hand",
} as const;
export type MissingWhy = keyof typeof MISSING;

/**
 * widen: what did not pass would pass, or would pass with less changed. narrow: the other way round. other: another
 * rule, or another way of not passing, with the same effect.
 */
export type Drift = "same" | "widen" | "narrow" | "other";

export function driftOf({ original, fork }: Forked): Drift {
  if (fork === undefined) return "same";
  const [before, after] = [freedomOf(original), freedomOf(fork)];
  if (before !== after) return after > before ? "widen" : "narrow";
  const isSameName = decisionName(original.decision) === decisionName(fork.decision);
  if (mayPass(fork.decision.verdict)) {
    if (!holdsAll(fork.changes, original.changes)) return "widen";
    if (!holdsAll(original.changes, fork.changes)) return "narrow";
  }
  return isSameName ? "same" : "other";
}

/** A transform lies between: it passes, but not all of it. */
function freedomOf({ decision }: Ruled): number {
  if (!mayPass(decision.verdict)) return 0;
  return decision.verdict === "transform" ? 1 : 2;
}

function holdsAll(changes: Changes, needed: Changes): boolean {
  const known = new Set(changes.map(nameOf));
  return needed.every((change) => known.has(nameOf(change)));
}

function nameOf({ kind, path = "" }: Changes[number]): string {
  return `${kind} ${path}`;
}

/** `deny:rule->allow:rule`. */
export function changeName({ original, fork }: Forked): string {
  return `${decisionName(original.decision)}->${fork === undefined ? "indeterminate" : decisionName(fork.decision)}`;
}
