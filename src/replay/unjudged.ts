/** A call whose target is redacted, and which no journal gives back: nobody can judge it again, but it happened. */
import type { SyscallValue } from "../abi/event.js";
import type { State } from "../kernel/state.js";
import { withContext } from "../kernel/values.js";
import { isMeant } from "./fork-descriptors.js";

/**
 * The state after such a call. INVARIANT: what it sent may come back in any later page, and nobody knows what that was:
 * from here on its session goes by what was recorded. A call that waits for a human has sent its values already.
 */
export function afterUnjudged(state: State, { session, arguments: args, decision }: SyscallValue): State {
  const hasSent = args !== undefined && isMeant(decision.verdict);
  return hasSent ? withContext(state, session, "sealed") : state;
}
