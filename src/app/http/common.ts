/** The stream on which a remote server speaks unasked: opened once the session is, and again whenever it ends. */
import type { SseReader } from "../../host/http-sse-reader.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Asks for the stream; `onEnd` is called once, with the HTTP status or 0. */
export type AskCommon = (
  lastEventId: string | undefined,
  onEnd: (stream: SseReader | undefined, status: number) => void,
) => void;

export class HttpCommon {
  private readonly ask: AskCommon;
  private lastEventId: string | undefined;
  private wait = FIRST_WAIT_MS;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(ask: AskCommon) {
    this.ask = ask;
  }

  open(): void {
    if (this.isClosed) return;
    this.ask(this.lastEventId, (stream, status) => {
      this.ended(stream, status);
    });
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  /** A server that has no such stream says 405; whatever else it refuses is not asked for again either. */
  private ended(stream: SseReader | undefined, status: number): void {
    const isRefused = stream === undefined && status >= 400 && status < 500;
    if (this.isClosed || isRefused) return;
    const last = stream?.lastEventId();
    if (last !== undefined) {
      this.lastEventId = last;
      this.wait = FIRST_WAIT_MS;
    }
    this.timer = setTimeout(() => {
      this.open();
    }, stream?.retryMs() ?? this.wait).unref();
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }
}
