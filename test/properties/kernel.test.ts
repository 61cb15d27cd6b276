/** What holds of every run of the kernel, whatever comes in. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLine } from "../../src/evidence/codec.js";
import { nodeDigests } from "../../src/host/digests.js";
import { fold } from "../../src/kernel/fold.js";
import { INITIAL_STATE, type State } from "../../src/kernel/state.js";
import { labelsOf, mayFlow } from "../../src/mmu/lattice.js";
import { at, compile, GUARD, kernel, labelsIn, linesOf, opened, runFacts, SECRET } from "../kernel/fixture.js";
import { moves, play, SESSIONS } from "./inputs.js";

const start = opened(GUARD);

/** A state without its functions and secret, which no line holds. */
function plain(state: State): unknown {
  return { ...state, secret: undefined, policy: state.policy?.sha256 };
}

describe("every run of the kernel", () => {
  it("raises the labels of a session or leaves them, and judges no call below them", () => {
    fc.assert(
      fc.property(moves, (list) => {
        for (const { before, state, event } of play(start, list)) {
          for (const id of SESSIONS) expect(mayFlow(labelsIn(before, id), labelsIn(state, id))).toBe(true);
          if (event.type !== "syscall") continue;
          const judged = labelsOf(event.value.labels);
          expect(judged !== undefined && mayFlow(labelsIn(before, event.value.session), judged)).toBe(true);
        }
      }),
    );
  });

  // Claim: T1
  it("allows no tool call to a session that was handed a poisoned page", () => {
    fc.assert(
      fc.property(moves, (list) => {
        for (const { before, event, act } of play(start, list)) {
          if (event.type !== "syscall" || event.value.kind !== "tool.invoke") continue;
          if (labelsIn(before, event.value.session).integrity === "poisoned-suspect") expect(act).toBeUndefined();
        }
      }),
    );
  });

  it("counts in flight what waits, and keeps an act for what is allowed", () => {
    fc.assert(
      fc.property(moves, (list) => {
        for (const { state, event, act } of play(start, list)) {
          const waiting = [...state.sessions.values()].reduce((sum, { calls }) => sum + calls.size, 0);
          expect(state.inFlight).toBe(waiting);
          const isAllowed = event.type === "syscall" && event.value.decision.verdict === "allow";
          expect(act !== undefined).toBe(isAllowed);
        }
      }),
    );
  });

  it("writes lines that can be read again, in a chain", () => {
    fc.assert(
      fc.property(moves, (list) => {
        let head = start.head;
        for (const { line } of play(start, list)) {
          const read = decodeLine(nodeDigests, line);
          expect(read.ok && read.value.prev).toBe(head);
          head = read.ok ? read.value.hash : "";
        }
      }),
    );
  });

  it("has for its state the fold of its lines, and nothing else", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const open = kernel(INITIAL_STATE, { type: "open", at, run: runFacts(), secret: SECRET });
        const policy = kernel(open.state, { type: "policy", at, name: "test", source: GUARD });
        const steps = [open, policy, ...play(policy.state, list)];
        const folded = linesOf(steps.map(({ line }) => line)).reduce(
          (state, line) => fold(state, { event: line, hash: line.hash, time: line.time }, compile),
          INITIAL_STATE,
        );
        expect(plain(folded)).toEqual(plain(steps.at(-1)?.state ?? INITIAL_STATE));
        // The policy is a function, so it is compared by what it decides from here on.
        const probe = play({ ...folded, secret: SECRET }, list).map(({ line }) => line);
        expect(probe).toEqual(play(steps.at(-1)?.state ?? INITIAL_STATE, list).map(({ line }) => line));
      }),
      { numRuns: 50 },
    );
  });

  it("decides for one session as if the others were not there", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const mine = list.filter((move) => (move.type === "request" ? move.request.session : move.session) === "s1");
        const shared = play(start, list).flatMap((step) => decisionsOf(step.event));
        const alone = play(start, mine).flatMap((step) => decisionsOf(step.event));
        expect(shared).toEqual(alone);
      }),
    );
  });
});

/** Verdicts and labels of session s1; ids of calls depend on the line they stand on, so they are left out. */
function decisionsOf(event: ReturnType<typeof play>[number]["event"]): readonly unknown[] {
  if (event.type === "syscall" && event.value.session === "s1") return [event.value.decision, event.value.labels];
  // A late page is told apart by its call's id, which is another one in another run.
  if (event.type === "page" && event.value.session === "s1" && event.value.call === undefined)
    return [event.value.delivery, event.value.labels];
  return [];
}
