/** `replay`: a recorded run through the kernel again, with the journal when it can be opened. Performs no effect. */
import { isUtf8 } from "node:buffer";
import { existsSync, statSync } from "node:fs";
import type { PayloadSource } from "../../replay/tape.js";
import { Replayer, type ReplayReport } from "../../replay/replay.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { nodeDigests } from "../../host/digests.js";
import { isRegularFile, readLines, settledLog } from "../../host/log-file.js";
import { loadOperatorKey } from "../../host/operator-key.js";
import { openPayloadStore, type OpenedPayloads, type PayloadFault } from "../../host/payload-reader.js";
import { payloadPathOf } from "../../host/payload-store.js";
import { createKernel } from "../../kernel/step.js";
import { compileSource, readyForAnyPolicy } from "../policy/file.js";
import { refusePruned } from "../log/pruned-log.js";

export interface LogReplay extends ReplayReport {
  /** `deep`: values came from the journal and were committed to again; `shallow`: they were taken as recorded. */
  readonly depth: "deep" | "shallow";
  /** Why the replay is shallow, in words. */
  readonly shallowBecause: string | undefined;
  /** What is wrong with the journal: it is there, and is not what the run wrote. Such a replay is never ok. */
  readonly journalFault: string | undefined;
  /** Bytes after the last newline: not replayed. */
  readonly tornBytes: number;
}

/** The journal beside a log: opened, not to be had (which is nobody's fault), or damaged. */
export type Journal =
  | {
      readonly kind: "open";
      readonly payloads: OpenedPayloads;
      /** How long the log was before. INVARIANT: no more of it is read: values of what its run appends since may be missing. */
      readonly logBytes: number;
    }
  | { readonly kind: "absent" | "damaged"; readonly why: string };

/**
 * Replays the log at `named`.
 * @throws AgentkError `file-unreadable`; `unsafe-file` when the operator's key is not safe to use.
 */
export async function replayLog(named: string, env: NodeJS.ProcessEnv): Promise<LogReplay> {
  await readyForAnyPolicy();
  // `latest.jsonl` is a link: the journal lies beside the log it points to.
  const path = settledLog(named);
  refusePruned(path);
  const journal = openJournalOf(path, env);
  try {
    return replayLines(path, journal);
  } finally {
    if (journal.kind === "open") journal.payloads.close();
  }
}

function replayLines(path: string, journal: Journal): LogReplay {
  const source: PayloadSource | undefined = journal.kind === "open" ? journal.payloads : undefined;
  const parts = { digests: nodeDigests, compile: compileSource };
  const replayer = new Replayer(createKernel(parts), parts, source);
  const take = (bytes: Buffer): boolean => {
    if (isUtf8(bytes)) return replayer.line(bytes.toString("utf8"));
    replayer.unreadable("is not UTF-8");
    return false;
  };
  const summary = readLines(path, take, {
    ...boundOf(journal),
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: () => {
      replayer.unreadable(`is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    },
  });
  const report = replayer.end();
  const journalFault = faultOf(journal, report);
  return {
    ...report,
    ok: report.ok && journalFault === undefined,
    depth: source === undefined ? "shallow" : "deep",
    shallowBecause: journal.kind === "absent" ? journal.why : undefined,
    journalFault,
    tornBytes: summary.tornBytes,
  };
}

/**
 * INVARIANT: a value is in the journal before its line is in the log. So a whole journal that lacks one was cut; only
 * a run that died with its last frame half written may lack some.
 */
export function faultOf(journal: Journal, { sealed, ending }: ReplayReport): string | undefined {
  if (journal.kind !== "open") return journal.kind === "damaged" ? journal.why : undefined;
  const { tornBytes } = journal.payloads;
  if (tornBytes > 0 && ending === "closed") return `${String(tornBytes)} bytes at its end are no whole frame`;
  if (sealed === 0 || tornBytes > 0) return undefined;
  return `${String(sealed)} values that the log commits to are not in it`;
}

/** What a journal may be without anybody's doing: another user's, or on a disk that does not answer. */
const NOT_OURS: ReadonlySet<string> = new Set<PayloadFault["code"]>(["unreadable", "other-key"]);

/** How far a log is read whose journal was opened. */
export function boundOf(journal: Journal): { readonly upTo?: number } {
  return journal.kind === "open" ? { upTo: journal.logBytes } : {};
}

/** The journal beside a log, opened, or why there is none. */
export function openJournalOf(path: string, env: NodeJS.ProcessEnv): Journal {
  const journal = payloadPathOf(path);
  // A pipe's lines are read once, and nothing lies beside it.
  if (!existsSync(journal) || !isRegularFile(path))
    return { kind: "absent", why: "there is no payload journal beside the log" };
  const logBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const key = loadOperatorKey(env);
  if (key === undefined) return { kind: "absent", why: "the operator's payload key is not on this machine" };
  const run = runOf(path);
  if (run === undefined) return { kind: "absent", why: "the log's first line does not name its run" };
  const opened = openPayloadStore(journal, run, key);
  if (opened.ok) return { kind: "open", payloads: opened.value, logBytes };
  return { kind: NOT_OURS.has(opened.error.code) ? "absent" : "damaged", why: opened.error.detail };
}

/** The run that the first line names: which journal to expect. Whether the line is right is the replay's to say. */
function runOf(path: string): string | undefined {
  let run: unknown;
  const first = (bytes: Buffer): boolean => {
    try {
      run = (JSON.parse(bytes.toString("utf8")) as { value?: { run?: unknown } }).value?.run;
    } catch {
      run = undefined;
    }
    return false;
  };
  readLines(path, first, { maxLineBytes: MAX_LOG_LINE_BYTES });
  return typeof run === "string" ? run : undefined;
}
