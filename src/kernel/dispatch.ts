/**
 * The one shell around the kernel that does anything: it steps, keeps payloads, appends, and only then acts.
 * Whoever makes requests (the proxy, a demo, a test) comes through here; only the ports differ.
 */
import type { Digests } from "../base/digest.js";
import type { ApprovalAnswer, Decision, ReceiptFault } from "../abi/decision.js";
import type { PageValue } from "../abi/event.js";
import { MAX_GROUP } from "../abi/signed.js";
import type { Observation, Ports } from "../abi/ports.js";
import type {
  CloseFacts,
  PageArrival,
  ReceiptClaim,
  Release,
  RunFacts,
  RunRules,
  SessionNote,
  SyscallRequest,
} from "../abi/request.js";
import { sealStatement } from "../evidence/seal.js";
import { Gate, type Effect, type Receipt } from "./gate.js";
import { Grouping } from "./grouping.js";
import { Recorder } from "./recorder.js";
import type { Signer } from "./signing.js";
import type { State } from "./state.js";
import type { Kernel, Step } from "./step.js";
import { settleContext } from "./values.js";

/** What came of a request. */
export interface Judged {
  readonly decision: Decision;
  /** The call's id in the log; absent when nothing could be recorded. */
  readonly call?: string;
  readonly observation?: Observation;
  /** Whether the observed page may reach the agent. Absent without a page. */
  readonly delivery?: Decision;
  readonly page?: TakenPage;
}

/** A recorded page, and what is handed on in its place when a `transform` changed it. */
export interface TakenPage {
  readonly value: PageValue;
  readonly handed?: string;
}

/** A receipt, and what it is for. */
interface Authorized<R extends SyscallRequest> {
  readonly effect: Effect & { readonly request: R };
  readonly receipt: Receipt;
}

const RECEIPT_NONCE_BYTES = 16;
const UNRECORDED: Decision = { verdict: "deny", rule: "recorder-fault", reason: "recorder-fault" };
const CLOSED: Decision = { verdict: "deny", rule: "run-closed", reason: "run-closed" };

export class Dispatch<R extends SyscallRequest> {
  private readonly gate: Gate;
  private readonly grouping: Grouping<ReceiptClaim, ReadonlyMap<string, Receipt> | undefined>;
  private readonly recorder: Recorder;
  /** No call is begun, and no result recorded, any more. */
  private ended = false;
  /** Nothing at all is recorded any more but the close line. */
  private closing = false;
  private readonly ports: Ports<R>;

  constructor(kernel: Kernel, digests: Digests, ports: Ports<R>) {
    this.ports = ports;
    this.recorder = new Recorder(kernel, digests, ports);
    this.gate = new Gate({ digests, verify: ports.verify });
    this.grouping = new Grouping(
      MAX_GROUP,
      (claims) => this.grant(claims),
      // A call that is alone waits for nobody; of several, the others may be ready a moment later.
      () => (this.recorder.state.inFlight > 1 ? ports.gather?.() : undefined),
    );
  }

  /** The state as of the last recorded line, for reports. */
  get current(): State {
    return this.recorder.state;
  }

  /** The fault that ended the run, when one did. From then on every request is denied. */
  get fault(): Error | undefined {
    return this.recorder.fault;
  }

  /**
   * Writes the first lines: who runs, under which policy, and a checkpoint of them. Without a journal to keep the
   * commitments' secret, a fresh one is drawn and forgotten with the run.
   * @throws what the append and sign ports throw: a run that cannot be recorded and signed does not begin.
   */
  async open(run: RunFacts, secret: string | undefined, rules: RunRules): Promise<void> {
    const { name, source, pins } = rules;
    await this.recorder.record({ type: "open", run, secret: secret ?? this.ports.nonce(32) });
    await this.recorder.record({ type: "policy", name, source });
    if (pins !== undefined) await this.recorder.record({ type: "pins", name: pins.name, source: pins.source });
    await this.checkpoint();
    if (this.recorder.fault !== undefined) throw this.recorder.fault;
  }

