/** The same state and the same inputs: whole sessions come out byte for byte the same in two kernels that share nothing. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Input } from "../../src/abi/request.js";
import { nodeDigests } from "../../src/host/digests.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { createKernel, type Step } from "../../src/kernel/step.js";
import { compile, Run } from "../kernel/fixture.js";
import { policies, take, turnsWithRelease } from "./sessions.js";

/** A run that keeps what it was given. */
class Taped extends Run {
  // Filled by the base's constructor, before an initialiser of this class would run.
  declare inputs: Input[] | undefined;

  override step(input: Parameters<Run["step"]>[0]): Step {
    const at = { mono_us: this.state.mono_us + 10, wall_ms: this.wall_ms };
    (this.inputs ??= []).push(structuredClone({ ...input, at }));
    return super.step(input);
  }
}

it("any session, decision for decision, line for line, value for value", () => {
  fc.assert(
    fc.property(policies, turnsWithRelease, (policy, turns) => {
      const run = new Taped(policy);
      for (const turn of turns) take(run, turn);
      run.step({ type: "close", close: { reason: "eof", strays: 0 } });
      const other = createKernel({ digests: nodeDigests, compile });
      let state = INITIAL_STATE;
      for (const [index, input] of (run.inputs ?? []).entries()) {
        const step = other(state, input);
        const { line, payloads, durable, act, changed } = run.steps[index] ?? step;
        expect({ ...step, state: 0, event: 0 }).toEqual({ line, payloads, durable, act, changed, state: 0, event: 0 });
        state = step.state;
      }
      expect(state.head).toBe(run.state.head);
    }),
    { numRuns: 25 },
  );
});
