/** Lines of the client that wait until the server can take them, as if the client had waited. */
import { MAX_IN_FLIGHT, MAX_LINE_BYTES } from "../base/limits.js";

export class Held {
  private readonly lines: Buffer[] = [];
  private bytes = 0;

  /** Bounded by one message's size in all, so that a client that does not wait costs no more than one that does. */
  take(line: Buffer): boolean {
    this.bytes += line.length;
    if (this.lines.length >= MAX_IN_FLIGHT || this.bytes > MAX_LINE_BYTES) return false;
    this.lines.push(Buffer.from(line));
    return true;
  }

  /** All of them, in order; none is held any more. */
  release(): readonly Buffer[] {
    this.bytes = 0;
    return this.lines.splice(0);
  }
}
