/** Many calls at once: whatever the order of flushes and answers, the log is whole and no call runs ahead of its receipt. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlightLine } from "../../src/abi/event.js";
import type { Observation } from "../../src/abi/ports.js";
import { GENESIS } from "../../src/evidence/codec.js";
import { linesOf, typesOf } from "./fixture.js";
import { answer, gate, settle } from "./ports.js";
import { CLOSE, request, running } from "./running.js";

/** What must hold of any log, and of the acts beside it. */
function expectWhole(lines: readonly FlightLine[]): void {
  let prev = GENESIS;
  const waiting = new Map<string, string>();
  const pages = new Map<string, string | undefined>();
  const receipted = new Set<string>();
  for (const [index, line] of lines.entries()) {
    expect([line.seq, line.prev]).toEqual([index, prev]);
    prev = line.hash;
    if (line.type === "syscall" && line.value.decision.verdict === "allow")
      waiting.set(line.value.call, line.value.session);
    for (const { call } of line.type === "receipts" ? line.value.receipts : []) {
      expect([waiting.has(call), receipted.has(call)]).toEqual([true, false]);
      receipted.add(call);
    }
    if (line.type === "page") pages.set(line.value.page, line.value.call);
    if (line.type !== "outcome") continue;
    expect(waiting.get(line.value.call)).toBe(line.value.session);
    waiting.delete(line.value.call);
    if (line.value.status !== "unknown") expect(receipted).toContain(line.value.call);
    if (line.value.page !== undefined) expect(pages.get(line.value.page)).toBe(line.value.call);
  }
  expect([...waiting]).toEqual([]);
}

describe("many calls at once", () => {
  it("200 answered out of order: a chain without a gap, every answer to its own call", async () => {
    const gates = new Map<string, ReturnType<typeof gate<Observation>>>();
    const { dispatch, lines, acts } = await running({
      act: (call) => {
        const one = gate<Observation>();
        gates.set(call, one);
        return one.promise;
      },
    });
    const asked = Array.from({ length: 200 }, (_, i) => dispatch.request({ ...request, session: `s${String(i % 7)}` }));
    await settle();
    const calls = [...acts()];
    expect(calls).toHaveLength(200);
    // A fixed shuffle: every call is answered, none in its turn.
    const shuffled = calls.map((call, i) => [(i * 73) % 200, call] as const).sort(([a], [b]) => a - b);
    for (const [, call] of shuffled) {
      gates.get(call)?.open(answer(`result of ${call}`));
      await Promise.resolve();
    }
    for (const judged of await Promise.all(asked)) {
      expect(judged.observation).toEqual(answer(`result of ${judged.call ?? "none"}`));
    }
    await dispatch.close(CLOSE);
    // One receipts line for all of them, and a checkpoint before the close as after the policy.
    expect(lines).toHaveLength(3 + 3 * 200 + 1 + 2);
    expectWhole(linesOf(lines));
  });

  it("in every interleaving, a call acts only once its own receipt is on the disk", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 6 }),
        fc.nat({ max: 6 }),
        async (s, count, closeAt) => {
          const run = await running({
            append: (line, index) =>
              index >= 2 && line.includes('"type":"receipts"')
                ? s.schedule(Promise.resolve(), `flush ${String(index)}`)
                : undefined,
            act: (call) => s.schedule(Promise.resolve(answer(call)), `act ${call}`),
          });
          const asked = Array.from({ length: count }, () => run.dispatch.request(request));
          const closed = s
            .schedule(Promise.resolve(), "close")
            .then(() => (closeAt < count ? run.dispatch.close(CLOSE) : undefined));
          await s.waitFor(Promise.all([...asked, closed]));
          await run.dispatch.close(CLOSE);
          const onDisk = new Set<string>();
          for (const one of run.happened) {
            if (one.what === "on-disk")
              for (const [, call = ""] of one.line.matchAll(/"call":"(c\d+)"/g)) onDisk.add(call);
            if (one.what === "act") expect(onDisk).toContain(one.call);
          }
          expectWhole(linesOf(run.lines));
          expect(typesOf(run.lines).at(-1)).toBe("close");
        },
      ),
      { numRuns: 150 },
    );
  });
});
