/**
 * Replay: the recorded inputs through the same kernel, compared line by line, byte by byte. It performs no effect:
 * there is no port to perform one with.
 */
import type { Digests } from "../base/digest.js";
import { decisionName } from "../abi/decision.js";
import type { FlightLine } from "../abi/event.js";
import { decodeLine } from "../evidence/codec.js";
import { foldLine } from "../kernel/fold.js";
import { INITIAL_STATE, type State } from "../kernel/state.js";
import type { Kernel, KernelParts } from "../kernel/step.js";
import { divergenceOf, type Divergence } from "./divergence.js";
import { Tape, type PayloadSource } from "./tape.js";
import { afterUnjudged } from "./unjudged.js";

export interface ReplayReport {
  /** Every line that was replayed came out the same. */
  readonly ok: boolean;
  readonly lines: number;
  /** Decisions made again, by name, e.g. `deny:default-deny`. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Values recomputed from the journal, and values taken as recorded. */
  readonly opened: number;
  readonly sealed: number;
  /** Decisions that need values the log does not hold. */
  readonly indeterminate: number;
  readonly divergence: Divergence | undefined;
  /** How the log ends. `open`: without a close line, so an end that was cut cannot be seen here. */
  readonly ending: "closed" | "recovered" | "open";
  /** A line that could not be read at all. */
  readonly broken: { readonly line: number; readonly detail: string } | undefined;
}

export class Replayer {
  private state: State = INITIAL_STATE;
  private lines = 0;
  private indeterminate = 0;
  private divergence: Divergence | undefined;
  private broken: ReplayReport["broken"];
  private ending: ReplayReport["ending"] = "open";
  private readonly decisions = new Map<string, number>();
  private readonly tape: Tape;
  private readonly kernel: Kernel;
  private readonly parts: KernelParts;
  private readonly digests: Digests;

  constructor(kernel: Kernel, parts: KernelParts, payloads: PayloadSource | undefined) {
    this.kernel = kernel;
    this.parts = parts;
    this.digests = parts.digests;
    this.tape = new Tape(payloads);
  }

  /** Replays one line. Returns false once there is no point in going on. */
  line(text: string): boolean {
    this.lines++;
    const decoded = decodeLine(this.digests, text);
    if (!decoded.ok) {
      this.broken = { line: this.lines, detail: decoded.error.detail };
      return false;
    }
    try {
      this.advance(decoded.value, text);
    } catch (error) {
      this.broken = { line: this.lines, detail: error instanceof Error ? error.message : String(error) };
    }
    return this.divergence === undefined && this.broken === undefined;
  }

  /** A line that the reader could not hand over. */
  unreadable(detail: string): void {
    this.lines++;
    this.broken ??= { line: this.lines, detail };
  }

  private advance(line: FlightLine, text: string): void {
    const input = this.tape.input(line);
    if (input === undefined) {
      this.indeterminate++;
      const folded = foldLine(this.state, { event: line, text, hash: line.hash, time: line.time }, this.parts);
      this.state = line.type === "syscall" ? afterUnjudged(folded, line.value) : folded;
      return;
    }
    const step = this.kernel(this.state, input);
    if (step.event.type === "close") this.ending = step.event.value.reason === "recovered" ? "recovered" : "closed";
    if (step.event.type === "syscall") this.count(decisionName(step.event.value.decision));
    if (step.line !== text) this.divergence = divergenceOf(this.lines, text, step.line);
    this.state = step.state;
  }

  private count(name: string): void {
    this.decisions.set(name, (this.decisions.get(name) ?? 0) + 1);
  }

  end(): ReplayReport {
    const { lines, indeterminate, divergence, broken, tape } = this;
    return {
      ok: divergence === undefined && broken === undefined && lines > 0,
      lines,
      decisions: Object.fromEntries([...this.decisions].sort(([a], [b]) => (a < b ? -1 : 1))),
      opened: tape.opened,
      sealed: tape.sealed,
      indeterminate,
      ending: this.ending,
      divergence,
      broken,
    };
  }
}
