/** Receipts and secret handles of the Rust AgentK: what they are bound to, their proofs, and what is signed. */
import type { Digests } from "../../base/digest.js";
import type { JsonObject } from "../../base/json.js";
import type { VerifySignature } from "../../base/signature.js";
import type { LegacyEvent, LegacyHandle, LegacyReceipt } from "./event.js";
import type { LegacyFindingCode } from "./legacy-findings.js";

export interface LegacyFact {
  readonly code: LegacyFindingCode;
  readonly detail: string;
}

export interface SignatureDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
}

/** What is wrong with the receipt of an event; nothing when it is right in all its own rules ask for. */
export function receiptFaults(deps: SignatureDeps, event: LegacyEvent, receipt: LegacyReceipt): readonly LegacyFact[] {
  const { syscall, step } = event;
  const isBound =
    receipt.syscall === syscall.kind &&
    receipt.target === syscall.target &&
    receipt.scope === `${syscall.kind}:${syscall.target}` &&
    // An event of v0.1 names no agent: there the receipt alone does.
    (event.agent_id === undefined || receipt.issued_to === event.agent_id);
  const facts: LegacyFact[] = [];
  if (!isBound) facts.push({ code: "receipt-binding", detail: `\`${receipt.id}\` is not for this call` });
  if (receipt.expires_at_step < step)
    facts.push({ code: "receipt-expired", detail: `expired at step ${String(receipt.expires_at_step)}` });
  const stated = {
    agent_id: receipt.issued_to,
    step,
    syscall: receipt.syscall,
    target: receipt.target,
    scope: receipt.scope,
    expires_at_step: receipt.expires_at_step,
    previous_hash: event.previous_hash,
  };
  if (proofOf(deps, stated) !== receipt.proof)
    facts.push({ code: "receipt-proof", detail: `the proof of \`${receipt.id}\` is of other fields` });
  if (!isSigned(deps, receipt))
    facts.push({ code: "receipt-signature", detail: `the signature of \`${receipt.id}\` is not valid` });
  return facts;
}

/** What is wrong with the secret handle of an event. A handle without a receipt beside it is bound to nothing. */
export function handleFaults(deps: SignatureDeps, event: LegacyEvent, handle: LegacyHandle): readonly LegacyFact[] {
  const { step } = event;
  const facts: LegacyFact[] = [];
  if (!isHandleBound(event, handle))
    facts.push({ code: "handle-binding", detail: `\`${handle.id}\` is not for this call and its receipt` });
  if (handle.expires_at_step < step)
    facts.push({ code: "handle-expired", detail: `expired at step ${String(handle.expires_at_step)}` });
  const stated = {
    agent_id: event.agent_id ?? event.decision.receipt?.issued_to ?? "",
    step,
    target: handle.target,
    scope: handle.scope,
    labels: handle.labels,
    expires_at_step: handle.expires_at_step,
    previous_hash: event.previous_hash,
    receipt_id: handle.receipt_id,
    receipt_proof: handle.receipt_proof,
  };
  if (proofOf(deps, stated) !== handle.proof)
    facts.push({ code: "handle-proof", detail: `the proof of \`${handle.id}\` is of other fields` });
  if (!isSigned(deps, handle))
    facts.push({ code: "handle-signature", detail: `the signature of \`${handle.id}\` is not valid` });
  return facts;
}

function isHandleBound({ syscall, decision }: LegacyEvent, handle: LegacyHandle): boolean {
  const { receipt } = decision;
  return (
    receipt !== null &&
    handle.receipt_id === receipt.id &&
    handle.receipt_proof === receipt.proof &&
    handle.target === syscall.target &&
    handle.scope === receipt.scope
  );
}

/** SHA-256 of compact JSON, its members in the order given. */
function proofOf({ digests }: SignatureDeps, stated: JsonObject): string {
  return digests.sha256Hex(JSON.stringify(stated));
}

/** Ed25519 over the 64 ASCII digits of the proof, without a domain. */
function isSigned({ verifySignature }: SignatureDeps, signed: LegacyReceipt | LegacyHandle): boolean {
  return verifySignature(signed.public_key, signed.proof, signed.signature);
}
