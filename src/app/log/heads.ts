/** The heads of a log's tree: its checkpoints, and roots of its lines, found by streaming over the file. */
import { isUtf8 } from "node:buffer";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { parseStrictJson } from "../../base/strict-json.js";
import { integer, oneOf, record, text, anything, type Shape, type ShapeType } from "../../base/shape.js";
import { HEX64 } from "../../abi/payload.js";
import { leafHash } from "../../evidence/merkle.js";
import { ProofBuilder, type LeafRange } from "../../evidence/merkle-proof.js";
import { isPrunedHeader, readPrunedStart, type PrunedStart } from "../../evidence/pruned.js";
import { nodeDigests } from "../../host/digests.js";
import { assertRereadable, readLines, type ReadLinesOptions } from "../../host/log-file.js";
import { BrokenLog } from "./prefix.js";

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
  /** Lines that the log lacks at its beginning, as it was pruned. */
  readonly pruned: number;
}

type Opening = Pick<FoundHead, "publicKey" | "run" | "pruned">;

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
 * Finds a checkpoint. It is not verified here, but all who ask for it read on.
 * @throws AgentkError `file-unreadable`; `usage` when the log is not that long; BrokenLog where it cannot be read.
 */
export function findHead(log: LogToRead, wanted: WantedHead): FoundHead {
  const { file } = log;
  assertRereadable(file);
  let opened: Opening | undefined;
  let found: FoundHead | undefined;
  let lines = 0;
  const take = (line: string, index: number): boolean => {
    lines = index + 1;
    if (index === 0) opened = { ...openingOf(line, file), pruned: 0 };
    else if (opened !== undefined) opened = { ...opened, publicKey: nextKeyIn(line) ?? opened.publicKey };
    const note = mayBeWanted(wanted, index) ? noteIn(line, index, file) : undefined;
    if (note !== undefined && opened !== undefined) found = { ...opened, size: index, note };
    return goesOn(wanted, index, note);
  };
  eachLine(log, take, (start) => {
    opened = openingIn(start);
    lines = start.tree.size;
    if (wanted.kind !== "last" && wanted.number < lines) throw beforeCut(file, lines);
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
  let builder = new ProofBuilder(nodeDigests, ranges);
  let kept = "";
  const take = (line: string, at: number): boolean => {
    if (at >= size) return false;
    builder.leaf(leafHash(nodeDigests, line));
    if (at === index) kept = line;
    return at + 1 < size;
  };
  eachLine(log, take, ({ tree }) => {
    builder = new ProofBuilder(nodeDigests, ranges, tree);
  });
  const roots = builder.roots();
  if (roots === undefined) throw new BrokenLog(log.file, 1, "the log was cut while it was read");
  return { roots, line: kept };
}

/** Hands on each line with its place in the run; the header of a pruned log goes to `resume`, and is none of the run's. */
function eachLine(
  { file, onProgress }: LogToRead,
  take: (line: string, index: number) => boolean,
  resume: (start: PrunedStart) => void,
): void {
  let gone = 0;
  const onLine = (bytes: Buffer, index: number): boolean => {
    if (!isUtf8(bytes)) throw new BrokenLog(file, index + 1, "is not UTF-8");
    const line = bytes.toString("utf8");
    if (index > 0 || !isPrunedHeader(line)) return take(line, index + gone);
    const start = readPrunedStart(nodeDigests, line);
    if (!start.ok) throw new BrokenLog(file, 1, `the header of the pruned log ${start.error}`);
    gone = start.value.tree.size - 1;
    resume(start.value);
    return true;
  };
  const onLongLine = (index: number): void => {
    throw new BrokenLog(file, index + 1, `is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
  };
  const progress = onProgress === undefined ? {} : { onProgress };
  readLines(file, onLine, { maxLineBytes: MAX_LOG_LINE_BYTES, onLongLine, ...progress });
}

/** The run of a pruned log, and the key that its next line is signed with. */
function openingIn({ open, keys, tree }: PrunedStart): Opening {
  const { run, public_key } = open.value;
  return { run, publicKey: keys.at(-1)?.value.public_key ?? public_key, pruned: tree.size };
}

function beforeCut(file: string, size: number): AgentkError {
  return new AgentkError("usage", `\`${file}\` is pruned: its first ${String(size)} lines are gone`, {
    hint: `lines from ${String(size)} on, and heads from \`@${String(size)}\` on, can be proved from it`,
  });
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
