/** A flight log read up to a line, every line of it checked; single lines of that part can be read again. */
import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import type { FlightLine } from "../../abi/event.js";
import { Chain } from "../../evidence/chain.js";
import { decodeLine } from "../../evidence/codec.js";
import type { WhySource } from "../../evidence/why.js";
import { nodeDigests } from "../../host/digests.js";
import { assertRereadable, readLines } from "../../host/log-file.js";
import { isSeen } from "../../kernel/fold.js";
import { refusePruned } from "./pruned-log.js";

/** A line that is needed is not what a recorder writes. The command that meets it fails a check (exit status 2). */
export class BrokenLog extends AgentkError {
  constructor(file: string, line: number, detail: string) {
    super("log-invalid", detail, {
      place: { file, line },
      hint: "`agentk verify` says what else is wrong with the log",
    });
  }
}

/** One line of a log as people name it. */
export interface LineRef {
  readonly seq: number;
  /** `c12` or `p12` when it was named so; then the line must be that call or page. */
  readonly id: string | undefined;
}

/** `12`, `c12` or `p12`. @throws AgentkError `usage` */
export function parseLineRef(text: string): LineRef {
  const found = /^([cp]?)(\d{1,15})$/.exec(text);
  if (found === null) {
    const hint = "a sequence number or the id of a call or page: `12`, `c12`, `p12`";
    throw new AgentkError("usage", `\`${text}\` names no line of a log`, { hint });
  }
  const [, letter = "", digits = ""] = found;
  const seq = Number(digits);
  return { seq, id: letter === "" ? undefined : `${letter}${String(seq)}` };
}

/**
 * What was read of a log. Memory: three numbers a line at most, and no line of it.
 */
export class LogPrefix implements WhySource {
  private readonly file: string;
  /** Where each line begins, by its sequence number, and where the last one ends. */
  private readonly starts: number[] = [0];
  /** By session, the lines of the pages that it was handed, in order. */
  private readonly seen = new Map<string, number[]>();

  /**
   * Reads from the first line on, until `isEnough` says so of one.
   * @throws AgentkError `file-unreadable`, `log-invalid` for a pruned log; BrokenLog at the first line that does not check.
   */
  constructor(file: string, isEnough: (line: FlightLine) => boolean) {
    this.file = file;
    assertRereadable(file);
    refusePruned(file);
    const chain = new Chain();
    const take = (bytes: Buffer): boolean => {
      const line = this.decoded(bytes);
      const [broken] = chain.follow(line);
      if (broken !== undefined) throw this.broken(broken.detail);
      if (line.seq === 0 && line.type !== "open") throw this.broken("does not open a run");
      this.add(line, bytes.length);
      return !isEnough(line);
    };
    const onLongLine = (): void => {
      throw this.broken(`is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    };
    readLines(file, take, { maxLineBytes: MAX_LOG_LINE_BYTES, onLongLine });
  }

  /** How many lines were read. */
  get lines(): number {
    return this.starts.length - 1;
  }

  /** @throws BrokenLog when the file is no longer what was read. */
  line(seq: number): FlightLine | undefined {
    const [start, end] = [this.starts[seq], this.starts[seq + 1]];
    if (start === undefined || end === undefined) return undefined;
    const line = this.decoded(this.bytes(start, end - start - 1), seq + 1);
    if (line.seq !== seq) throw this.broken("was changed while the log was read", seq + 1);
    return line;
  }

  readBefore(
    session: string,
    seq: number,
    atMost: number,
  ): { readonly of: number; readonly newest: readonly number[] } {
    const pages = this.seen.get(session) ?? [];
    const of = countBelow(pages, seq);
    return { of, newest: pages.slice(Math.max(0, of - atMost), of).reverse() };
  }

  /** The failure of the line after those read so far, or of the one named. */
  broken(detail: string, line = this.lines + 1): BrokenLog {
    return new BrokenLog(this.file, line, `line ${String(line)} ${detail}`);
  }

  private add(line: FlightLine, bytes: number): void {
    this.starts.push((this.starts.at(-1) ?? 0) + bytes + 1);
    if (line.type !== "page" || !isSeen(line.value)) return;
    const pages = this.seen.get(line.value.session);
    if (pages === undefined) this.seen.set(line.value.session, [line.seq]);
    else pages.push(line.seq);
  }

  /** Attacker-controlled: the bytes. */
  private decoded(bytes: Buffer, number?: number): FlightLine {
    if (!isUtf8(bytes)) throw this.broken("is not UTF-8", number);
    const read = decodeLine(nodeDigests, bytes.toString("utf8"));
    if (!read.ok) throw this.broken(read.error.detail, number);
    return read.value;
  }

  private bytes(start: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    try {
      const fd = openSync(this.file, "r");
      try {
        return bytes.subarray(0, readSync(fd, bytes, 0, length, start));
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      const place = { file: this.file };
      throw new AgentkError("file-unreadable", `cannot read \`${this.file}\` again`, { place, cause: error });
    }
  }
}

/** How many of the ascending numbers are less than `bound`. */
function countBelow(numbers: readonly number[], bound: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? bound) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The line that was asked for, once the log was read up to it.
 * @throws AgentkError `usage` when the log has no such line, or it holds no decision.
 */
export function lineAt(prefix: LogPrefix, { seq, id }: LineRef): Extract<FlightLine, { type: "syscall" | "page" }> {
  const line = prefix.line(seq);
  if (line === undefined) {
    const count = `it has ${String(prefix.lines)} whole lines, numbered from 0`;
    throw new AgentkError("usage", `the log has no line ${id ?? String(seq)}`, { hint: count });
  }
  if (line.type !== "syscall" && line.type !== "page") throw undecided(line);
  const own = line.type === "syscall" ? line.value.call : line.value.page;
  if (own !== `${line.type === "syscall" ? "c" : "p"}${String(seq)}`) {
    throw prefix.broken(`calls itself \`${own}\``, seq + 1);
  }
  if (id !== undefined && id !== own) {
    throw new AgentkError("usage", `the log has no \`${id}\``, { hint: `line ${String(seq)} is \`${own}\`` });
  }
  return line;
}

function undecided(line: FlightLine): AgentkError {
  const call = line.type === "approval" || line.type === "outcome" ? line.value.call : undefined;
  const hint = call === undefined ? "`agentk trace-inspect` lists calls and pages" : `it is about \`${call}\``;
  return new AgentkError("usage", `line ${String(line.seq)} is of type \`${line.type}\` and holds no decision`, {
    hint,
  });
}
