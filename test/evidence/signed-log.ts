/** A log of version 3, line by line, by a writer who has the key and may lie with it: chain, seal and signatures are right. */
import type { FLIGHT_FORMATS, FlightEvent, ReceiptsValue } from "../../src/abi/event.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { groupRoot, intentOf, receiptOf, receiptsStatement, type Intent } from "../../src/evidence/receipt.js";
import { keyStatement } from "../../src/evidence/run-key.js";
import { sealStatement } from "../../src/evidence/seal.js";
import { noteOver } from "./checkpointed.js";
import { callEvent, closeEvent, digests, openEvent, outcomeEvent, pageEvent, policyEvent } from "./fixture.js";
import { RUN, RUN_KEY, type TestKey } from "./fixture.js";

const START = Date.UTC(2026, 10, 21, 3, 54, 13);
export const NONCE = "0a".repeat(16);

type Syscall = Extract<FlightEvent, { type: "syscall" }>;
type Entry = ReceiptsValue["receipts"][number];

/** What a liar changes about the receipts of a group, after they were made and before their root is signed. */
export interface Lie {
  readonly intent?: (intent: Intent) => Intent;
  readonly entry?: (entry: Entry) => Entry;
  readonly root?: string;
  readonly signature?: string;
  readonly nonce?: string;
  readonly expires?: { readonly seq?: number; readonly ms?: number };
}

export class SignedLog {
  readonly lines: string[] = [];
  key: TestKey;
  private prev = GENESIS;
  private allowed = 0;
  private denied = 0;
  private readonly intents = new Map<string, Intent>();

  constructor(format: (typeof FLIGHT_FORMATS)[number] = "agentk-flight/4", key: TestKey = RUN_KEY) {
    this.key = key;
    const open = openEvent(key.publicHex);
    this.add({ ...open, value: { ...open.value, format } } as FlightEvent);
    this.add(policyEvent());
  }

  get seq(): number {
    return this.lines.length;
  }

  get wallMs(): number {
    return START + this.seq;
  }

  get head(): string {
    return this.prev;
  }

  add(event: FlightEvent): this {
    const time = { mono_us: this.seq * 1000, wall_ms: this.wallMs };
    const line = encodeLine(digests, event, { seq: this.seq, prev: this.prev, time });
    if (event.type === "syscall") this.intents.set(event.value.call, intentOf(event.value, line.hash));
    this.prev = line.hash;
    this.lines.push(line.text);
    return this;
  }

  /** A call of this verdict; its name. */
  call(verdict: "allow" | "deny" | "ask", more: Partial<Syscall["value"]> = {}): string {
    const event = callEvent(this.seq, verdict === "deny" ? "deny" : "allow");
    const asks = { verdict: "ask", rule: "pay", reason: "policy-ask" } as const;
    const value = { ...event.value, ...(verdict === "ask" ? { decision: asks } : {}), ...more };
    if (verdict === "allow") this.allowed++;
    if (verdict === "deny") this.denied++;
    this.add({ type: "syscall", value });
    return value.call;
  }

  approve(call: string, isApproved = true): this {
    if (isApproved) this.allowed++;
    else this.denied++;
    const decision = isApproved
      ? ({ verdict: "allow", rule: "pay", reason: "approved" } as const)
      : ({ verdict: "deny", rule: "pay", reason: "approval-refused" } as const);
    const answer = isApproved ? "approved" : "refused";
    return this.add({ type: "approval", value: { call, session: "s1", answer, decision } });
  }

  /** The receipts of these calls. */
  receipts(calls: readonly string[], lie: Lie = {}): this {
    const made = calls.map((call) => {
      const intent = this.intents.get(call);
      if (intent === undefined) throw new Error(`no call ${call}`);
      const terms = {
        expires_seq: lie.expires?.seq ?? this.seq + 1024,
        expires_ms: lie.expires?.ms ?? this.wallMs + 60_000,
        nonce: lie.nonce ?? NONCE,
        run: RUN,
      };
      return receiptOf(digests, lie.intent?.(intent) ?? intent, terms);
    });
    const own = groupRoot(
      digests,
      made.map(({ digest }) => digest),
    );
    const root = lie.root ?? own;
    const signature = lie.signature ?? this.key.sign(receiptsStatement(RUN, root));
    const receipts = made.map(({ entry }) => lie.entry?.(entry) ?? entry);
    return this.add({ type: "receipts", value: { receipts, root, signature } });
  }

  /** The page and the outcome of a call. */
  answered(call: string): this {
    const page = `p${String(this.seq)}`;
    return this.add(pageEvent(this.seq, call)).add(outcomeEvent(call, page));
  }

  checkpoint(note: string = noteOver(this.lines, this.key)): this {
    return this.add({ type: "checkpoint", value: { note } });
  }

  /** The next key takes over; a liar may leave out a signature or sign something else. */
  rekey(
    next: TestKey,
    more: { previous?: TestKey; next?: TestKey; seq?: number; prev?: string; run?: string } = {},
  ): this {
    const statement = keyStatement({
      run: more.run ?? RUN,
      seq: more.seq ?? this.seq,
      prev: more.prev ?? this.head,
      previous: this.key.publicHex,
      next: next.publicHex,
    });
    const signature_previous = (more.previous ?? this.key).sign(statement);
    const signature_next = (more.next ?? next).sign(statement);
    this.key = next;
    return this.add({ type: "key", value: { public_key: next.publicHex, signature_previous, signature_next } });
  }

  /** The lines with the close line, sealed by the key in force or by another. */
  closed(key: TestKey = this.key): readonly string[] {
    const { allowed, denied } = this;
    const facts = { lines: this.seq + 1, allowed, denied };
    const time = { mono_us: this.seq * 1000, wall_ms: this.wallMs };
    const unsealed = encodeLine(digests, closeEvent(facts), { seq: this.seq, prev: this.prev, time });
    this.add(closeEvent({ ...facts, seal: key.sign(sealStatement(RUN, unsealed.hash)) }));
    return this.lines;
  }
}
