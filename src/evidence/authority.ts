/** What is signed while a run goes on: a receipt for every call that begins, and the heads of the log. */
import type { Digests } from "../base/digest.js";
import type { VerifySignature } from "../base/signature.js";
import type { EventType, FlightLine, OutcomeStatus } from "../abi/event.js";
import { originOf, parseCheckpoint, type Checkpoint } from "./checkpoint.js";
import type { FindingCode } from "./findings.js";
import { rootOf, type Tree } from "./merkle.js";
import { ED25519, keyId, keyName, parseNote, signaturesBy, type Note } from "./note.js";
import { groupRoot, intentOf, receiptOf, receiptsStatement, type Intent } from "./receipt.js";
import { keyStatement } from "./run-key.js";

type LineOf<T extends EventType> = Extract<FlightLine, { readonly type: T }>;

export interface AuthorityDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
  /** Whether every signature is checked, or, when undefined, that of heads and changes of key only. */
  readonly signatures?: SignatureSink;
}

/** Takes what was signed, by which key (hex) and, as the line says, when; and whether the signature is valid. */
export interface SignatureSink {
  readonly signed: (
    what: SignedItem,
    by: { readonly key: string; readonly wall_ms: number; readonly line: number },
  ) => void;
}

export type SignedItem = "checkpoint" | "receipts" | "handle" | "seal" | "key";

/** Reports a finding about the line that is being read. */
export type Report = (code: FindingCode, event: FlightLine, detail: string) => void;

/** How far the log can be relied on where the line stands. */
export interface Footing {
  /** The tree over all lines before; undefined when one of them could not be read. */
  readonly tree: Tree | undefined;
  /** How many places so far where a line was missing, unreadable or out of order. */
  readonly damage: number;
  /** 1-based. */
  readonly line: number;
  /** Lines before this sequence number were pruned. */
  readonly from: number;
}

/** A call, and how much of the log was damaged when it was read. */
interface Due {
  readonly intent: Intent;
  readonly damage: number;
}

/** Statuses of calls that may never have begun. */
const NOT_BEGUN: ReadonlySet<OutcomeStatus> = new Set<OutcomeStatus>(["unknown", "not-sent"]);

/** Memory is bounded by the calls in flight. INVARIANT: of a log whose version has no receipts, nothing is asked. */
export class Authority {
  /** Size of the tree that the last good checkpoint signed, and its text. */
  signedSize = 0;
  lastHead: string | undefined;
  receipts = 0;
  checkpoints = 0;
  private readonly deps: AuthorityDeps;
  private readonly report: Report;
  /** Calls that may begin and have no receipt yet. */
  private readonly waiting = new Map<string, Due>();
  /** Calls that a human is asked about. */
  private readonly asked = new Map<string, Due>();
  private run = "";
  private key = "";
  private isDue = false;

  constructor(deps: AuthorityDeps, report: Report) {
    this.deps = deps;
    this.report = report;
  }

  /** The key that signs from here on. */
  get signer(): string {
    return this.key;
  }

  open({ value }: LineOf<"open">): void {
    this.run = value.run;
    this.key = value.public_key;
    this.isDue = value.format !== "agentk-flight/1" && value.format !== "agentk-flight/2";
  }

  /** A call that may begin, or that a human is asked about. */
  begin({ value, hash }: LineOf<"syscall">, { damage }: Footing): void {
    if (!this.isDue) return;
    const due = { intent: intentOf(value, hash), damage };
    (value.decision.verdict === "ask" ? this.asked : this.waiting).set(value.call, due);
  }

  /** What a human was asked about has its answer, and may begin or not. */
  answered({ value }: LineOf<"approval">, mayBegin: boolean): void {
    const due = this.asked.get(value.call);
    this.asked.delete(value.call);
    if (due !== undefined && mayBegin) this.waiting.set(value.call, due);
  }

  /** A page that answers a call, or its outcome: it must have had its receipt. */
  went(event: LineOf<"page" | "outcome">, { damage }: Footing): void {
    const { call } = event.value;
    const due = call === undefined ? undefined : this.waiting.get(call);
    if (call === undefined || due === undefined) return;
    const hasBegun = event.type === "page" || !NOT_BEGUN.has(event.value.status);
    // What was lost meanwhile may have been the receipt.
    if (hasBegun && due.damage === damage)
      this.report("receipt-missing", event, `call \`${call.slice(0, 32)}\` went on without a receipt`);
    this.waiting.delete(call);
  }

