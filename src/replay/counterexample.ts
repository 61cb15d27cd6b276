/** The fewest recorded events after which two policies still decide as they did in a fork: a widening made small. */
import { decisionName } from "../abi/decision.js";
import type { FlightLine } from "../abi/event.js";
import { fewest, type Fewest } from "./fewest.js";
import { Fork, type ForkParts } from "./fork.js";
import type { Forked } from "./drift.js";

/** Events replayed for one counterexample, by both policies: some seconds of work at most. */
const BUDGET = 20_000;

/** Longer pasts are not shrunk: they would be held in memory. */
export const MAX_PAST = 20_000;

/** Events whose order and presence a call depends on. The first line and the policies are always kept. */
const KEPT: ReadonlySet<string> = new Set(["open", "policy"]);
const LEFT_OUT: ReadonlySet<string> = new Set(["syscall", "page", "approval", "release", "outcome"]);

/** Whether a decision can depend on the line. */
export function isPartOfPast({ type }: FlightLine): boolean {
  return KEPT.has(type) || LEFT_OUT.has(type);
}

/**
 * Shrinks what stands before the decision of `flip`, the last of `lines`: without values, on facts as they were
 * recorded. Undefined when the recorded policy, asked in the same way, does not decide as was recorded.
 */
export function counterexample(
  lines: readonly FlightLine[],
  flip: Forked,
  parts: ForkParts,
): Fewest<FlightLine> | undefined {
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const before = lines.slice(0, -1);
  const bound = before.filter(({ type }) => KEPT.has(type));
  const shows = (past: readonly FlightLine[]): boolean => {
    const all = [...bound, ...past].sort((a, b) => a.seq - b.seq);
    const said = (policy: string | undefined): string => lastOf(new Fork({ ...parts, policy }), [...all, last]);
    return said(undefined) === nameOf(flip.original) && said(parts.policy) === nameOf(flip.fork);
  };
  const past = before.filter(({ type }) => LEFT_OUT.has(type));
  // Sessions share little: mostly the others can be left out at once.
  const own = past.filter((line) => "session" in line.value && line.value.session === flip.session);
  const start = [own, past].find(shows);
  return start === undefined ? undefined : fewest(start, shows, BUDGET);
}

function nameOf(ruled: Forked["fork"]): string {
  return ruled === undefined ? "indeterminate" : `${decisionName(ruled.decision)} ${JSON.stringify(ruled.changes)}`;
}

function lastOf(fork: Fork, lines: readonly FlightLine[]): string {
  let said: Forked | undefined;
  for (const line of lines) said = fork.line(line);
  return nameOf(said?.fork);
}
