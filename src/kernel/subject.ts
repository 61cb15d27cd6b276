/** A request's own fields as a value that can be committed to. */
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import type { Payload } from "../abi/payload.js";
import { openPayload, type HandleScope, type SyscallRequest } from "../abi/request.js";

/** A redacted target is committed whole, so that a replay with the journal can decide on it again. */
export function subjectPayload(subject: SyscallRequest["subject"]): Payload {
  return openPayload(canonicalJson(subject as JsonObject));
}

/** What the secret may be used for, when it is one that is asked for. */
export function handleOf({ kind, handle }: SyscallRequest): HandleScope | undefined {
  return kind === "secret.open" ? handle : undefined;
}
