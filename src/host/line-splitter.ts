/** Bytes in, lines out, in bounded memory, whatever the chunks. Attacker-controlled: every byte. */
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);
const FIRST_ROOM = 4096;

export interface LineSplitterOptions {
  /** The longest line, in bytes before its newline (a carriage return counts). */
  readonly maxBytes: number;
  /** A line without its newline. The bytes may lie in the pushed chunk: copy them to keep them. */
  readonly onLine: (bytes: Buffer) => void;
  /** Called once for a line that is too long, as soon as it is; the line is dropped. */
  readonly onOversize: () => void;
  /** Called by `end` with what came after the last newline, if anything, as it is. */
  readonly onRest?: (bytes: Buffer) => void;
  /** `strip` (the default) takes one carriage return off a line's end; `keep` leaves it. */
  readonly returns?: "strip" | "keep";
}

export interface LineSplitter {
  readonly push: (chunk: Buffer) => void;
  readonly end: () => void;
}

export function createLineSplitter(options: LineSplitterOptions): LineSplitter {
  const splitter = new Splitter(options);
  return {
    push: (chunk) => {
      splitter.push(chunk);
    },
    end: () => {
      splitter.end();
    },
  };
}

class Splitter {
  private readonly options: LineSplitterOptions;
  /** The start of an unfinished line: `used` bytes of a buffer that doubles, so small chunks cost no quadratic copying. */
  private held = EMPTY;
  private used = 0;
  private isSkipping = false;

  constructor(options: LineSplitterOptions) {
    this.options = options;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.finish(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.hold(chunk.subarray(start));
  }

  end(): void {
    const rest = this.take();
    this.isSkipping = false;
    if (rest.length > 0) this.options.onRest?.(rest);
  }

  /** A newline was found after `piece`. */
  private finish(piece: Buffer): void {
    if (this.isSkipping) {
      this.isSkipping = false;
      return;
    }
    if (this.used + piece.length > this.options.maxBytes) {
      this.take();
      this.options.onOversize();
      return;
    }
    if (this.used === 0) {
      this.deliver(piece);
      return;
    }
    this.keep(piece);
    this.deliver(this.take());
  }

  private deliver(line: Buffer): void {
    const isStripped = this.options.returns !== "keep" && line.at(-1) === RETURN;
    this.options.onLine(isStripped ? line.subarray(0, -1) : line);
  }

  private hold(piece: Buffer): void {
    if (this.isSkipping) return;
    if (this.used + piece.length <= this.options.maxBytes) {
      this.keep(piece);
      return;
    }
    this.take();
    this.isSkipping = true;
    this.options.onOversize();
  }

  private keep(piece: Buffer): void {
    const needed = this.used + piece.length;
    if (needed > this.held.length) {
      const room = Math.max(FIRST_ROOM, needed, Math.min(this.held.length * 2, this.options.maxBytes));
      const wider = Buffer.allocUnsafe(room);
      this.held.copy(wider, 0, 0, this.used);
      this.held = wider;
    }
    piece.copy(this.held, this.used);
    this.used = needed;
  }

  /** What is held, which from now on is the receiver's. */
  private take(): Buffer {
    const line = this.held.subarray(0, this.used);
    this.held = EMPTY;
    this.used = 0;
    return line;
  }
}
