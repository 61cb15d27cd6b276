/** The order of a log: sequence numbers, previous hashes and the monotonic clock, with resynchronisation after damage. */
import type { FlightLine } from "../abi/event.js";
import { GENESIS } from "./codec.js";
import type { FindingCode } from "./findings.js";

/** The sequence number of the first line. */
export const FIRST_SEQ = 0;

/** Stretches of missing lines kept apart; past that many, any line counts as possibly missing. */
const MAX_HOLES = 256;

export interface ChainBreak {
  readonly code: Extract<FindingCode, "seq-gap" | "prev-mismatch" | "clock-backwards">;
  readonly detail: string;
}

/** What following the hashes alone says of a log. */
export interface ChainReport {
  readonly ok: boolean;
  /** Lines that follow one another, from the first on. */
  readonly lines: number;
  /** Hash of the last of them. */
  readonly head: string | undefined;
  /** The first line that does not follow, 1-based, and why. */
  readonly broken: { readonly line: number; readonly detail: string } | undefined;
}

/**
 * Follows lines as they come. After a line that could not be read the next one is taken at its word, so that
 * one flipped bit is mostly one finding. INVARIANT: a hole exists only where a failure was reported or a signed head stands
 * for pruned lines, so what is not complained of because of a hole never makes a bad log good.
 */
export class Chain {
  private next = FIRST_SEQ;
  private prev = GENESIS;
  private unread = 0;
  private clock = 0;
  private readonly holes: { from: number; to: number }[] = [];
  private damages = 0;

  /** How many places so far where a line was missing, unreadable or out of order. */
  get damage(): number {
    return this.damages;
  }

  /** Goes on behind lines that were pruned; `prev` is the hash of the last of them. Called before any line is followed. */
  resume(seq: number, prev: string): void {
    this.addHole(FIRST_SEQ, seq - 1);
    this.next = seq;
    this.prev = prev;
  }

  /** A line that could not be read; its failure is reported by the caller. */
  skip(): void {
    this.unread++;
    this.damages++;
  }

  /** Takes the next readable line and says what in it does not follow. */
  follow(line: FlightLine): readonly ChainBreak[] {
    const breaks = [this.order(line), this.time(line)].filter((found) => found !== undefined);
    if (line.seq > this.next) this.addHole(this.next, line.seq - 1);
    this.next = line.seq + 1;
    this.prev = line.hash;
    this.unread = 0;
    return breaks;
  }

  /** May the line with this number be one that was missing or unreadable? */
  mayHaveMissed(seq: number): boolean {
    if (this.holes.length >= MAX_HOLES) return true;
    return this.holes.some((hole) => hole.from <= seq && seq <= hole.to);
  }

  private order(line: FlightLine): ChainBreak | undefined {
    const { next, unread } = this;
    // An unreadable line is either one of the log's own, made unreadable, or one put in between.
    if (line.seq < next || line.seq > next + unread) {
      this.damages++;
      const due = unread === 0 ? String(next) : `${String(next)} to ${String(next + unread)}`;
      return { code: "seq-gap", detail: `states sequence number ${String(line.seq)} where ${due} is due` };
    }
    if (line.seq !== next || line.prev === this.prev) return undefined;
    this.damages++;
    return { code: "prev-mismatch", detail: "does not state the hash of the line before it" };
  }

  private time(line: FlightLine): ChainBreak | undefined {
    const { mono_us } = line.time;
    const before = this.clock;
    this.clock = mono_us;
    if (mono_us >= before) return undefined;
    return {
      code: "clock-backwards",
      detail: `is at ${String(mono_us)} us, the line before it at ${String(before)} us`,
    };
  }

  private addHole(from: number, to: number): void {
    if (this.holes.length < MAX_HOLES) this.holes.push({ from, to });
  }
}
