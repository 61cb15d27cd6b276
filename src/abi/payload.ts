/** Values on their way into the kernel, and what the log keeps of them instead. */
import type { WithheldFor } from "./descriptors.js";
import { integer, record, text, type ShapeType } from "../base/shape.js";

export const HEX64 = /^[0-9a-f]{64}$/;

/** What stands in the log for a value: a salted commitment and its size. Never the value. */
export const commitShape = record({
  /** SHA-256 over domain, salt and canonical text; the salt is derived from a key that only the payload journal holds. */
  commitment: text({ form: HEX64 }),
  /** UTF-8 length of the canonical text. */
  bytes: integer(),
});
export type Commit = ShapeType<typeof commitShape>;

/** A JSON value as the kernel gets it: open in a live run or a deep replay, sealed where only the log is at hand. */
export type Payload = OpenPayload | SealedPayload;

export interface OpenPayload {
  readonly kind: "open";
  /** RFC 8785 text. */
  readonly canonical: string;
  /** On a replay, the label names recorded for it: they stand where the session's earlier values are missing. */
  readonly labels?: readonly string[];
  /** On a replay, the descriptors recorded as taken out of it: likewise. */
  readonly withheld?: readonly Withheld[];
}

export interface SealedPayload extends Commit {
  readonly kind: "sealed";
  /** Detector hits recorded when the value was open (mmu/detectors.ts). */
  readonly signs: readonly string[];
  /** Label names recorded when the value was open. */
  readonly labels?: readonly string[];
  /** The descriptors recorded as taken out of it when it was open. */
  readonly withheld?: readonly Withheld[];
}

/** A descriptor that was taken out of a listing: `/tools/3`. */
export interface Withheld {
  readonly path: string;
  readonly reason: WithheldFor;
}

/** A payload to be kept in the encrypted journal: which line it belongs to, and in what role. */
export interface PayloadRecord {
  readonly seq: number;
  readonly slot: PayloadSlot;
  readonly canonical: string;
}

export const PAYLOAD_SLOTS = ["command", "subject", "arguments", "intent", "content", "stderr", "sent"] as const;
export type PayloadSlot = (typeof PAYLOAD_SLOTS)[number];
