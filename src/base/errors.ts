/** The closed list of errors a command can end in. A denial is a value, never one of these. */
export type ErrorCode =
  | "usage"
  | "file-unreadable"
  | "file-exists"
  | "unsafe-file"
  | "signing-key-missing"
  | "signing-key-invalid"
  | "passphrase-missing"
  | "rotation-invalid"
  | "trust-invalid"
  | "policy-invalid"
  | "log-invalid"
  | "payloads-unavailable"
  | "recorder-failed"
  | "platform-unsupported"
  | "internal";

/** A place in a text file, 1-based, as editors count. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * What a command throws when it cannot do its job (exit status 1; `policy-invalid` and `trust-invalid` are failed checks, 2).
 * `hint` says what to do about it.
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