  grant(event: LineOf<"receipts">, footing: Footing): void {
    const { receipts, root, signature } = event.value;
    const digests = receipts.map((entry) => this.receipt(event, entry, footing));
    const known = digests.filter((digest) => digest !== undefined);
    if (known.length === digests.length && (digests.length === 0 || groupRoot(this.deps.digests, known) !== root))
      this.report("receipt-wrong", event, "the root is not that of its receipts");
    this.receipts += receipts.length;
    if (this.deps.signatures === undefined) return;
    if (!this.deps.verifySignature(this.key, receiptsStatement(this.run, root), signature)) {
      this.report("receipt-signature", event, "has a signature that the key in force did not make over its root");
      return;
    }
    this.signed("receipts", event, footing);
    if (receipts.some(({ handle }) => handle !== undefined)) this.signed("handle", event, footing);
  }

  /** The digest of a receipt as the log's own lines give it; undefined when the line of its call was lost. */
  private receipt(
    event: LineOf<"receipts">,
    entry: LineOf<"receipts">["value"]["receipts"][number],
    footing: Footing,
  ): string | undefined {
    const { call, session, nonce, expires_ms, expires_seq } = entry;
    const intent = this.waiting.get(call)?.intent;
    this.waiting.delete(call);
    if (intent?.session !== session) {
      // The line of the call, or the human's answer, may be among what was lost, or of a call whose line was pruned.
      if (!mayBeGone(call, intent, footing))
        this.report("receipt-wrong", event, `\`${call.slice(0, 32)}\` waits for no receipt`);
      return undefined;
    }
    const due = receiptOf(this.deps.digests, intent, { nonce, expires_ms, expires_seq, run: this.run });
    if (due.entry.id !== entry.id || due.entry.handle !== entry.handle)
      this.report("receipt-wrong", event, `the receipt of \`${call.slice(0, 32)}\` does not bind what its line says`);
    if (expires_seq < event.seq || expires_ms < event.time.wall_ms)
      this.report("receipt-wrong", event, `the receipt of \`${call.slice(0, 32)}\` had ended when it was made`);
    return due.digest;
  }

  checkpoint(event: LineOf<"checkpoint">, footing: Footing): void {
    this.checkpoints++;
    const note = parseNote(event.value.note);
    const head = note.ok ? parseCheckpoint(note.value.text) : note;
    if (!note.ok || !head.ok) {
      this.report("checkpoint-wrong", event, head.ok ? "is no checkpoint" : head.error.detail);
      return;
    }
    const wrong = this.faultOf(head.value, event.seq, footing);
    if (wrong !== undefined) this.report("checkpoint-wrong", event, wrong);
    if (!this.isSoleSigner(note.value)) {
      this.report("checkpoint-signature", event, "is not signed by the key in force, and by it alone");
      return;
    }
    if (wrong === undefined && footing.tree !== undefined) {
      this.signedSize = head.value.size;
      this.lastHead = note.value.text;
    }
    this.signed("checkpoint", event, footing);
  }

  private faultOf({ origin, size, root }: Checkpoint, seq: number, { tree }: Footing): string | undefined {
    const { digests } = this.deps;
    if (origin !== originOf(digests, this.key, this.run)) return "is of another log";
    if (size !== seq) return `is of ${String(size)} lines`;
    if (tree !== undefined && rootOf(digests, tree) !== root) return "is of other lines than those before it";
    return undefined;
  }

  private isSoleSigner(note: Note): boolean {
    const name = keyName(this.deps.digests, this.key);
    const [signature, ...more] = signaturesBy(note, name, keyId(this.deps.digests, name, ED25519, this.key));
    if (signature === undefined || more.length > 0 || note.signatures.length !== 1) return false;
    return this.deps.verifySignature(this.key, note.text, signature);
  }

  rekey(event: LineOf<"key">, footing: Footing): void {
    const { public_key: next, signature_previous, signature_next } = event.value;
    const statement = keyStatement({ run: this.run, seq: event.seq, prev: event.prev, previous: this.key, next });
    const { verifySignature } = this.deps;
    if (
      !verifySignature(this.key, statement, signature_previous) ||
      !verifySignature(next, statement, signature_next)
    ) {
      this.report("key-change-invalid", event, "is not signed by the key before and by the new one");
      return;
    }
    this.signed("key", event, footing);
    this.key = next;
  }

  private signed(what: SignedItem, { time }: FlightLine, { line }: Footing): void {
    this.deps.signatures?.signed(what, { key: this.key, wall_ms: time.wall_ms, line });
  }
}

/** Calls are named after their lines: that of this one may have been lost, or pruned. */
function mayBeGone(call: string, intent: Intent | undefined, { damage, from }: Footing): boolean {
  return damage > 0 || (intent === undefined && Number(call.slice(1)) < from);
}
