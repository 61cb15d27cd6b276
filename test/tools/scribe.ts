/** Writes a signed log of version 3 with every type of line, without the kernel: what it signs is up to the test. */
import type { FlightEvent, OpenValue, SyscallValue } from "../../src/abi/event.js";
import { checkpointOf } from "../../src/evidence/checkpoint.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { EMPTY_TREE, grown, leafHash, rootOf, type Tree } from "../../src/evidence/merkle.js";
import { groupRoot, intentOf, receiptOf, receiptsStatement, type Intent } from "../../src/evidence/receipt.js";
import { keyStatement } from "../../src/evidence/run-key.js";
import { sealStatement } from "../../src/evidence/seal.js";
import {
  callEvent,
  commit,
  digests,
  openEvent,
  outcomeEvent,
  pageEvent,
  policyEvent,
  RUN,
  RUN_KEY,
  pinsEvent,
  sessionEvent,
  testKey,
  type TestKey,
} from "../evidence/fixture.js";

const START = 1_700_000_000_000;

/** What a forger gets wrong in one receipt: merged over what it should be. */
export type Slip = Readonly<Record<string, unknown>>;

export class Scribe {
  readonly lines: string[] = [];
  key: TestKey;
  tree: Tree = EMPTY_TREE;
  allowed = 0;
  denied = 0;
  private prev = GENESIS;
  private readonly intents = new Map<string, Intent>();

  constructor(key: TestKey = RUN_KEY, open: Partial<OpenValue> = {}) {
    this.key = key;
    const { value } = openEvent(key.publicHex) as Extract<FlightEvent, { type: "open" }>;
    this.write({ type: "open", value: { ...value, format: "agentk-flight/4", ...open } });
    this.write(policyEvent());
  }

  get seq(): number {
    return this.lines.length;
  }

  write(event: FlightEvent): string {
    const time = { mono_us: this.seq * 1000, wall_ms: START + this.seq };
    const line = encodeLine(digests, event, { seq: this.seq, prev: this.prev, time });
    if (event.type === "syscall") this.intents.set(event.value.call, intentOf(event.value, line.hash));
    this.lines.push(line.text);
    this.prev = line.hash;
    this.tree = grown(digests, this.tree, leafHash(digests, line.text));
    return line.text;
  }

  call(verdict: "allow" | "ask" | "deny" | "transform", more: Partial<SyscallValue> = {}): string {
    const { value } = callEvent(this.seq, verdict === "deny" ? "deny" : "allow");
    if (verdict === "deny") this.denied++;
    else if (verdict !== "ask") this.allowed++;
    this.write({ type: "syscall", value: { ...value, decision: { ...value.decision, verdict }, ...more } });
    return value.call;
  }

  approve(call: string): void {
    this.allowed++;
    const decision = { verdict: "allow", rule: "read-only", reason: "approved" } as const;
    this.write({ type: "approval", value: { call, session: "s1", answer: "approved", decision } });
  }

  /** Receipts for calls, in one group. */
  grant(calls: readonly string[], { slip = {}, line = {} }: { slip?: Slip; line?: Slip } = {}): void {
    const terms = { expires_ms: START + 60_000, expires_seq: this.seq + 1024, run: RUN };
    const made = calls.map((call, index) => {
      const intent = this.intents.get(call);
      if (intent === undefined) throw new Error(`no call ${call}`);
      return receiptOf(digests, intent, { ...terms, nonce: String(index).padStart(32, "0"), ...slip });
    });
    const all = made.map(({ digest }) => digest);
    const root = groupRoot(digests, all);
    const signature = this.key.sign(receiptsStatement(RUN, root));
    const receipts = made.map(({ entry }) => ({ ...entry, ...slip }));
    this.write({ type: "receipts", value: { receipts, root, signature, ...line } });
  }

  answer(call: string): void {
    const page = `p${String(this.seq)}`;
    this.write(pageEvent(this.seq, call));
    this.write(outcomeEvent(call, page));
  }

  /** The head as it stands, or what a forger makes of it. */
  note(key: TestKey = this.key, more: { run?: string; size?: number; root?: string } = {}): string {
    const head = { publicKey: key.publicHex, run: RUN, size: this.seq, root: rootOf(digests, this.tree), ...more };
    const { statement, note } = checkpointOf(digests, head);
    return note(key.sign(statement));
  }

  checkpoint(note: string = this.note()): void {
    this.write({ type: "checkpoint", value: { note } });
  }

  /** Both sign; a forger has only one of the keys, or neither. */
  rekey(next: TestKey, previous: TestKey = this.key, asNext: TestKey = next): void {
    const keys = { previous: this.key.publicHex, next: next.publicHex };
    const statement = keyStatement({ run: RUN, seq: this.seq, prev: this.prev, ...keys });
    const both = { signature_previous: previous.sign(statement), signature_next: asNext.sign(statement) };
    this.write({ type: "key", value: { public_key: next.publicHex, ...both } });
    this.key = next;
  }

  close(): readonly string[] {
    const { allowed, denied, seq, prev } = this;
    const value = { reason: "eof", lines: seq + 1, allowed, denied, strays: 0 } as const;
    const time = { mono_us: seq * 1000, wall_ms: START + seq };
    const unsealed = encodeLine(digests, { type: "close", value }, { seq, prev, time }).hash;
    this.write({ type: "close", value: { ...value, seal: this.key.sign(sealStatement(RUN, unsealed)) } });
    return this.lines;
  }
}

export const NEXT_KEY = testKey(8);

/** One of every type of line but `recovery`, with groups of one and of three, and with a change of key. */
export function everyLine(): Scribe {
  const scribe = new Scribe(RUN_KEY, { checkpoints: { lines: 256, ms: 1000 } });
  scribe.checkpoint();
  scribe.write(pinsEvent());
  scribe.write(sessionEvent());
  const one = scribe.call("allow");
  scribe.grant([one]);
  scribe.answer(one);
  scribe.call("deny");
  const handle = { tool: "mail", argument: "/password", host: "mail.example:993" };
  const three = [
    scribe.call("allow", { kind: "secret.open", target: "mail 🗝", subject: commit(9), handle }),
    scribe.call("transform", { sent: commit(7), changes: [{ kind: "redact", path: "/text" }] }),
    scribe.call("ask"),
  ];
  scribe.approve(three[2] ?? "");
  scribe.grant(three);
  for (const call of three.slice(0, 2)) scribe.answer(call);
  const refused = { call: three[2] ?? "", session: "s1", status: "not-sent", refused: "receipt-expired" } as const;
  scribe.write({ type: "outcome", value: refused });
  scribe.rekey(NEXT_KEY);
  scribe.write({
    type: "release",
    value: { session: "s1", axis: "integrity", before: ["untrusted"], after: ["trusted"], by: "control-socket" },
  });
  const last = scribe.call("allow");
  scribe.grant([last]);
  scribe.answer(last);
  scribe.checkpoint();
  return scribe;
}
