/** When the head of a log is to be signed. */
import { describe, expect, it } from "vitest";
import { nodeDigests } from "../../src/host/digests.js";
import { Signing } from "../../src/kernel/signing.js";
import { INITIAL_STATE, type State } from "../../src/kernel/state.js";
import { ALLOW_ALL, at, Run } from "./fixture.js";
import { fakeSeal } from "./ports.js";

describe("a checkpoint is due", () => {
  const { state } = new Run(ALLOW_ALL, { checkpoints: { lines: 4, ms: 1000 } });
  const after = (seq: number): State => ({ ...state, seq });

  it("after as many lines as the run says, counted from the last one", () => {
    const signing = new Signing(nodeDigests, fakeSeal);
    expect([3, 4, 5].map((seq) => signing.isDue(after(seq)))).toEqual([false, true, true]);
    expect(signing.head(after(10), at)).toMatchObject({ type: "checkpoint", at });
    expect([14, 15, 16].map((seq) => signing.isDue(after(seq)))).toEqual([false, true, true]);
  });

  it("never before a run is open, nor in one that says nothing of it", () => {
    const signing = new Signing(nodeDigests, fakeSeal);
    expect(signing.isDue({ ...INITIAL_STATE, seq: 1000 })).toBe(false);
    expect(signing.isDue({ ...new Run(ALLOW_ALL).state, seq: 1000 })).toBe(false);
  });
});
