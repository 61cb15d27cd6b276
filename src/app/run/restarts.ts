/** How often a server that ended by itself is started again, and after what time. Pure: the clock is the caller's. */
import { MAX_RESTART_WAIT_MS, RESTART_WAIT_MS, RESTART_WELL_MS } from "../../base/limits.js";

export class Restarts {
  private readonly limit: number;
  private count = 0;
  private startedMs = 0;

  /** `limit`: how many in a row, none of which lived for RESTART_WELL_MS; 0: none. */
  constructor(limit: number) {
    this.limit = limit;
  }

  started(nowMs: number): void {
    this.startedMs = nowMs;
  }

  /** A server has ended: how many milliseconds to wait before the next one, or undefined for no other. */
  next(nowMs: number): number | undefined {
    if (nowMs - this.startedMs >= RESTART_WELL_MS) this.count = 0;
    if (this.count >= this.limit) return undefined;
    return Math.min(RESTART_WAIT_MS * 2 ** this.count++, MAX_RESTART_WAIT_MS);
  }
}
