/** `witness-submit`: the last checkpoint of a log to its witnesses, and what they say into a note beside it. */
import { AgentkError } from "../../base/errors.js";
import { parseCheckpoint } from "../../evidence/checkpoint.js";
import { parseWitnessKey, type WitnessKey } from "../../evidence/cosignature.js";
import { MAX_NOTE_BYTES, parseNote, type Note } from "../../evidence/note.js";
import { isQuorum } from "../../evidence/quorum.js";
import { nodeDigests } from "../../host/digests.js";
import { settledLog } from "../../host/log-file.js";
import { statIfThere } from "../../host/private-folder.js";
import { replaceFile } from "../../host/whole-file.js";
import { trustedKey } from "../keys/trusted-key.js";
import { lastCheckpoint, proveGrowth, type LogCheckpoint } from "../log/checkpoint.js";
import type { OnProgress } from "../log/heads.js";
import { readTextFile } from "../text-file.js";
import { submitCheckpoint, type Submission } from "./witnessing.js";

export interface WitnessLogOptions {
  readonly log: string;
  /** Where the cosigned note goes; beside the log when absent. */
  readonly out?: string;
  readonly witnesses: readonly URL[];
  readonly keys: readonly WitnessKey[];
  /** How many distinct witnesses must have cosigned. */
  readonly required: number;
  readonly timeoutMs: number;
  readonly onProgress?: NonNullable<OnProgress>;
}

export interface WitnessedLog extends Submission {
  readonly checkpoint: LogCheckpoint;
  readonly isMet: boolean;
  /** Where the note was written; undefined when it was not. */
  readonly out: string | undefined;
}

/**
 * Asks the witnesses. The note is written when enough have cosigned; with fewer, when there is none yet.
 * @throws AgentkError those of lastCheckpoint; `file-exists` when `out` is something other than this log's note.
 */
export async function witnessLog(options: WitnessLogOptions): Promise<WitnessedLog> {
  const log = settledLog(options.log);
  const out = options.out ?? `${log.replace(/\.jsonl$/, "")}.cosigned`;
  const toRead = { file: log, ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }) };
  const checkpoint = lastCheckpoint(toRead);
  const earlier = earlierNote(out, checkpoint);
  const proofs = new Map<number, readonly string[]>();
  const submission = await submitCheckpoint({
    note: checkpoint.note,
    logKey: checkpoint.publicKey,
    prove: (oldSize) => {
      const path = proofs.get(oldSize) ?? proveGrowth(toRead, oldSize, checkpoint.size);
      proofs.set(oldSize, path);
      return path;
    },
    ...{ witnesses: options.witnesses, keys: options.keys, timeoutMs: options.timeoutMs },
    ...(earlier === undefined ? {} : { earlier }),
  });
  const isMet = isQuorum(submission.quorum, options.required);
  const isWritten = isMet || (earlier === undefined && submission.quorum.cosigned.length > 0);
  if (isWritten) replaceFile(out, submission.note);
  return { ...submission, checkpoint, isMet, out: isWritten ? out : undefined };
}

/** A witness's key as it prints it. @throws AgentkError `usage` */
export function witnessKey(text: string): WitnessKey {
  const read = parseWitnessKey(nodeDigests, text);
  if (read.ok) return { ...read.value, publicKey: trustedKey(read.value.publicKey) };
  throw new AgentkError("usage", `a witness's key ${read.error}`, {
    hint: "give it as `agentk witness` prints it: NAME+KEYID+BASE64",
  });
}

/** The note that is there. Only one of this log, of as many lines or fewer, is replaced: else it is somebody's file. */
function earlierNote(out: string, log: LogCheckpoint): Note | undefined {
  const stats = statIfThere(out);
  if (stats === undefined) return undefined;
  const read =
    stats.isFile() && stats.size <= MAX_NOTE_BYTES ? parseNote(readTextFile(out, MAX_NOTE_BYTES)) : undefined;
  if (read?.ok === true && isBefore(read.value, log)) return read.value;
  throw new AgentkError("file-exists", `\`${out}\` is no cosigned note that this one goes on from`, {
    place: { file: out },
    hint: "name another file with --out",
  });
}

function isBefore(note: Note, { origin, size }: LogCheckpoint): boolean {
  const checkpoint = parseCheckpoint(note.text);
  return checkpoint.ok && checkpoint.value.origin === origin && checkpoint.value.size <= size;
}
