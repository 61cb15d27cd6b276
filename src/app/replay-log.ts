/** `replay`: a recorded run through the kernel again, with the journal when it can be opened. Performs no effect. */
import { isUtf8 } from "node:buffer";
import { existsSync, realpathSync } from "node:fs";
import type { PayloadSource } from "../replay/tape.js";
import { Replayer, type ReplayReport } from "../replay/replay.js";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import { nodeDigests } from "../host/digests.js";
import { readLines } from "../host/log-file.js";
import { loadOperatorKey } from "../host/operator-key.js";
import { openPayloadStore, type OpenedPayloads } from "../host/payload-reader.js";
import { payloadPathOf } from "../host/payload-store.js";
import { createKernel } from "../kernel/step.js";
import { compileSource } from "./policy-file.js";

export interface LogReplay extends ReplayReport {
  /** `deep`: values came from the journal and were committed to again; `shallow`: they were taken as recorded. */
  readonly depth: "deep" | "shallow";
  /** Why the replay is shallow, in words. */
  readonly shallowBecause: string | undefined;
  /** Bytes after the last newline: not replayed. */
  readonly tornBytes: number;
}

/**
 * Replays the log at `named`.
 * @throws AgentkError `file-unreadable`; `unsafe-file` when the operator's key is not safe to use.
 */
export function replayLog(named: string, env: NodeJS.ProcessEnv): LogReplay {
  // `latest.jsonl` is a link: the journal lies beside the log it points to.
  const path = existsSync(named) ? realpathSync(named) : named;
  const journal = openJournalOf(path, env);
  try {
    return replayLines(path, journal);
  } finally {
    if (typeof journal !== "string") journal.close();
  }
}

function replayLines(path: string, journal: OpenedPayloads | string): LogReplay {
  const source: PayloadSource | undefined = typeof journal === "string" ? undefined : journal;
  const parts = { digests: nodeDigests, compile: compileSource };
  const replayer = new Replayer(createKernel(parts), parts, source);
  const take = (bytes: Buffer): boolean => {
    if (isUtf8(bytes)) return replayer.line(bytes.toString("utf8"));
    replayer.unreadable("is not UTF-8");
    return false;
  };
  const summary = readLines(path, take, {
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: () => {
      replayer.unreadable(`is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    },
  });
  return {
    ...replayer.end(),
    depth: source === undefined ? "shallow" : "deep",
    shallowBecause: typeof journal === "string" ? journal : undefined,
    tornBytes: summary.tornBytes,
  };
}

/** The journal beside a log, opened, or why there is none. */
function openJournalOf(path: string, env: NodeJS.ProcessEnv): OpenedPayloads | string {
  const journal = payloadPathOf(path);
  if (!existsSync(journal)) return "there is no payload journal beside the log";
  const key = loadOperatorKey(env);
  if (key === undefined) return "the operator's payload key is not on this machine";
  const run = runOf(path);
  if (run === undefined) return "the log's first line does not name its run";
  const opened = openPayloadStore(journal, run, key);
  return opened.ok ? opened.value : opened.error.detail;
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
