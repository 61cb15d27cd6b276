/** The members of a line that the Rust AgentK (v0.1, v0.2) wrote, and the order it wrote them in. */
import { integer, listOf, oneOf, optional, record, text, type Shape, type ShapeType } from "../../base/shape.js";
import { HEX64 } from "../../abi/payload.js";

/** Its labels, in the order in which it writes them. */
export const LEGACY_LABELS = ["trusted", "untrusted", "external", "private", "secret", "poisoned-suspect"] as const;

const HEX128 = /^[0-9a-f]{128}$/;
const digest = text({ form: HEX64 });

/** `null`, or what the shape takes. */
function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return { check: (value, path) => (value === null ? undefined : shape.check(value, path)) };
}

/** Members that a receipt and a handle share. */
const SIGNED = {
  target: text(),
  scope: text(),
  expires_at_step: integer(),
  proof: digest,
  signature: text({ form: HEX128 }),
  public_key: digest,
  algorithm: oneOf(["ed25519"]),
  key_source: text(),
};

const receiptFields = {
  id: text({ form: /^cap_[0-9a-f]{12}$/ }),
  issued_to: text(),
  syscall: text(),
  ...SIGNED,
};

const handleFields = {
  id: text({ form: /^secret_fd_[0-9a-f]{12}$/ }),
  labels: listOf(oneOf(LEGACY_LABELS), LEGACY_LABELS.length),
  receipt_id: text(),
  receipt_proof: digest,
  ...SIGNED,
};

const syscallFields = {
  kind: text(),
  target: text(),
  intent: text(),
  labels: listOf(oneOf(LEGACY_LABELS), LEGACY_LABELS.length),
  inputs: listOf(text()),
};

const decisionFields = {
  verdict: oneOf(["allow", "deny"]),
  reason: text(),
  rule: text(),
  missing_capability: orNull(text()),
  receipt: orNull(record(receiptFields)),
  secret_handle: orNull(record(handleFields)),
};

const eventFields = {
  agent_id: optional(text()),
  step: integer(1),
  syscall: record(syscallFields),
  decision: record(decisionFields),
  previous_hash: digest,
  event_hash: digest,
};

export const legacyEventShape = record(eventFields);

export type LegacyEvent = ShapeType<typeof legacyEventShape>;
export type LegacyReceipt = NonNullable<LegacyEvent["decision"]["receipt"]>;
export type LegacyHandle = NonNullable<LegacyEvent["decision"]["secret_handle"]>;

/** An object of a line by JSON pointer, the names it may have, and whether their order is a rule of the format. */
interface Part {
  readonly path: readonly string[];
  readonly names: readonly string[];
  readonly isOrdered: boolean;
}

export const LEGACY_PARTS: readonly Part[] = [
  { path: [], names: Object.keys(eventFields), isOrdered: true },
  { path: ["syscall"], names: Object.keys(syscallFields), isOrdered: true },
  { path: ["decision"], names: Object.keys(decisionFields), isOrdered: true },
  // Their order is no rule of the format as we know it; the event's hash is over the bytes as they stand.
  { path: ["decision", "receipt"], names: Object.keys(receiptFields), isOrdered: false },
  { path: ["decision", "secret_handle"], names: Object.keys(handleFields), isOrdered: false },
];
