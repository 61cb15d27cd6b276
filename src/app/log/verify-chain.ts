/**
 * `verify --chain-only`: does each line hash to what it states, and state the hash of the line before it? A quarter of a
 * verification's time or less, and a small part of what it finds out.
 */
import { DOMAINS } from "../../base/digest.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import type { ChainReport } from "../../evidence/chain.js";
import { GENESIS } from "../../evidence/codec.js";
import { nodeDigests } from "../../host/digests.js";
import { readLines } from "../../host/log-file.js";
import type { LogToRead } from "./heads.js";

/** How every line begins, and where its two hashes stand (evidence/codec.ts). */
const OPENING = '{"hash":"';
const BETWEEN = '","prev":"';
const DIGITS = 64;
const HASH_AT = OPENING.length;
const PREV_AT = HASH_AT + DIGITS + BETWEEN.length;
const PREV_END = PREV_AT + DIGITS;

/** The hash covers all behind the line's own hash, with `{` before it. */
const BODY_AT = HASH_AT + DIGITS + 2;
const DOMAIN = Buffer.from(`${DOMAINS.line}{`, "latin1");

/** @throws AgentkError `file-unreadable`. */
export function verifyChain({ file, onProgress }: LogToRead): ChainReport {
  const chain = new ChainCheck();
  const { tornBytes } = readLines(file, (bytes) => chain.line(bytes), {
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: () => {
      chain.break(`is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  if (tornBytes > 0) chain.break(`has no end: ${String(tornBytes)} bytes stand after the last newline`);
  return chain.end();
}

class ChainCheck {
  private lines = 0;
  private head = GENESIS;
  private broken: ChainReport["broken"];
  /** Room for what a line's hash is over. INVARIANT: filled and hashed within one call. */
  private input = Buffer.alloc(DOMAIN.length + 64 * 1024);

  constructor() {
    DOMAIN.copy(this.input);
  }

  /** Attacker-controlled. False: there is no point in going on. */
  line(bytes: Buffer): boolean {
    const fault = this.faultOf(bytes);
    if (fault !== undefined) this.break(fault);
    else this.lines++;
    return this.broken === undefined;
  }

  break(detail: string): void {
    this.broken ??= { line: this.lines + 1, detail };
  }

  end(): ChainReport {
    const { lines, broken, head } = this;
    if (lines === 0 && broken === undefined) this.break("is not there: the log holds no line");
    return { ok: this.broken === undefined, lines, head: lines === 0 ? undefined : head, broken: this.broken };
  }

  private faultOf(bytes: Buffer): string | undefined {
    const start = bytes.toString("latin1", 0, Math.min(PREV_END + 1, bytes.length));
    if (!start.startsWith(OPENING) || start.slice(HASH_AT + DIGITS, PREV_AT) !== BETWEEN || start[PREV_END] !== '"')
      return "does not begin with its hash and the one before";
    const stated = start.slice(HASH_AT, HASH_AT + DIGITS);
    if (this.hashOf(bytes) !== stated) return "does not hash to the digest it states";
    if (start.slice(PREV_AT, PREV_END) !== this.head) return "does not state the hash of the line before it";
    this.head = stated;
    return undefined;
  }

  private hashOf(bytes: Buffer): string {
    const end = DOMAIN.length + bytes.length - BODY_AT;
    if (end > this.input.length) this.input = Buffer.concat([DOMAIN, Buffer.alloc(bytes.length)]);
    bytes.copy(this.input, DOMAIN.length, BODY_AT);
    return nodeDigests.sha256Hex(this.input.subarray(0, end));
  }
}
