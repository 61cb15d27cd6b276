/** A server as a connection sees it: lines in, lines out, and an end. */
import type { Child, ExitFacts } from "../../host/child-process.js";

/** What a server's line stream tells. */
export interface ServerHandlers {
  /** One line. The bytes are valid only during the call. */
  readonly onLine: (bytes: Buffer) => void;
  /** A line over the bound: once a line, and the line is dropped. */
  readonly onOversize: () => void;
  /** After `send` said false: go on sending. */
  readonly onDrain: () => void;
  /** Called once, after the last line, never before the link was given. */
  readonly onExit: (facts: ExitFacts) => void;
}

/** A server's line stream: a child process, or what stands for a server elsewhere and behaves like one. */
export type ServerLink = Child;
