/** Handing a checkpoint to witnesses, and gathering their cosignatures under its note. */
import {
  MAX_NOTE_SIGNATURES,
  parseNote,
  parseSignatureLine,
  signatureLine,
  type Note,
  type NoteSignature,
} from "../../evidence/note.js";
import { parseCheckpoint } from "../../evidence/checkpoint.js";
import { isBy, verifyCosignature, type WitnessKey } from "../../evidence/cosignature.js";
import { quorumOf, type Quorum } from "../../evidence/quorum.js";
import { formatAddCheckpoint } from "../../evidence/witness-request.js";
import { AgentkError } from "../../base/errors.js";
import { nodeDigests } from "../../host/digests.js";
import { verifyEd25519 } from "../../host/signer.js";
import { postCheckpoint, type WitnessReply } from "../../host/witness-client.js";

/** The log's own signature takes one of a note's places. */
export const MAX_WITNESSES = MAX_NOTE_SIGNATURES - 1;

/** Requests to one witness: to learn its size, to grow from it, and once more when another was quicker. */
const MAX_ASKS = 3;
const SIZE_FORM = /^(?:0|[1-9]\d{0,15})\n$/;

/** What came of one witness. All but `cosigned` leave the note as it was. */
export type WitnessOutcome =
  | "cosigned"
  /** It holds another history of this log: with the same size, or one that ours does not go on from. */
  | "forked"
  /** It has cosigned more lines than there are: this log was cut, or is an old copy. */
  | "ahead"
  /** It does not know this log's key, or refuses for another reason. */
  | "refused"
  /** It answered, but with no cosignature of a key that is trusted, or with a wrong one. */
  | "not-trusted"
  | "no-answer";

export interface WitnessResult {
  readonly url: string;
  readonly outcome: WitnessOutcome;
  /** Fit for a terminal. */
  readonly detail: string;
  /** The size it had cosigned before, when it said so. */
  readonly seen?: number;
}

export interface Submission {
  /** The checkpoint with its own signatures and every cosignature that holds. */
  readonly note: string;
  readonly results: readonly WitnessResult[];
  readonly quorum: Quorum;
}

export interface SubmitOptions {
  /** The checkpoint's note as the log has it. */
  readonly note: string;
  /** The log's signing key, hex: it is never counted as a witness. */
  readonly logKey: string;
  /** The consistency proof from an old size, more than 0 and less than the checkpoint's, to the checkpoint's. */
  readonly prove: (oldSize: number) => readonly string[] | Promise<readonly string[]>;
  readonly witnesses: readonly URL[];
  readonly keys: readonly WitnessKey[];
  /** For each request. */
  readonly timeoutMs: number;
  /** What each witness (by its URL) is known to have cosigned; 0 where nothing is known costs one request more. */
  readonly seen?: ReadonlyMap<string, number>;
  /** A cosigned note from before: over the same checkpoint, its lines are kept but for those known to be wrong. */
  readonly earlier?: Note;
}

/**
 * Asks all witnesses at once. What they refuse or leave unanswered is in the results; nothing of theirs throws.
 * @throws AgentkError `log-invalid` when the note is no checkpoint, `usage` for more witnesses than a note has room for.
 */
export async function submitCheckpoint(options: SubmitOptions): Promise<Submission> {
  const read = parseNote(options.note);
  const checkpoint = read.ok ? parseCheckpoint(read.value.text) : read;
  if (!read.ok || !checkpoint.ok) {
    const detail = checkpoint.ok ? "" : checkpoint.error.detail;
    throw new AgentkError("log-invalid", `what is to be witnessed ${detail}`);
  }
  if (options.witnesses.length > MAX_WITNESSES)
    throw new AgentkError("usage", `a note has room for ${String(MAX_WITNESSES)} witnesses`);
  const note = read.value;
  const asked = options.witnesses.map((url) => new Asking(options, note, checkpoint.value.size, url).ask());
  const answers = await Promise.all(asked);
  const signatures = [...note.signatures];
  const earlier = options.earlier?.text === note.text ? options.earlier.signatures : [];
  const kept = earlier.filter((line) => judged(options.keys, note, line) !== "wrong");
  for (const line of [...answers.flatMap(({ lines }) => lines), ...kept]) addTo(signatures, line);
  const cosigned: Note = { text: note.text, signatures };
  const deps = { digests: nodeDigests, verifySignature: verifyEd25519 };
  return {
    note: `${note.text}\n${signatures.map((line) => `${signatureLine(line)}\n`).join("")}`,
    results: answers.map(({ result }) => result),
    quorum: quorumOf(deps, { note: cosigned, witnesses: options.keys, logKey: options.logKey }),
  };
}

