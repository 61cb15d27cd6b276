/** The heads of a log's tree: its checkpoints, and roots of its lines, found by streaming over the file. */
import { isUtf8 } from "node:buffer";
import { AgentkError } from "../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import { parseStrictJson } from "../base/strict-json.js";
import { integer, oneOf, record, text, anything, type Shape, type ShapeType } from "../base/shape.js";
import { HEX64 } from "../abi/payload.js";
import { leafHash } from "../evidence/merkle.js";
import { ProofBuilder, type LeafRange } from "../evidence/merkle-proof.js";
import { nodeDigests } from "../host/digests.js";
import { readLines, type ReadLinesOptions } from "../host/log-file.js";
import { BrokenLog } from "./log-prefix.js";

export type OnProgress = ReadLinesOptions["onProgress"];

/** A file, and whom to tell how far the reading is. */
export interface LogToRead {
  readonly file: string;
  readonly onProgress?: OnProgress;
}

/** Which checkpoint is wanted: the last one, the one of a size, or the first that covers a line. */
export type WantedHead = { readonly kind: "last" } | { readonly kind: "of" | "covering"; readonly number: number };

export interface FoundHead {
  readonly publicKey: string;
  readonly run: string;
  /** Lines before the checkpoint; without one, the lines that there are, or the size that was asked for. */
  readonly size: number;
  /** The note of the checkpoint; undefined when there is none. */
  readonly note: string | undefined;
}

/** The members that are looked at here; all of them are checked by `agentk verify`. */
const lineOf = <T extends string, V>(type: T, value: Shape<V>) =>
  record({ hash: anything(), prev: anything(), seq: integer(), time: anything(), type: oneOf([type]), value });
const checkpointLine = lineOf("checkpoint", record({ note: text() }));
const keyLine = lineOf(
  "key",
  record({ public_key: text({ form: HEX64 }), signature_previous: anything(), signature_next: anything() }),
);
const openLine = lineOf("open", anything());
const RUN_FORM = /^[0-9TZ]{16}-[0-9a-f]{12}$/;

/** Stands in every checkpoint line, which is canonical; in a string the quotes would be escaped. */
const CHECKPOINT_MARK = '"type":"checkpoint"';
const KEY_MARK = '"type":"key"';

/**
 * Finds a checkpoint. It is not verified here.
 * @throws AgentkError `file-unreadable`; `usage` when the log is not that long; BrokenLog where it cannot be read.
 */
export function findHead(log: LogToRead, wanted: WantedHead): FoundHead {
  const { file } = log;
  let opened: Pick<FoundHead, "publicKey" | "run"> | undefined;
  let found: FoundHead | undefined;
  let lines = 0;
  eachLine(log, (line, index) => {
    lines = index + 1;
    if (index === 0) opened = openingOf(line, file);
    else if (opened !== undefined) opened = { ...opened, publicKey: nextKeyIn(line) ?? opened.publicKey };
    const note = mayBeWanted(wanted, index) ? noteIn(line, index, file) : undefined;
    if (note !== undefined && opened !== undefined) found = { ...opened, size: index, note };
    return goesOn(wanted, index, note);
  });
  if (opened === undefined) throw new BrokenLog(file, 1, "the log has no whole line");
  if (lines < leastLines(wanted)) throw tooShort(file, lines);
  return found ?? { ...opened, size: wanted.kind === "of" ? wanted.number : lines, note: undefined };
}

/** Could a checkpoint at this line be the wanted one? */
function mayBeWanted(wanted: WantedHead, index: number): boolean {
  if (wanted.kind === "last") return true;
  return wanted.kind === "of" ? index === wanted.number : index > wanted.number;
}

function goesOn(wanted: WantedHead, index: number, note: string | undefined): boolean {
  if (wanted.kind === "last") return true;
  return wanted.kind === "of" ? index < wanted.number : note === undefined;
}

/** A head of n lines needs n of them, and line n to be covered needs one more. */
function leastLines(wanted: WantedHead): number {
  if (wanted.kind === "last") return 0;
  return wanted.kind === "of" ? wanted.number : wanted.number + 1;
}

/**
 * The roots of ranges of a log's lines, of which the first `size` are read, and the text of one of them.
 * @throws AgentkError `file-unreadable`; BrokenLog where a line cannot be read, or the log has become shorter.
 */
export function readRoots(
  log: LogToRead,
  size: number,
  ranges: readonly LeafRange[],
  index?: number,
): { readonly roots: readonly string[]; readonly line: string } {
  const builder = new ProofBuilder(nodeDigests, ranges);
  let kept = "";
  eachLine(log, (line, at) => {
    if (at >= size) return false;
    builder.leaf(leafHash(nodeDigests, line));
    if (at === index) kept = line;
    return at + 1 < size;
  });
  const roots = builder.roots();
  if (roots === undefined) throw new BrokenLog(log.file, 1, "the log was cut while it was read");
  return { roots, line: kept };
}

function eachLine({ file, onProgress }: LogToRead, take: (line: string, index: number) => boolean): void {
  const onLine = (bytes: Buffer, index: number): boolean => {
    if (!isUtf8(bytes)) throw new BrokenLog(file, index + 1, "is not UTF-8");
    return take(bytes.toString("utf8"), index);
  };
  const onLongLine = (index: number): void => {
    throw new BrokenLog(file, index + 1, `is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
  };
  const progress = onProgress === undefined ? {} : { onProgress };
  readLines(file, onLine, { maxLineBytes: MAX_LOG_LINE_BYTES, onLongLine, ...progress });
}

function openingOf(line: string, file: string): Pick<FoundHead, "publicKey" | "run"> {
  const value = readAs(openLine, line)?.value as { run?: unknown; public_key?: unknown } | undefined;
  const { run, public_key: publicKey } = value ?? {};
  if (typeof run !== "string" || !RUN_FORM.test(run) || typeof publicKey !== "string" || !HEX64.test(publicKey))
    throw new BrokenLog(file, 1, "does not open a run");
  return { run, publicKey };
}

function noteIn(line: string, index: number, file: string): string | undefined {
  if (!line.includes(CHECKPOINT_MARK)) return undefined;
  const read = readAs(checkpointLine, line);
  // The mark may also stand in an object within a line of another type.
  if (read === undefined) return undefined;
  if (read.seq !== index) throw new BrokenLog(file, index + 1, "states another sequence number than its place");
  return read.value.note;
}

/** From a `key` line on, another key signs: the change itself is for `agentk verify` to check. */
function nextKeyIn(line: string): string | undefined {
  return line.includes(KEY_MARK) ? readAs(keyLine, line)?.value.public_key : undefined;
}

function readAs<S extends Shape<unknown>>(shape: S, line: string): ShapeType<S> | undefined {
  const read = parseStrictJson(line);
  return read.ok && shape.check(read.value.value, "") === undefined ? (read.value.value as ShapeType<S>) : undefined;
}

function tooShort(file: string, lines: number): AgentkError {
  return new AgentkError("usage", `\`${file}\` has only ${String(lines)} lines`, {
    hint: "lines are numbered from 0; `agentk trace-inspect` shows them",
  });
}
