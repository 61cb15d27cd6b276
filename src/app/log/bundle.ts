/** `bundle`: one archive with a log and all that it takes to check it without the operator and without agentk. */
import { isUtf8 } from "node:buffer";
import { readFileSync, statSync, type BigIntStats } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { hexBytes, utf8Bytes } from "../../base/bytes.js";
import type { FlightLine } from "../../abi/event.js";
import { decodeLine } from "../../evidence/codec.js";
import { keyName, parseNote, writeVerifierKey, ED25519 } from "../../evidence/note.js";
import type { ProofBundle } from "../../evidence/proof-bundle.js";
import type { VerifyReport } from "../../evidence/verify.js";
import { nodeDigests } from "../../host/digests.js";
import { readLines } from "../../host/log-file.js";
import { systemCode } from "../../host/private-folder.js";
import { fileEntry, textEntry, writeTarFile, type TarEntry } from "../../host/tar-file.js";
import type { LogToRead } from "./heads.js";
import { BrokenLog } from "./prefix.js";
import { isSigned, proveConsistency, proveInclusion } from "./proof.js";
import { shippedFile } from "../package-info.js";
import { refusePruned } from "./pruned-log.js";
import { verifyFile } from "./verify-file.js";

/** What one reading of a log has found out for its bundle. */
export interface Survey {
  readonly log: LogToRead;
  /** Every signature was checked, those of receipts too. */
  readonly report: VerifyReport;
  /** When the last line that could be read was written: milliseconds since 1970. */
  readonly wallMs: number;
  /** Sizes of the first and the last checkpoint; undefined without any. */
  readonly heads: { readonly first: number; readonly last: number } | undefined;
  readonly checkpoints: number;
  /** Bytes of checkpoints.txt. */
  readonly noteBytes: number;
  /** Lines at which the operator's key changes. */
  readonly keyChanges: number;
  /** The file as it was before the reading. */
  readonly stats: BigIntStats;
}

export interface NamedProof {
  /** Where it stands in the archive. */
  readonly name: string;
  readonly bundle: ProofBundle;
}

/** The proofs of a bundle, or why there are none: the end of a sentence. */
export type Proofs =
  | { readonly proofs: readonly NamedProof[]; readonly because?: undefined }
  | { readonly proofs: readonly []; readonly because: string };

/** The operator's key as people and programs are told of it. */
export interface KeyNames {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly verifierKey: string;
}

/** What the archive says in words. */
export interface BundleTexts {
  readonly readme: string;
  readonly key: string;
  readonly report: string;
}

/**
 * Reads and verifies a log for its bundle.
 * @throws AgentkError `file-unreadable`.
 */
export function surveyLog(log: LogToRead): Survey {
  const stats = statOf(log.file);
  refusePruned(log.file);
  let wallMs = 0;
  let noteBytes = 0;
  let checkpoints = 0;
  let keyChanges = 0;
  let heads: Survey["heads"];
  const onEvent = (event: FlightLine, line: number): void => {
    wallMs = event.time.wall_ms;
    if (event.type === "key") keyChanges++;
    const entry = noteEntry(event);
    if (entry === undefined) return;
    checkpoints++;
    noteBytes += utf8Bytes(entry).length;
    // By its place in the file: in a broken log the number that the line states may be another.
    heads = { first: heads?.first ?? line - 1, last: line - 1 };
  };
  const report = verifyFile(log, { signatures: { trusted: undefined }, onEvent });
  return { log, report, wallMs, heads, checkpoints, noteBytes, keyChanges, stats };
}

/** A checkpoint in checkpoints.txt; undefined for any other line. A note that is none is left out: it may hold anything. */
function noteEntry(event: FlightLine): string | undefined {
  if (event.type !== "checkpoint" || !parseNote(event.value.note).ok) return undefined;
  return `# line ${String(event.seq)}\n${event.value.note}\n`;
}

const NOT_OF_ITS_LINES = "its checkpoints are not those of its lines";

/** That the first line and the last covered one stand under the last checkpoint, which goes on from the first one. */
export function proofsOf({ log, heads, keyChanges }: Survey): Proofs {
  if (heads === undefined) return { proofs: [], because: "the log has no checkpoint" };
  if (keyChanges > 0) return { proofs: [], because: "the operator's key changes within the log" };
  const { first, last } = heads;
  const under = { ...log, size: last };
  try {
    const proofs: NamedProof[] = [
      { name: "proofs/first-line.json", bundle: proveInclusion(under, 0) },
      { name: "proofs/last-line.json", bundle: proveInclusion(under, last - 1) },
    ];
    if (first < last)
      proofs.push({ name: "proofs/growth.json", bundle: proveConsistency({ ...log, size: first }, under) });
    if (proofs.every(({ bundle }) => isSigned(bundle))) return { proofs };
    return { proofs: [], because: NOT_OF_ITS_LINES };
  } catch (error) {
    if (error instanceof BrokenLog) return { proofs: [], because: NOT_OF_ITS_LINES };
    throw error;
  }
}

