/** A call with its receipt, by hand: what the tests of the gate and of receipts start from. */
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import type { SyscallRequest } from "../../src/abi/request.js";
import { nodeDigests } from "../../src/host/digests.js";
import type { Effect, Receipt } from "../../src/kernel/gate.js";
import { draftReceipts, receiptsIn, type ReceiptDraft } from "../../src/kernel/receipts.js";
import type { JsonValue } from "../../src/base/json.js";
import type { State } from "../../src/kernel/state.js";
import { RUN_KEY, type TestKey } from "../evidence/fixture.js";
import { ask, at, kernel, opened, policyOf, requestOf, payload, Run, type SyscallStep } from "./fixture.js";

/** Reads as it is asked, and posts with a member hidden. */
export const HIDES = policyOf(
  {
    ...{ id: "hide", effect: "transform", syscalls: ["tool.invoke"] },
    more: 'tool = "post"\n[[rules.changes]]\npath = "/note"\nredact = true',
  },
  { id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.describe"] },
);

export const read = requestOf("tool.invoke", { subject: { tool: "read" }, arguments: payload({ path: "a" }) });
export const post = requestOf("tool.invoke", { subject: { tool: "post" }, arguments: payload({ note: "n", to: "t" }) });

export interface Receipted {
  readonly state: State;
  readonly draft: ReceiptDraft;
  readonly effects: readonly Effect[];
  readonly receipts: readonly Receipt[];
}

export function nonceOf(index: number): string {
  return index.toString(16).padStart(32, "0");
}

export function started(): State {
  return opened(HIDES, { format: FLIGHT_FORMAT, public_key: RUN_KEY.publicHex });
}

/** These calls, made one after the other and given their receipts in one group, which stand in the log. */
export function receipted(requests: readonly SyscallRequest[], key: TestKey = RUN_KEY): Receipted {
  let state = started();
  const effects = requests.map((request): Effect => {
    const step = ask(state, request);
    state = step.state;
    return { call: step.event.value.call, request, sent: step.changed };
  });
  const claims = effects.map(({ call, request }, index) => ({ call, session: request.session, nonce: nonceOf(index) }));
  const draft = draftReceipts(state, claims, at, nodeDigests);
  const signature = key.sign(draft.statement);
  const byCall = receiptsIn(draft, signature, nodeDigests);
  state = kernel(state, { type: "receipts", at, claims, signature }).state;
  return { state, draft, effects, receipts: effects.map(({ call }) => mustHave(byCall.get(call))) };
}

export function mustHave<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}

/** A run by hand in which every allowed call has its receipt at once: a log of it verifies. */
export class ReceiptedRun extends Run {
  constructor(source: string) {
    super(source, { public_key: RUN_KEY.publicHex });
  }

  override call(tool: string, args: JsonValue, more: Partial<SyscallRequest> = {}): SyscallStep {
    const made = super.call(tool, args, more);
    const { call, session, decision } = made.event.value;
    if (decision.verdict !== "allow") return made;
    const claims = [{ call, session, nonce: nonceOf(this.state.seq) }];
    const time = { mono_us: this.state.mono_us + 10, wall_ms: this.wall_ms };
    const { statement } = draftReceipts(this.state, claims, time, nodeDigests);
    this.step({ type: "receipts", claims, signature: RUN_KEY.sign(statement) });
    return made;
  }
}
