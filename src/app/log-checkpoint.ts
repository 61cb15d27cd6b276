/** The last checkpoint of a log, checked against the lines it covers, and the growth up to it. */
import { isUtf8 } from "node:buffer";
import { AgentkError } from "../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import { record, text } from "../base/shape.js";
import { HEX64 } from "../abi/payload.js";
import { verifyCheckpoint } from "../evidence/checkpoint.js";
import { consistencyRanges, ProofBuilder } from "../evidence/merkle-proof.js";
import { EMPTY_TREE, grown, leafHash, rootOf, type Tree } from "../evidence/merkle.js";
import { nodeDigests } from "../host/digests.js";
import { readLines } from "../host/log-file.js";
import { verifyEd25519 } from "../host/signer.js";
import { BrokenLog } from "./log-prefix.js";
import { refusePruned } from "./pruned-log.js";

/** What every checkpoint line holds, in its canonical text: a quick look before the line is parsed. */
const CHECKPOINT_MARK = '"type":"checkpoint"';
const noteShape = record({ note: text({ max: 64 * 1024 }) });
const RUN_FORM = /^[0-9TZ]{16}-[0-9a-f]{12}$/;

export interface LogCheckpoint {
  /** As the log has it. */
  readonly note: string;
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The key that the log names as its own and that signed the checkpoint, hex. */
  readonly publicKey: string;
  readonly run: string;
}

/** Bytes read so far, and in all. */
export type OnProgress = (bytes: number, total: number) => void;

/**
 * Reads a log to its end. Every checkpoint in it must be signed by the log's key and have the root of the lines before
 * it; nothing else of the lines is checked, which is `agentk verify`'s to do.
 * @throws AgentkError `file-unreadable`, `log-invalid` when there is no checkpoint; BrokenLog at one that does not hold.
 */
export function lastCheckpoint(file: string, onProgress?: OnProgress): LogCheckpoint {
  refusePruned(file);
  const reading = new CheckpointReading(file);
  readLog(file, (line) => reading.take(line), onProgress);
  return reading.last();
}

/**
 * The consistency proof between two sizes of a log, in one pass over it.
 * @throws AgentkError `file-unreadable`; BrokenLog when the log has fewer lines.
 */
export function proveGrowth(file: string, oldSize: number, size: number, onProgress?: OnProgress): readonly string[] {
  const builder = new ProofBuilder(nodeDigests, consistencyRanges(oldSize, size));
  let lines = 0;
  const take = (line: string): boolean => {
    builder.leaf(leafHash(nodeDigests, line));
    return ++lines < size;
  };
  readLog(file, take, onProgress);
  const path = builder.roots();
  if (path === undefined) throw new BrokenLog(file, lines, `has ${String(lines)} lines; ${String(size)} were wanted`);
  return path;
}

class CheckpointReading {
  private readonly file: string;
  private tree: Tree = EMPTY_TREE;
  private run: { readonly run: string; readonly publicKey: string } | undefined;
  private found: LogCheckpoint | undefined;

  constructor(file: string) {
    this.file = file;
  }

  take(line: string): true {
    if (this.tree.size === 0) this.run = this.runOf(line);
    else if (line.includes(CHECKPOINT_MARK)) this.check(parsed(line));
    this.tree = grown(nodeDigests, this.tree, leafHash(nodeDigests, line));
    return true;
  }

  last(): LogCheckpoint {
    if (this.found !== undefined) return this.found;
    throw new AgentkError("log-invalid", `\`${this.file}\` has no checkpoint`, {
      place: { file: this.file },
      hint: "agentk has signed checkpoints since format 3 of the flight log; older logs cannot be witnessed",
    });
  }

  /** Attacker-controlled: the line. What is not a checkpoint's line may well hold the mark in a string. */
  private check(line: Parsed): void {
    if (line.type !== "checkpoint" || this.run === undefined) return;
    if (noteShape.check(line.value, "/value") !== undefined) throw this.broken("is a checkpoint without a note");
    const { note } = line.value as { readonly note: string };
    const deps = { digests: nodeDigests, verifySignature: verifyEd25519 };
    const checked = verifyCheckpoint(deps, note, this.run);
    if (!checked.ok) throw this.broken(`has a checkpoint that ${checked.error.detail}`);
    const { origin, size, root } = checked.value;
    if (size !== this.tree.size) throw this.broken("has a checkpoint of another size");
    if (root !== rootOf(nodeDigests, this.tree)) throw this.broken("has a checkpoint of other lines");
    this.found = { note, origin, size, root, ...this.run };
  }

  private runOf(line: string): { readonly run: string; readonly publicKey: string } {
    const { type, value } = parsed(line);
    const { run, public_key: publicKey } = (value ?? {}) as Readonly<Record<string, unknown>>;
    const isOpen = type === "open" && typeof run === "string" && typeof publicKey === "string";
    if (!isOpen || !RUN_FORM.test(run) || !HEX64.test(publicKey)) throw this.broken("does not open a run");
    return { run, publicKey };
  }

  private broken(detail: string): BrokenLog {
    const line = this.tree.size + 1;
    return new BrokenLog(this.file, line, `line ${String(line)} ${detail}`);
  }
}

interface Parsed {
  readonly type?: unknown;
  readonly value?: unknown;
}

function parsed(line: string): Parsed {
  try {
    return (JSON.parse(line) ?? {}) as Parsed;
  } catch {
    return {};
  }
}

/** Attacker-controlled: the bytes. A decoder that repairs them would hash another text than stands there. */
function readLog(file: string, take: (line: string) => boolean, onProgress?: OnProgress): void {
  readLines(
    file,
    (bytes, index) => {
      if (!isUtf8(bytes)) throw new BrokenLog(file, index + 1, `line ${String(index + 1)} is not UTF-8`);
      return take(bytes.toString("utf8"));
    },
    {
      maxLineBytes: MAX_LOG_LINE_BYTES,
      onLongLine: (index) => {
        throw new BrokenLog(file, index + 1, `line ${String(index + 1)} is longer than any agentk writes`);
      },
      ...(onProgress === undefined ? {} : { onProgress }),
    },
  );
}
