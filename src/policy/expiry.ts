/** When a policy or a grant has ended. */
import { parseInstant } from "./match/time.js";

/**
 * Whether it has expired at a wall time in milliseconds since 1970. Without a date, never.
 * INVARIANT: fails closed: from the very millisecond on, and always for a date or a clock that cannot be read.
 */
export function compileExpiry(expires: string | undefined): (wall_ms: number) => boolean {
  if (expires === undefined) return () => false;
  const end = parseInstant(expires);
  return end === undefined ? () => true : (wall_ms) => !(wall_ms < end);
}
