/** A call whose target is redacted, and which no journal gives back: nobody can judge it again, but it happened. */
import type { FlightLine, SyscallValue } from "../abi/event.js";
import type { State } from "../kernel/state.js";
import { tracksValues, withContext } from "../kernel/values.js";
import { isMeant } from "./fork-descriptors.js";

/**
 * The state after such a call. INVARIANT: what it sent may come back in any later page, and nobody knows what that was:
 * from here on its session goes by what was recorded.
 */
export function afterUnjudged(state: State, line: FlightLine): State {
  if (line.type !== "syscall" || !hasSent(line.value) || !tracksValues(state)) return state;
  return withContext(state, line.value.session, "sealed");
}

/** A call that waits for a human has sent its values already (kernel/syscall.ts). */
function hasSent({ arguments: args, decision }: SyscallValue): boolean {
  return args !== undefined && isMeant(decision.verdict);
}
