/** How many of a server's messages may pass in a time: a token bucket over the caller's clock. */
export class Bucket {
  private readonly size: number;
  private readonly perSecond: number;
  private readonly nowMs: () => number;
  private tokens: number;
  private filledAt: number;

  /** `nowMs`: any clock that does not run back, in milliseconds. */
  constructor(size: number, perSecond: number, nowMs: () => number) {
    this.size = size;
    this.perSecond = perSecond;
    this.nowMs = nowMs;
    this.tokens = size;
    this.filledAt = nowMs();
  }

  /** Takes one, when there is one. */
  take(): boolean {
    const now = this.nowMs();
    this.tokens = Math.min(this.size, this.tokens + (Math.max(0, now - this.filledAt) * this.perSecond) / 1000);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
