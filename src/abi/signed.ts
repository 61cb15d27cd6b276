/** The lines of a flight log that carry signatures, and the names that they share with the others (abi/event.ts). */
import { MAX_NAME_CHARS } from "../base/limits.js";
import { integer, listOf, optional, record, text } from "../base/shape.js";
import { HEX64 } from "./payload.js";

/** Names that operators and servers give: shown to people, so no control characters. */
export const NAME_FORM = /^[^\p{Cc}\p{Cf}\p{Surrogate}]+$/u;
export const HEX128 = /^[0-9a-f]{128}$/;
export const callId = text({ form: /^c\d+$/ });
const hash = text({ form: HEX64 });
const name = text({ max: MAX_NAME_CHARS, form: NAME_FORM });

/** A secret is opened for one argument of one tool, sent to one host. */
export const handleShape = record({ tool: name, argument: text({ max: 1024 }), host: text({ max: 260 }) });

/** Room for every call that waits for its receipt at once. */
export const MAX_GROUP = 256;

/** One receipt: what it binds besides stands in the line of its call (evidence/receipt.ts). */
const receiptShape = record({
  call: callId,
  session: name,
  /** `cap_` and the first 16 digits of its digest. */
  id: text({ form: /^cap_[0-9a-f]{16}$/ }),
  /** `secret_fd_` and 16 digits, when the call opens a secret. */
  handle: optional(text({ form: /^secret_fd_[0-9a-f]{16}$/ })),
  nonce: text({ form: /^[0-9a-f]{32}$/ }),
  /** The last line, and the last millisecond, at which it may be used. */
  expires_seq: integer(),
  expires_ms: integer(),
});

/** The authority of calls to begin, signed once for all of them. No call begins without. */
export const receiptsShape = record({
  receipts: listOf(receiptShape, MAX_GROUP),
  /** RFC 6962 root over the receipts' digests. */
  root: hash,
  signature: text({ form: HEX128 }),
});

/** The head of the tree over all lines before this one, signed: a C2SP signed note (evidence/checkpoint.ts). */
export const checkpointShape = record({ note: text({ max: 1024 }) });

/** The operator's next key signs from here on: both keys say so (evidence/run-key.ts). */
export const keyShape = record({
  public_key: hash,
  signature_previous: text({ form: HEX128 }),
  signature_next: text({ form: HEX128 }),
});
