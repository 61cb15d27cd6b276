/** The two clocks of a run: the wall's, which people read, and a monotonic one, which never goes back. */
import type { Instant } from "../abi/event.js";

/** A clock whose `mono_us` counts microseconds from now; `wall_ms` is milliseconds since 1970 (UTC). */
export function createClock(): () => Instant {
  const start = process.hrtime.bigint();
  return () => ({ mono_us: Number((process.hrtime.bigint() - start) / 1000n), wall_ms: Date.now() });
}
