/** The body of `add-checkpoint` (c2sp.org/tlog-witness): an old size, a consistency proof, and a checkpoint. */
import { base64OfHex, hexOfBase64 } from "../base/base64.js";
import { err, ok, type Result } from "../base/result.js";
import { parseCheckpoint, type Checkpoint } from "./checkpoint.js";
import { parseNote, type Note } from "./note.js";

/** c2sp.org/tlog-witness: no more lines than a tree of 2^63 leaves could need. */
const MAX_PROOF_LINES = 63;
const OLD_FORM = /^old (?<size>0|[1-9]\d{0,15})$/;
const HASH_DIGITS = 64;

export interface AddCheckpoint {
  /** The size from which the proof leads; 0 when the sender knows of none. */
  readonly oldSize: number;
  /** Hashes in hex. */
  readonly path: readonly string[];
  readonly note: Note;
  readonly checkpoint: Checkpoint;
}

/** The body, given the checkpoint's note as it stands in the log. */
export function formatAddCheckpoint(request: { oldSize: number; path: readonly string[]; note: string }): string {
  const lines = [`old ${String(request.oldSize)}`, ...request.path.map(base64OfHex)];
  return `${lines.join("\n")}\n\n${request.note}`;
}

/** Reads a body strictly; the error says what is wrong. Attacker-controlled: the body, which the caller has bounded. */
export function parseAddCheckpoint(body: string): Result<AddCheckpoint, string> {
  const end = body.indexOf("\n\n");
  if (end === -1) return err("there is no empty line before the checkpoint");
  const growth = parseGrowth(body.slice(0, end));
  if (!growth.ok) return growth;
  const note = parseNote(body.slice(end + 2));
  if (!note.ok) return err(`the note ${note.error.detail}`);
  // Lines that a log adds to its checkpoints are nothing a witness judges, and are cosigned with the rest.
  const checkpoint = parseCheckpoint(note.value.text, "tolerated");
  if (!checkpoint.ok) return err(`the checkpoint ${checkpoint.error.detail}`);
  return ok({ ...growth.value, note: note.value, checkpoint: checkpoint.value });
}

function parseGrowth(text: string): Result<Pick<AddCheckpoint, "oldSize" | "path">, string> {
  const [first = "", ...proof] = text.split("\n", MAX_PROOF_LINES + 2);
  const oldSize = Number(OLD_FORM.exec(first)?.groups?.["size"] ?? NaN);
  if (!Number.isSafeInteger(oldSize)) return err("the first line is not `old` and a size");
  if (proof.length > MAX_PROOF_LINES) return err(`there are more than ${String(MAX_PROOF_LINES)} lines of proof`);
  const path = proof.map((line) => hexOfBase64(line) ?? "");
  if (!path.every((hash) => hash.length === HASH_DIGITS)) return err("a line of the proof is not a hash in base64");
  return ok({ oldSize, path });
}
