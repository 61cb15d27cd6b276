/** The one way into the log: a step of the kernel, the values behind it, its line, and signed heads between the lines. */
import type { Digests } from "../base/digest.js";
import type { Instant } from "../abi/event.js";
import type { Ports } from "../abi/ports.js";
import type { Input } from "../abi/request.js";
import { Signing } from "./signing.js";
import { INITIAL_STATE, type State } from "./state.js";
import type { Kernel, Step } from "./step.js";

/** An input without its instant, which is that of its recording. */
export type Timeless = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;

type RecorderPorts = Pick<Ports, "now" | "payload" | "append" | "sign">;

/** INVARIANT: the state moves only with a line that was handed to the recorder, and after a fault not at all. */
export class Recorder {
  private current: State = INITIAL_STATE;
  private failure: Error | undefined;
  readonly signing: Signing;
  private readonly kernel: Kernel;
  private readonly ports: RecorderPorts;

  constructor(kernel: Kernel, digests: Digests, ports: RecorderPorts) {
    this.kernel = kernel;
    this.ports = ports;
    this.signing = new Signing(digests, ports.sign);
  }

  /** The state as of the last recorded line. */
  get state(): State {
    return this.current;
  }

  /** The fault that ended the recording, when one did. */
  get fault(): Error | undefined {
    return this.failure;
  }

  /**
   * One step, its payloads and its line. Undefined when it could not be recorded: then nothing is any more, so that the
   * log ends where the recording failed. Never rejects.
   */
  async record(input: Timeless, at?: Instant): Promise<Step | undefined> {
    if (this.failure !== undefined) return undefined;
    try {
      const step = this.step(input, at ?? this.ports.now());
      for (const payload of step.payloads) this.ports.payload(payload);
      const written = this.ports.append([step.line], step.durable);
      this.current = step.state;
      if (step.event.type !== "close" && this.signing.isDue(this.current)) void this.checkpoint();
      if (written !== undefined) await written;
      return step;
    } catch (error) {
      this.failure = asError(error);
      return undefined;
    }
  }

  /** What recording an input would make, without doing it. */
  step(input: Timeless, at: Instant): Step {
    return this.kernel(this.current, { ...input, at });
  }

  /** Signs the head of the log as it stands. Does nothing when it is signed already. */
  async checkpoint(): Promise<void> {
    const input = this.attempt((at) => this.signing.head(this.current, at));
    if (input !== undefined) await this.record(input, input.at);
  }

  /** A clock, signer or check that fails is a recorder that fails: the run is over. */
  attempt<T>(make: (at: Instant) => T): T | undefined {
    if (this.failure !== undefined) return undefined;
    try {
      return make(this.ports.now());
    } catch (error) {
      this.failure = asError(error);
      return undefined;
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
