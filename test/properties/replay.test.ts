/** The replay identity: a live run, a replay with its values and one without write the same bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forge, recordingOf, replay, sourceOf } from "../replay/tape-deck.js";
import type { SyscallValue } from "../../src/abi/event.js";
import { linesOf, type Run } from "../kernel/fixture.js";
import { live, policies, turnsWithRelease } from "./sessions.js";

function journalOf(run: Run): ReturnType<typeof sourceOf> {
  return sourceOf(
    recordingOf(
      run.lines,
      run.steps.flatMap(({ payloads }) => payloads),
    ),
  );
}

/** Its target is shown in part, so that nobody judges it again without its values. */
function isCut({ subject }: SyscallValue): boolean {
  return subject !== undefined;
}

function isOverruled({ decision }: SyscallValue, key: string): boolean {
  return decision.rule === "quarantined" && !key.startsWith("kernel.");
}

describe("any session under any policy", () => {
  it("is replayed to the same bytes, with all values and with none", () => {
    fc.assert(
      fc.property(policies, turnsWithRelease, (policy, turns) => {
        const run = live(policy, turns);
        const cut = linesOf(run.lines).filter((line) => line.type === "syscall" && isCut(line.value));
        const whole = { ok: true, lines: run.lines.length, ending: "closed", divergence: undefined };
        expect(replay(run.lines, journalOf(run))).toMatchObject({ ...whole, sealed: 0, indeterminate: 0 });
        expect(replay(run.lines)).toMatchObject({ ...whole, opened: 0, indeterminate: cut.length });
      }),
      { numRuns: 150 },
    );
  });

  it("whose log lost a fact, or says the contrary, is not replayed without its values", () => {
    let tried = 0;
    fc.assert(
      fc.property(policies, turnsWithRelease, fc.nat(), fc.boolean(), (policy, turns, pick, isFlip) => {
        const run = live(policy, turns);
        const places = linesOf(run.lines).flatMap((line, index) =>
          line.type === "syscall" && !isCut(line.value)
            ? (["held", "failed"] as const).flatMap((side) =>
                (line.value.facts?.[side] ?? []).map((key) => ({
                  index,
                  side,
                  key,
                  isOverruled: isOverruled(line.value, key),
                })),
              )
            : [],
        );
        const place = places[pick % Math.max(places.length, 1)];
        if (place === undefined) return;
        tried++;
        const forged = forge(run.lines, place.index, (value) => {
          const facts = value["facts"] as Record<"held" | "failed", readonly string[]>;
          const other = place.side === "held" ? "failed" : "held";
          const kept = facts[place.side].filter((key) => key !== place.key);
          const added = isFlip ? [...facts[other], place.key].sort() : facts[other];
          return { ...value, facts: { [place.side]: kept, [other]: added } };
        });
        expect(replay(forged, journalOf(run)).ok).toBe(false);
        // The kernel's own denial of a withheld tool is the same by whichever rule of the policy the call would have gone on.
        if (place.isOverruled) return;
        const report = replay(forged);
        expect(report.ok).toBe(false);
        expect(report.divergence?.line ?? report.broken?.line).toBeGreaterThan(place.index);
      }),
      { numRuns: 150 },
    );
    expect(tried).toBeGreaterThan(50);
  });
});
