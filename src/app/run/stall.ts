/**
 * How long the client waits for a server that does not read: as long as one call may, and then it is read on. A client that
 * were held back for ever would be neither answered nor heard when it leaves.
 */
import type { Timers } from "./timers.js";

export interface StallParts {
  readonly ms: number;
  readonly timers: Pick<Timers, "after">;
  readonly onOver: () => void;
}

export class Stall {
  private readonly parts: StallParts;
  private callOff: (() => void) | undefined;
  private wasOver = false;

  constructor(parts: StallParts) {
    this.parts = parts;
  }

  /** The server has not read for so long that nobody waits for it any more. */
  get isOver(): boolean {
    return this.wasOver;
  }

  /** The server does not read. */
  begin(): void {
    if (this.wasOver) return;
    this.callOff ??= this.parts.timers.after(this.parts.ms, () => {
      this.callOff = undefined;
      this.wasOver = true;
      this.parts.onOver();
    });
  }

  /** It reads again, or another is there, or none. */
  end(): void {
    this.callOff?.();
    this.callOff = undefined;
    this.wasOver = false;
  }
}
