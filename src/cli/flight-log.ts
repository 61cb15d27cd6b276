/** Reads a flight log through the verifier: what `verify` and `trace-inspect` share. */
import { resolve } from "node:path";
import { verifyChain } from "../app/log/verify-chain.js";
import { verifyFile, type VerifyOptions } from "../app/log/verify-file.js";
import type { ChainReport } from "../evidence/chain.js";
import type { VerifyReport } from "../evidence/verify.js";
import { mayRedraw, type Io } from "./io.js";
import { refuseLegacyLog } from "./refuse-legacy.js";

/** Logs larger than this take long enough for a progress line. */
const PROGRESS_FROM_BYTES = 64 * 1024 * 1024;

/** How often, in bytes read, the progress line is written anew. */
const PROGRESS_EVERY_BYTES = 16 * 1024 * 1024;

const MIB = 1024 * 1024;

/**
 * Verifies the log at `path` (relative to io.cwd).
 * @throws AgentkError `file-unreadable`; `log-invalid` for a log of the Rust AgentK.
 */
export function verifyLog(path: string, io: Io, options: VerifyOptions = {}): VerifyReport {
  const file = resolve(io.cwd, path);
  refuseLegacyLog(file, path);
  const progress = progressLine(io);
  const report = verifyFile({ file, ...(progress === undefined ? {} : { onProgress: progress.update }) }, options);
  progress?.clear();
  return report;
}

/**
 * Follows the chain of the log at `path` (relative to io.cwd), and nothing else.
 * @throws AgentkError as `verifyLog` does.
 */
export function chainOf(path: string, io: Io): ChainReport {
  const file = resolve(io.cwd, path);
  refuseLegacyLog(file, path);
  const progress = progressLine(io);
  const report = verifyChain({ file, ...(progress === undefined ? {} : { onProgress: progress.update }) });
  progress?.clear();
  return report;
}

export interface Progress {
  readonly update: (bytes: number, total: number) => void;
  readonly clear: () => void;
}

/** One line on a terminal, written over and over, gone at the end. */
export function progressLine(io: Io): Progress | undefined {
  if (!mayRedraw(io)) return undefined;
  let shown = 0;
  return {
    update: (bytes, total) => {
      if (total < PROGRESS_FROM_BYTES || bytes - shown < PROGRESS_EVERY_BYTES) return;
      shown = bytes;
      io.stderr(`\rreading the log: ${mib(bytes)} of ${mib(total)} MiB`);
    },
    clear: () => {
      if (shown > 0) io.stderr("\r\u001b[2K");
    },
  };
}

function mib(bytes: number): string {
  return String(Math.floor(bytes / MIB));
}
