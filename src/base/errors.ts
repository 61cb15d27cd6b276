/**
 * The closed list of errors a command can end in, with the exit status of each: 1 when the command could not do its job,
 * 2 when what it was asked to check is wrong. A denial is a value, never one of these. docs/errors.md is printed from it.
 */
export const ERRORS = {
  usage: { status: 1, says: "the command was called wrongly" },
  "file-unreadable": { status: 1, says: "a file cannot be read, or is larger than agentk takes" },
  "file-exists": { status: 1, says: "what would be written is there already" },
  "unsafe-file": { status: 1, says: "others could have read or replaced a file that must be the operator's alone" },
  "signing-key-missing": { status: 1, says: "there is no signing key, and none may be made" },
  "signing-key-invalid": { status: 1, says: "what is configured as a signing key is none, or is a published one" },
  "passphrase-missing": { status: 1, says: "the signing key is locked, and there is nothing to unlock it with" },
  "rotation-invalid": { status: 1, says: "a rotation manifest does not hold, so nothing is added to it" },
  "trust-invalid": { status: 2, says: "a manifest of trusted signers is wrong" },
  "policy-invalid": { status: 2, says: "a policy, its cases, a lock or a configuration is wrong" },
  "log-invalid": { status: 1, says: "a file is no flight log that can be worked with" },
  "payloads-unavailable": { status: 1, says: "the payload journal cannot be opened" },
  "recorder-failed": { status: 1, says: "the flight log cannot be written; nothing further happens" },
  "platform-unsupported": { status: 1, says: "this system cannot keep the promise" },
  internal: { status: 1, says: "a fault of agentk's own" },
} as const satisfies Record<string, { readonly status: 1 | 2; readonly says: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A place in a text file, 1-based, as editors count. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * What a command throws when it cannot do its job. `hint` says what to do about it.
 */
export class AgentkError extends Error {
  override readonly name = "AgentkError";
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, detail: string, more: { place?: Place; hint?: string; cause?: unknown } = {}) {
    super(detail, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.place = more.place;
    this.hint = more.hint;
  }
}