/** Two URLs may lead to one witness: one line of each key is enough. */
function addTo(signatures: NoteSignature[], line: NoteSignature): void {
  const isThere = signatures.some(({ name, keyId }) => name === line.name && keyId === line.keyId);
  if (!isThere && signatures.length < MAX_NOTE_SIGNATURES) signatures.push(line);
}

interface Answered {
  readonly result: WitnessResult;
  readonly lines: readonly NoteSignature[];
}

/** The talk with one witness. */
class Asking {
  private readonly options: SubmitOptions;
  private readonly note: Note;
  private readonly size: number;
  private readonly url: URL;
  private oldSize: number;
  private seen: number | undefined;

  constructor(options: SubmitOptions, note: Note, size: number, url: URL) {
    this.options = options;
    this.note = note;
    this.size = size;
    this.url = url;
    this.oldSize = Math.min(options.seen?.get(url.href) ?? 0, size);
  }

  async ask(): Promise<Answered> {
    for (let asks = 0; asks < MAX_ASKS; asks++) {
      const reply = await this.post();
      const size = sizeOf(reply);
      if (size === undefined) return this.judge(reply);
      this.seen = size;
      if (size > this.size) {
        const detail = `has cosigned ${String(size)} lines; this checkpoint has ${String(this.size)}`;
        return this.end("ahead", detail);
      }
      if (size === this.oldSize) return this.unmoved();
      this.oldSize = size;
    }
    return this.end("refused", "names another size each time it is asked");
  }

  /** It was asked from the very size that it says is another: then its root for that size is, or it makes no sense. */
  private unmoved(): Answered {
    return this.oldSize === this.size
      ? this.end("forked", `has cosigned another log of ${String(this.size)} lines`)
      : this.end("refused", "contradicts itself about what it has cosigned");
  }

  private async post(): Promise<WitnessReply> {
    const { oldSize, size } = this;
    const path = oldSize === 0 || oldSize === size ? [] : await this.options.prove(oldSize);
    const body = formatAddCheckpoint({ oldSize, path, note: this.options.note });
    return postCheckpoint(this.url, body, this.options.timeoutMs);
  }

  private judge(reply: WitnessReply): Answered {
    if (reply.kind === "failure") return this.end("no-answer", reply.why);
    if (reply.status === 422)
      return this.end("forked", `holds a history of ${String(this.oldSize)} lines that this log does not go on from`);
    if (reply.status === 409) return this.unmoved();
    if (reply.status !== 200) return this.end("refused", REASONS.get(reply.status) ?? `says ${String(reply.status)}`);
    return this.take(reply.body);
  }

  /** c2sp.org/tlog-witness: lines by unknown keys are left out. A wrong one by a known key is a lie, or a mix-up. */
  private take(body: string): Answered {
    const own = body.split("\n", MAX_NOTE_SIGNATURES + 1).flatMap((line) => parseSignatureLine(line) ?? []);
    const says = own.map((line) => judged(this.options.keys, this.note, line));
    if (says.includes("wrong")) return this.end("not-trusted", "sent a cosignature that does not hold");
    const lines = own.filter((_, i) => says[i] === "holds");
    if (lines.length === 0) return this.end("not-trusted", "sent no cosignature by a key that is trusted");
    return this.end("cosigned", `cosigned ${String(this.size)} lines`, lines);
  }

  private end(outcome: WitnessOutcome, detail: string, lines: readonly NoteSignature[] = []): Answered {
    const seen = this.seen === undefined ? {} : { seen: this.seen };
    return { result: { url: this.url.href, outcome, detail, ...seen }, lines };
  }
}

/** Is a signature line a cosignature of the note by one of these keys? */
function judged(keys: readonly WitnessKey[], note: Note, line: NoteSignature): "unknown" | "wrong" | "holds" {
  const key = keys.find((each) => isBy(nodeDigests, each, line));
  if (key === undefined) return "unknown";
  const signed = { checkpoint: note.text, signature: line.signature };
  return verifyCosignature(verifyEd25519, key, signed) === undefined ? "wrong" : "holds";
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, "does not understand the request (400)"],
  [403, "trusts no key that signed this checkpoint (403)"],
  [404, "does not know this log (404)"],
]);

/** The size that a witness has cosigned, when it says that it is another than it was told. */
function sizeOf(reply: WitnessReply): number | undefined {
  if (reply.kind !== "answer" || reply.status !== 409 || !reply.type.startsWith("text/x.tlog.size")) return undefined;
  const size = SIZE_FORM.test(reply.body) ? Number(reply.body) : NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}
