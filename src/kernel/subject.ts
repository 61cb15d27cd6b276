/** A request's own fields as a value that can be committed to. */
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import type { Payload } from "../abi/payload.js";
import { openPayload, type SyscallRequest } from "../abi/request.js";

/** A redacted target is committed whole, so that a replay with the journal can decide on it again. */
export function subjectPayload(subject: SyscallRequest["subject"]): Payload {
  return openPayload(canonicalJson(subject as JsonObject));
}
