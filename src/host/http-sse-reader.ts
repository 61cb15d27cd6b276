/** Server-sent events, in bounded memory (HTML, section 9.2.6). Attacker-controlled: every byte. */
import { createLineSplitter, type LineSplitter } from "./line-splitter.js";

const MAX_ID_CHARS = 1024;
/** Of one event. MCP servers send one. */
const MAX_DATA_LINES = 1024;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 60_000;

export interface SseHandlers {
  /** The most bytes that the data of one event may have. */
  readonly maxBytes: number;
  /** The data of one event of the kind `message`. */
  readonly onData: (bytes: Buffer) => void;
  /** An event whose data is longer, or not told apart from others; it is dropped. */
  readonly onOversize: () => void;
}

export interface SseReader {
  readonly push: (chunk: Buffer) => void;
  /** Of the last event that was whole. */
  readonly lastEventId: () => string | undefined;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryMs: () => number | undefined;
}

export function createSseReader(handlers: SseHandlers): SseReader {
  const reader = new Reader(handlers);
  return {
    push: (chunk) => {
      reader.push(chunk);
    },
    lastEventId: () => reader.lastEventId,
    retryMs: () => reader.retryMs,
  };
}

/** `data:` before the longest value, and a line end that CR LF makes of it. */
const FIELD_ROOM = 16;

class Reader {
  lastEventId: string | undefined;
  retryMs: number | undefined;
  private readonly handlers: SseHandlers;
  private readonly lines: LineSplitter;
  private data: Buffer[] = [];
  private bytes = 0;
  private isTooLong = false;
  private isMessage = true;
  private id: string | undefined;

  constructor(handlers: SseHandlers) {
    this.handlers = handlers;
    this.lines = createLineSplitter({
      maxBytes: handlers.maxBytes + FIELD_ROOM,
      onLine: (line) => {
        this.line(line);
      },
      onOversize: () => {
        this.isTooLong = true;
      },
    });
  }

  push(chunk: Buffer): void {
    // A lone carriage return ends a line in HTML, and never in what MCP servers send: it stays in the data, where the
    // strict reader takes it for white space or refuses it.
    this.lines.push(chunk);
  }

  private line(line: Buffer): void {
    if (line.length === 0) {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(0x3a);
    const name = line.toString("latin1", 0, colon === -1 ? Math.min(line.length, 16) : Math.min(colon, 16));
    let value = colon === -1 ? line.subarray(line.length) : line.subarray(colon + 1);
    if (value[0] === 0x20) value = value.subarray(1);
    if (name === "data") this.keep(value);
    else if (name === "event") this.isMessage = ["", "message"].includes(value.toString("latin1", 0, 16));
    else if (name === "id") this.id = idOf(value);
    else if (name === "retry") this.retryMs = retryOf(value) ?? this.retryMs;
  }

  private keep(value: Buffer): void {
    this.bytes += value.length + 1;
    if (this.bytes > this.handlers.maxBytes + 1 || this.data.length >= MAX_DATA_LINES) {
      this.isTooLong = true;
      this.data = [];
    }
    // The bytes may lie in a buffer that is used again.
    if (!this.isTooLong) this.data.push(Buffer.from(value));
  }

  private dispatch(): void {
    const { data, isTooLong, isMessage } = this;
    if (this.id !== undefined) this.lastEventId = this.id;
    this.data = [];
    this.bytes = 0;
    this.isTooLong = false;
    this.isMessage = true;
    if (isTooLong) this.handlers.onOversize();
    else if (isMessage && data.some((part) => part.length > 0)) this.handlers.onData(joined(data));
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.from("\n"), part])));
}

/** It goes into a header of ours: visible ASCII, and no more of it than is sensible. */
function idOf(value: Buffer): string | undefined {
  const text = value.toString("latin1");
  return text.length <= MAX_ID_CHARS && /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}

function retryOf(value: Buffer): number | undefined {
  const text = value.toString("latin1", 0, 16);
  return /^\d{1,9}$/.test(text) ? Math.max(MIN_RETRY_MS, Math.min(Number(text), MAX_RETRY_MS)) : undefined;
}