  /**
   * Mediates one request: decided, recorded, given its receipt and performed if allowed, its result recorded before it
   * is handed on. Never rejects. INVARIANT: `act` runs only after the append (and flush, where due) of the intent and of
   * its receipt has succeeded.
   */
  async request(request: R): Promise<Judged> {
    if (this.ended) return { decision: CLOSED };
    const step = await this.recorder.record({ type: "syscall", request });
    if (step?.event.type !== "syscall") return { decision: UNRECORDED };
    const { decision, call } = step.event.value;
    const answered = decision.verdict === "ask" ? await this.askHuman(call, request, decision) : { decision, step };
    if (answered.step?.act === undefined) return { decision: answered.decision, call };
    const receipt = await this.authorize(call, request.session);
    // The run closed while the receipt was being flushed: the log says unknown, and nothing may begin after the seal.
    if (this.hasEnded()) return { decision: CLOSED, call };
    if (receipt === undefined || this.recorder.fault !== undefined) return { decision: UNRECORDED, call };
    return this.perform({ effect: { call, request, sent: step.changed }, receipt }, answered.decision);
  }

  /** The receipt of a call that may begin, signed together with those of all calls that are ready at the same time. */
  private async authorize(call: string, session: string): Promise<Receipt | undefined> {
    const nonce = this.recorder.attempt(() => this.ports.nonce(RECEIPT_NONCE_BYTES));
    return nonce === undefined ? undefined : (await this.grouping.join({ call, session, nonce }))?.get(call);
  }

  private async grant(wanted: readonly ReceiptClaim[]): Promise<ReadonlyMap<string, Receipt> | undefined> {
    // What was given up meanwhile gets none.
    const claims = wanted.filter(
      ({ call, session }) => this.recorder.state.sessions.get(session)?.calls.has(call) === true,
    );
    if (claims.length === 0 || this.ended || this.recorder.fault !== undefined) return undefined;
    const signed = this.recorder.attempt((at) => this.recorder.signing.receipts(this.recorder.state, claims, at));
    if (signed === undefined) return undefined;
    const recorded = this.recorder.record(signed.input, signed.input.at);
    await this.expect(signed.receipts);
    return (await recorded) === undefined ? undefined : signed.receipts;
  }

  /** The flush of the line begins in this turn; the signature, which costs about as much, is checked meanwhile. */
  private async expect(receipts: ReadonlyMap<string, Receipt>): Promise<void> {
    await Promise.resolve();
    const [first] = receipts.values();
    if (first !== undefined) {
      this.recorder.attempt(() => {
        this.gate.expect(first, this.recorder.state);
      });
    }
  }

  /** Signs the head of the log as it stands. Does nothing when it is signed already. */
  checkpoint(): Promise<void> {
    return this.recorder.checkpoint();
  }

  /** From here on the operator's next key signs. */
  async rekey(next: Signer): Promise<void> {
    const input = this.closing
      ? undefined
      : this.recorder.attempt((at) => this.recorder.signing.change(this.recorder.state, next, at));
    if (input !== undefined) await this.recorder.record(input, input.at);
  }

  /** Asks about a parked call. Nobody to ask, or a port that fails, is an answer too: `unavailable`. */
  private async askHuman(
    call: string,
    request: R,
    decision: Decision,
  ): Promise<{ readonly decision: Decision; readonly step: Step | undefined }> {
    const answer = await this.answerOf(call, request, decision);
    // A run that ended while it waited has recorded that nobody could be asked.
    if (this.hasEnded()) return { decision: CLOSED, step: undefined };
    const step = await this.recorder.record({ type: "approval", approval: { call, session: request.session, answer } });
    if (step?.event.type !== "approval") return { decision: UNRECORDED, step: undefined };
    return { decision: step.event.value.decision, step };
  }

  private async answerOf(call: string, request: R, decision: Decision): Promise<ApprovalAnswer> {
    try {
      return (await this.ports.approve?.(call, request, decision)) ?? "unavailable";
    } catch {
      return "unavailable";
    }
  }

  /** Asked anew after an await. */
  private hasEnded(): boolean {
    return this.ended;
  }

