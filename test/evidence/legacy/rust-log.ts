/**
 * Logs as the Rust AgentK writes them, made from its format in words: nothing of src/evidence/legacy is used here.
 * No log of the program itself was at hand, so test/vectors/rust-agentk-*.jsonl were made by this file.
 */
import { createHash } from "node:crypto";
import { testKey } from "../fixture.js";

const GENESIS = "0".repeat(64);

export interface RustCall {
  readonly kind: string;
  readonly target: string;
  readonly verdict: "allow" | "deny";
  readonly rule: string;
  readonly labels?: readonly string[];
  readonly inputs?: readonly string[];
  readonly intent?: string;
}

export interface RustWriter {
  /** Absent: v0.1, whose lines name no agent. */
  readonly agent?: string;
  /** Every byte of the key's seed. 0x41 is the published development key. */
  readonly seed?: number;
  readonly source?: string;
}

export interface RustSigned {
  id: string;
  scope: string;
  target: string;
  expires_at_step: number;
  proof: string;
  signature: string;
  public_key: string;
  key_source: string;
}

export interface RustEvent {
  agent_id?: string;
  step: number;
  syscall: { kind: string; target: string; intent: string; labels: string[]; inputs: string[] };
  decision: {
    verdict: string;
    reason: string;
    rule: string;
    missing_capability: string | null;
    receipt: (RustSigned & { issued_to: string; syscall: string }) | null;
    secret_handle: (RustSigned & { receipt_id: string; receipt_proof: string; labels: string[] }) | null;
  };
  previous_hash: string;
  event_hash?: string;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** What a session with each kind of line looks like. */
export const CALLS: readonly RustCall[] = [
  {
    kind: "context.read",
    target: "page:web",
    verdict: "allow",
    rule: "context-read",
    labels: ["untrusted", "external"],
  },
  {
    kind: "tool.invoke",
    target: "files.read",
    verdict: "allow",
    rule: "tool-invoke-receipt",
    labels: ["trusted"],
    inputs: [`args_sha256:${sha256('{"pin":"4711"}')}`],
    intent: 'read "a\u2028b"\n\u001b\u007f é',
  },
  {
    kind: "network.send",
    target: "https://evil.example/?q=1",
    verdict: "deny",
    rule: "taint-sensitive-egress",
    labels: ["private", "secret"],
  },
  { kind: "secret.open", target: "secret://mail", verdict: "allow", rule: "secret-fd" },
  {
    kind: "tool.response",
    target: "files.read",
    verdict: "allow",
    rule: "tool-response-record",
    labels: ["untrusted"],
  },
  { kind: "unknown", target: "file.patch", verdict: "deny", rule: "default-deny" },
];

const AGENT = "agent://demo";

export function rustEvents(calls: readonly RustCall[] = CALLS, writer: RustWriter = { agent: AGENT }): RustEvent[] {
  let previous = GENESIS;
  return calls.map((call, i) => {
    const event = eventOf(call, i + 1, { previous, writer });
    previous = event.event_hash ?? "";
    return event;
  });
}

export function linesOf(events: readonly RustEvent[]): string[] {
  return events.map((event) => JSON.stringify(event));
}

export function rustLog(calls?: readonly RustCall[], writer?: RustWriter): string[] {
  return linesOf(rustEvents(calls, writer));
}

/** The chain made anew over changed events, as whoever can write the file can make it. Receipts stay as they are. */
export function rechained(events: readonly RustEvent[]): string[] {
  let previous = GENESIS;
  return linesOf(
    events.map((event, i) => {
      const sealed = seal({ ...event, step: i + 1, previous_hash: previous });
      previous = sealed.event_hash ?? "";
      return sealed;
    }),
  );
}

/** All receipts and handles taken out. */
export function stripped(events: readonly RustEvent[]): RustEvent[] {
  return events.map((event) => ({ ...event, decision: { ...event.decision, receipt: null, secret_handle: null } }));
}

function eventOf(call: RustCall, step: number, place: { previous: string; writer: RustWriter }): RustEvent {
  const { previous, writer } = place;
  const { kind, target, verdict, rule, labels = [], inputs = [], intent = "" } = call;
  const receipt = verdict === "allow" ? receiptOf(call, step, place) : null;
  return seal({
    ...(writer.agent === undefined ? {} : { agent_id: writer.agent }),
    step,
    syscall: { kind, target, intent, labels: [...labels], inputs: [...inputs] },
    decision: {
      verdict,
      reason: `because of ${rule}`,
      rule,
      missing_capability: rule.endsWith("missing") ? `${kind}:${target}` : null,
      receipt,
      secret_handle: kind === "secret.open" && receipt !== null ? handleOf(receipt, step, place) : null,
    },
    previous_hash: previous,
  });
}

/** Members in their order; `event_hash` last, over all before it. */
function seal({ agent_id, step, syscall, decision, previous_hash }: RustEvent): RustEvent {
  const body = { ...(agent_id === undefined ? {} : { agent_id }), step, syscall, decision, previous_hash };
  return { ...body, event_hash: sha256(JSON.stringify(body)) };
}

function receiptOf(
  { kind, target }: RustCall,
  step: number,
  { previous, writer }: { previous: string; writer: RustWriter },
): NonNullable<RustEvent["decision"]["receipt"]> {
  const issued_to = writer.agent ?? AGENT;
  const scope = `${kind}:${target}`;
  const stated = { agent_id: issued_to, step, syscall: kind, target, scope, expires_at_step: step };
  const proof = sha256(JSON.stringify({ ...stated, previous_hash: previous }));
  const id = `cap_${proof.slice(0, 12)}`;
  return { id, issued_to, syscall: kind, target, scope, expires_at_step: step, ...signed(proof, writer) };
}

function handleOf(
  receipt: NonNullable<RustEvent["decision"]["receipt"]>,
  step: number,
  { previous, writer }: { previous: string; writer: RustWriter },
): NonNullable<RustEvent["decision"]["secret_handle"]> {
  const { target, scope } = receipt;
  const labels = ["private", "secret"];
  const common = { target, scope, labels, expires_at_step: step };
  const bound = { receipt_id: receipt.id, receipt_proof: receipt.proof };
  const stated = { agent_id: receipt.issued_to, step, ...common, previous_hash: previous, ...bound };
  const proof = sha256(JSON.stringify(stated));
  return { id: `secret_fd_${proof.slice(0, 12)}`, ...common, ...bound, ...signed(proof, writer) };
}

/** The signature is over the ASCII digits of the proof. */
function signed(proof: string, { seed = 0x22, source = "env:AGENTK_SIGNING_KEY_HEX" }: RustWriter) {
  const key = testKey(seed);
  return {
    proof,
    signature: key.sign(proof),
    public_key: key.publicHex,
    algorithm: "ed25519",
    key_source: source,
  };
}
