/** What a run signs as it goes on, for runs that tests make by hand: receipts, heads and the seal. */
import type { CloseFacts } from "../../src/abi/request.js";
import { sealStatement } from "../../src/evidence/seal.js";
import { nodeDigests } from "../../src/host/digests.js";
import { draftCheckpoint } from "../../src/kernel/checkpoint.js";
import { draftReceipts } from "../../src/kernel/receipts.js";
import type { Step } from "../../src/kernel/step.js";
import { kernel, type Run } from "../kernel/fixture.js";
import type { TestKey } from "./fixture.js";

/** Gives calls their receipts, in one group. Nonces are the number of the line over and over. */
export function grantReceipts(run: Run, key: TestKey, ...made: readonly Step[]): void {
  const claims = made.map(({ event }) => {
    if (event.type !== "syscall") throw new Error("only a call gets a receipt");
    const { call, session } = event.value;
    return { call, session, nonce: call.slice(1).padStart(2, "0").repeat(16) };
  });
  const draft = draftReceipts(
    run.state,
    claims,
    { mono_us: run.state.mono_us + 10, wall_ms: run.wall_ms },
    nodeDigests,
  );
  run.step({ type: "receipts", claims, signature: key.sign(draft.statement) });
}

/** Signs the head of the log as it stands. */
export function signHead(run: Run, key: TestKey): void {
  run.step({ type: "checkpoint", signature: key.sign(draftCheckpoint(run.state, nodeDigests).statement) });
}

/** Closes the run. INVARIANT: the close line without its seal has the state and the instant of the one with it. */
export function sealRun(run: Run, key: TestKey, close: CloseFacts = { reason: "eof", strays: 0 }): void {
  const at = { mono_us: run.state.mono_us + 10, wall_ms: run.wall_ms };
  const { state } = kernel(run.state, { type: "close", at, close });
  run.step({ type: "close", close: { ...close, seal: key.sign(sealStatement(state.run?.run ?? "", state.head)) } });
}