export function keyNames(publicKey: string): KeyNames {
  const name = keyName(nodeDigests, publicKey);
  return {
    publicKey,
    fingerprint: `sha256:${nodeDigests.sha256Hex(hexBytes(publicKey))}`,
    name,
    verifierKey: writeVerifierKey(nodeDigests, { name, algorithm: ED25519, publicKey }),
  };
}

/**
 * The independent verifier, as it ships with the package.
 * @throws AgentkError `file-unreadable` when the installation lacks it.
 */
export function readVerifier(path = shippedFile("tools/verify.py")): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new AgentkError("file-unreadable", `this installation lacks \`tools/verify.py\` (${whyOf(error)})`, {
      hint: "install agentk again: without its verifier a bundle cannot be checked by others",
      cause: error,
    });
  }
}

/**
 * Writes the archive. INVARIANT: nothing goes into it but the log, what is computed from it, and shipped files.
 * @throws AgentkError `file-exists`, `unsafe-file`; `file-unreadable` also when the log was written to meanwhile.
 */
export function writeBundleFile(
  out: string,
  survey: Survey,
  { proofs }: Proofs,
  texts: BundleTexts,
): readonly TarEntry[] {
  const { log, noteBytes, stats, wallMs } = survey;
  const entries: readonly TarEntry[] = [
    textEntry("README.txt", texts.readme),
    unchanged(survey, fileEntry("log.jsonl", log.file, Number(stats.size))),
    unchanged(survey, { name: "checkpoints.txt", size: noteBytes, write: notesOf(log.file) }),
    textEntry("key.txt", texts.key),
    ...proofs.map(({ name, bundle }) => textEntry(name, `${JSON.stringify(bundle, null, 2)}\n`)),
    textEntry("verify.py", readVerifier()),
    textEntry("report.json", texts.report),
  ];
  writeTarFile(out, wallMs / 1000, entries);
  return entries;
}

/** Stands in every checkpoint line, which is canonical. */
const CHECKPOINT_MARK = '"type":"checkpoint"';

function notesOf(file: string): TarEntry["write"] {
  return (put) => {
    const take = (bytes: Buffer): undefined => {
      if (!bytes.includes(CHECKPOINT_MARK) || !isUtf8(bytes)) return;
      const read = decodeLine(nodeDigests, bytes.toString("utf8"));
      const entry = read.ok ? noteEntry(read.value) : undefined;
      if (entry !== undefined) put(Buffer.from(entry, "utf8"));
    };
    readLines(file, take, { maxLineBytes: MAX_LOG_LINE_BYTES });
  };
}

/** An entry out of the log, which is still the one that was verified when it has been copied. */
function unchanged(survey: Survey, { name, size, write }: TarEntry): TarEntry {
  const guarded: TarEntry["write"] = (put) => {
    assertUnchanged(survey);
    write(put);
    assertUnchanged(survey);
  };
  return { name, size, write: guarded };
}

/** @throws AgentkError `file-unreadable` when the file is no longer the one that was examined. */
export function assertUnchanged({ log, stats }: Pick<Survey, "log" | "stats">): void {
  const now = statOf(log.file);
  if (now.ino === stats.ino && now.size === stats.size && now.mtimeNs === stats.mtimeNs) return;
  throw new AgentkError("file-unreadable", `\`${log.file}\` was written to while it was read`, {
    place: { file: log.file },
    hint: "wait until its run has ended",
  });
}

/** @throws AgentkError `file-unreadable`, also for what is not a file. */
export function statOf(file: string): BigIntStats {
  try {
    const stats = statSync(file, { bigint: true });
    if (stats.isFile()) return stats;
  } catch (error) {
    throw new AgentkError("file-unreadable", `cannot read \`${file}\` (${whyOf(error)})`, {
      place: { file },
      cause: error,
    });
  }
  throw new AgentkError("file-unreadable", `\`${file}\` is not a file`, { place: { file } });
}

function whyOf(error: unknown): string {
  return systemCode(error) ?? "unknown";
}