  private async perform({ effect, receipt }: Authorized<R>, decision: Decision): Promise<Judged> {
    const { call, request } = effect;
    const refused = this.recorder.attempt(
      ({ wall_ms }) => this.gate.redeem(receipt, effect, this.recorder.state, wall_ms) ?? "good",
    );
    if (refused === undefined) return { decision: UNRECORDED, call };
    if (refused !== "good") return this.refuse(effect, refused);
    const observation = await this.act(effect, decision);
    const { session, server } = request;
    const page =
      observation.page === undefined ? undefined : await this.page({ session, server, call, ...observation.page });
    const named = page === undefined ? {} : { page: page.value.page };
    const wanted = { call, ...named, session, status: observation.status };
    const outcome = this.ended ? undefined : await this.recorder.record({ type: "outcome", outcome: wanted });
    // What could not be recorded is not handed on, whatever the effect has been.
    if (outcome === undefined)
      return { decision, call, delivery: UNRECORDED, observation: { status: observation.status } };
    if (page === undefined) return { decision, call, observation };
    return { decision, call, observation, delivery: page.value.delivery, page };
  }

  /** The gate found the receipt wanting: the call does not happen, and the log says why. */
  private async refuse({ call, request }: Effect, refused: ReceiptFault): Promise<Judged> {
    const { session } = request;
    await this.recorder.record({ type: "outcome", outcome: { call, refused, session, status: "not-sent" } });
    return { decision: { verdict: "deny", rule: refused, reason: refused }, call };
  }

  /** A port that breaks its promise not to reject has an unknown effect behind it. */
  private async act({ call, request, sent }: Authorized<R>["effect"], decision: Decision): Promise<Observation> {
    try {
      return await this.ports.act(call, request, sent, decision);
    } catch {
      return { status: "unknown" };
    }
  }

  /** Records something that came in; `undefined` when it could not be recorded, and then it must not be handed on. */
  async page(page: PageArrival): Promise<TakenPage | undefined> {
    if (this.ended) return undefined;
    const step = await this.recorder.record({ type: "page", page });
    if (step?.event.type !== "page") return undefined;
    // The agent need not wait for the index of what it gets to see, which takes as long as all that comes before.
    this.ports.later?.(() => {
      this.recorder.attempt(() => {
        settleContext(this.recorder.state, page.session);
      });
    });
    return { value: step.event.value, ...(step.changed === undefined ? {} : { handed: step.changed }) };
  }

  /** Records that the operator lowers a session's labels. False when it could not be recorded: then they stand. */
  async release(release: Release): Promise<boolean> {
    if (this.ended) return false;
    return (await this.recorder.record({ type: "release", release })) !== undefined;
  }

  /** Records a fact of the transport. */
  async note(note: SessionNote): Promise<void> {
    if (!this.closing) await this.recorder.record({ type: "session", note });
  }

  /** Gives up every call that is open: each is recorded as unknown, because it may have happened. */
  async interrupt(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    for (const [session, { calls, parked }] of this.recorder.state.sessions) {
      for (const call of parked.keys()) {
        await this.recorder.record({ type: "approval", approval: { call, session, answer: "unavailable" } });
      }
      for (const call of calls.keys()) {
        await this.recorder.record({ type: "outcome", outcome: { call, session, status: "unknown" } });
      }
    }
  }

  /** Ends the run: open calls as unknown, then the sealed close line. Safe to call twice. */
  async close(facts: Omit<CloseFacts, "seal">): Promise<void> {
    if (this.closing || this.recorder.state.run === undefined) return;
    // From here nothing else is recorded, so that the seal covers the line that is truly the last before it.
    this.closing = true;
    await this.interrupt();
    await this.checkpoint();
    await this.seal(this.recorder.state.run.run, facts);
  }

  /** Signs and writes the close line. A signer that fails leaves the log without it: a verifier says unsealed. */
  private async seal(run: string, close: CloseFacts): Promise<void> {
    const { recorder } = this;
    // INVARIANT: both steps have one state and one instant, so the line written is the line signed plus its seal.
    const sealed = recorder.attempt((at) => {
      const unsealed = recorder.step({ type: "close", close }, at);
      return { at, seal: recorder.signing.statement(sealStatement(run, unsealed.state.head)) };
    });
    if (sealed !== undefined)
      await recorder.record({ type: "close", close: { ...close, seal: sealed.seal } }, sealed.at);
  }
}
