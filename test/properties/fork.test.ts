/** The fork identity: under the policy that was in force nothing changes, with all values, with some and with none. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ForkTally, type ForkReport } from "../../src/replay/fork-tally.js";
import { Fork, type ForkParts } from "../../src/replay/fork.js";
import type { PayloadSource } from "../../src/replay/tape.js";
import { linesOf, parts, type Run } from "../kernel/fixture.js";
import { recordingOf, slotKey, sourceOf } from "../replay/tape-deck.js";
import { live, policies, turnsWithRelease } from "./sessions.js";

function forked(run: Run, more: Partial<ForkParts>): ForkReport {
  const fork = new Fork({ ...parts, payloads: undefined, policy: undefined, ...more });
  const tally = new ForkTally();
  for (const line of linesOf(run.lines)) {
    const made = fork.line(line);
    if (made !== undefined) tally.add(made);
  }
  return tally.report();
}

const journalOf = (run: Run): ReturnType<typeof recordingOf> =>
  recordingOf(
    run.lines,
    run.steps.flatMap(({ payloads }) => payloads),
  );
const whole = (run: Run): PayloadSource => sourceOf(journalOf(run));

const HANGING = ["target", "grants", "counts"];

describe("a fork of any session", () => {
  it("under the same policy changes nothing, and leaves unknown only what hangs on a target that is shown in part", () => {
    fc.assert(
      fc.property(policies, turnsWithRelease, (policy, turns) => {
        const run = live(policy, turns);
        const none = { changed: 0, summary: {} };
        const hasCut = linesOf(run.lines).some((line) => line.type === "syscall" && line.value.subject !== undefined);
        for (const source of [undefined, policy, `# another text of the same\n${policy}`]) {
          const bare = forked(run, { policy: source });
          expect(bare).toMatchObject(none);
          // What such a call has used up of a grant, or counts for, is not known either.
          for (const { why } of bare.unknown.flatMap(({ missing }) => missing)) expect(why).toBeOneOf(HANGING);
          if (!hasCut) expect(bare.indeterminate).toBe(0);
          const deep = forked(run, { policy: source, payloads: whole(run) });
          expect(deep).toMatchObject({ ...none, indeterminate: 0 });
        }
      }),
      { numRuns: 40 },
    );
  });

  it("under another policy leaves nothing unknown when it has the values, and guesses nothing when it has not", () => {
    let compared = 0;
    fc.assert(
      fc.property(policies, policies, turnsWithRelease, fc.nat(), (policy, next, turns, luck) => {
        // Now and then one that labels otherwise what comes in, or believes nobody.
        const other = [next, next.replace('"/own"', '"/**"'), next.replace('"_meta"', '"none"')][luck % 3] ?? next;
        const run = live(policy, turns);
        const deep = forked(run, { policy: other, payloads: whole(run) });
        expect(deep.indeterminate).toBe(0);
        const { journal } = journalOf(run);
        const keys = [...journal.keys()];
        const lost = new Set(keys.filter((_, at) => (luck >> (at % 30)) % 2 === 1));
        const get: PayloadSource["get"] = (seq, slot) =>
          lost.has(slotKey(seq, slot)) ? undefined : journal.get(slotKey(seq, slot));
        const partly = { secret: whole(run).secret, get };
        const changedAt = (report: ForkReport): Map<number, string> =>
          new Map(report.changes.map(({ seq, fork }) => [seq, JSON.stringify(fork)]));
        const truth = changedAt(deep);
        for (const payloads of [undefined, partly]) {
          const report = forked(run, { policy: other, payloads });
          const unknown = new Set(report.unknown.map(({ seq }) => seq));
          const said = changedAt(report);
          // An answer is not known to decide, where it is not known what was said to its call.
          for (const [seq, fork] of said) expect([seq, truth.get(seq)]).toEqual([seq, fork]);
          for (const { seq, on } of deep.changes) {
            if (on !== "approval") expect(said.has(seq) || unknown.has(seq)).toBe(true);
          }
          compared += said.size;
        }
      }),
      { numRuns: 100 },
    );
    expect(compared).toBeGreaterThan(60);
  });
});
