/** Our own stdin and stdout as the client's line stream, with back-pressure both ways. */
import type { Readable, Writable } from "node:stream";
import { MAX_LINE_BYTES } from "../../base/limits.js";
import { createLineSplitter } from "../../host/line-splitter.js";

export interface ClientHandlers {
  readonly onLine: (bytes: Buffer) => void;
  readonly onOversize: () => void;
  /** The client has closed its side; what it sent may still be answered. */
  readonly onEnd: () => void;
  /** After `send` said false: go on. */
  readonly onDrain: () => void;
  /** Nobody reads our answers any more. */
  readonly onLost: () => void;
}

export interface ClientStream {
  readonly start: (handlers: ClientHandlers) => void;
  /** Sends one line. False: hold back until `onDrain`. */
  readonly send: (line: string) => boolean;
  /** Runs work that nobody waits for: when the client has taken what was sent, or at once where it has. */
  readonly afterSent: (work: () => void) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Reads nothing more. */
  readonly stop: () => void;
}

/** Frames a pair of byte streams. A last line without a newline is taken as a line, as MCP SDKs do not end with one. */
export function createClientStream(input: Readable, output: Writable, maxLineBytes: number): ClientStream {
  const reading = readingOf(input);
  const waiting = workAfter(output);
  return {
    start: (handlers) => {
      // The server may have ended before the client could say anything.
      if (reading.isStopped()) return;
      const deliver = (bytes: Buffer): void => {
        if (!reading.isStopped()) handlers.onLine(bytes);
      };
      const splitter = createLineSplitter({
        maxBytes: maxLineBytes,
        onLine: deliver,
        onOversize: handlers.onOversize,
        onRest: deliver,
      });
      input.on("data", (chunk: Buffer) => {
        splitter.push(chunk);
      });
      input.on("end", () => {
        splitter.end();
        handlers.onEnd();
      });
      input.on("error", handlers.onLost);
      output.on("drain", () => {
        reading.goOn("full");
        handlers.onDrain();
        waiting.drained();
      });
      output.on("error", handlers.onLost);
    },
    send: (line) => {
      const isFree = output.write(`${line}\n`);
      // Refusals need no server: a client that asks and does not read would fill our memory with them. There is
      // room for the longest answer, so that one who writes a few calls before reading does not wait for itself.
      if (output.writableLength > MAX_LINE_BYTES) reading.halt("full");
      return isFree;
    },
    afterSent: waiting.add,
    pause: () => {
      reading.halt("held");
    },
    resume: () => {
      reading.goOn("held");
    },
    stop: () => {
      reading.halt("stopped");
    },
  };
}

/** Why nothing is read: our caller wants it so, what is sent is not taken, or it is over. */
type Halt = "held" | "full" | "stopped";

interface Reading {
  readonly halt: (why: Halt) => void;
  /** INVARIANT: the end of one reason does not end another. */
  readonly goOn: (why: Halt) => void;
  readonly isStopped: () => boolean;
}

function readingOf(input: Readable): Reading {
  const halts = new Set<Halt>();
  return {
    halt: (why) => {
      halts.add(why);
      input.pause();
    },
    goOn: (why) => {
      halts.delete(why);
      if (halts.size === 0) input.resume();
    },
    isStopped: () => halts.has("stopped"),
  };
}

/** Work that waits for what is sent: whoever adds it has not sent yet, but will in this turn of the event loop. */
function workAfter(output: Writable): { readonly add: ClientStream["afterSent"]; readonly drained: () => void } {
  const held: (() => void)[] = [];
  return {
    add: (work) => {
      setImmediate(() => {
        if (output.writableNeedDrain) held.push(work);
        else work();
      });
    },
    drained: () => {
      for (const work of held.splice(0)) setImmediate(work);
    },
  };
}
