/** The closed list of errors a command can end in. A denial is a value, never one of these. */
const CODES = {
  usage: "the command line is not right",
  "file-unreadable": "a file cannot be read",
  "file-exists": "a file is there already and is not overwritten",
  "unsafe-file": "a file or folder is not safe to use",
  "policy-invalid": "the policy is not valid",
  "log-invalid": "the flight log cannot be read",
  "payloads-unavailable": "the sealed payloads cannot be opened",
  "recorder-failed": "the flight log cannot be written",
  "child-failed": "the server process could not be used",
  "platform-unsupported": "this platform lacks what the command needs",
  internal: "a bug in agentk",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof CODES;

/** A place in a text file, 1-based, as editors count. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * What a command throws when it cannot do its job (exit status 1; `policy-invalid` is a failed check, 2).
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

/** What a code means, in one phrase. */
export function errorTitle(code: ErrorCode): string {
  return CODES[code];
}
