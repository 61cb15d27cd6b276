/** Forks of a run in memory: decision by decision, or what they come to. */
import type { Forked } from "../../src/replay/drift.js";
import { Fork, type ForkParts } from "../../src/replay/fork.js";
import { ForkTally, type ForkReport } from "../../src/replay/fork-tally.js";
import type { PayloadSource } from "../../src/replay/tape.js";
import { linesOf, parts, type Run } from "../kernel/fixture.js";
import { recordingOf, sourceOf } from "./tape-deck.js";

/** The run's values, without some (tape-deck.ts slotKey). */
export function journalOf(run: Run, lost: readonly string[] = []): PayloadSource {
  const recording = recordingOf(
    run.lines,
    run.steps.flatMap(({ payloads }) => payloads),
  );
  for (const key of lost) recording.journal.delete(key);
  return sourceOf(recording);
}

export function decisionsOf(run: Run, more: Partial<ForkParts>): readonly Forked[] {
  const fork = new Fork({ ...parts, payloads: undefined, policy: undefined, ...more });
  return linesOf(run.lines).flatMap((line) => fork.line(line) ?? []);
}

export function forkOf(run: Run, more: Partial<ForkParts>): ForkReport {
  const tally = new ForkTally();
  for (const made of decisionsOf(run, more)) tally.add(made);
  return tally.report();
}
