/** Reads a flight log through the verifier: what `verify` and `trace-inspect` share. */
import { isUtf8 } from "node:buffer";
import { resolve } from "node:path";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import type { FlightLine } from "../abi/event.js";
import { createVerifier, type Verifier, type VerifyReport } from "../evidence/verify.js";
import { nodeDigests } from "../host/digests.js";
import { readLines } from "../host/log-file.js";
import { verifyEd25519 } from "../host/signer.js";
import type { Io } from "./io.js";
import { refuseLegacyLog } from "./legacy-log.js";

export interface LogOptions {
  readonly mayBeOpen?: boolean;
  readonly onEvent?: (event: FlightLine, line: number) => void;
}

/** Logs larger than this take long enough for a progress line. */
const PROGRESS_FROM_BYTES = 64 * 1024 * 1024;

/** How often, in bytes read, the progress line is written anew. */
const PROGRESS_EVERY_BYTES = 16 * 1024 * 1024;

const MIB = 1024 * 1024;

/**
 * Verifies the log at `path` (relative to io.cwd).
 * @throws AgentkError `file-unreadable`; `log-invalid` for a log of the Rust AgentK.
 */
export function verifyLog(path: string, io: Io, options: LogOptions = {}): VerifyReport {
  refuseLegacyLog(resolve(io.cwd, path), path);
  const verifier = createVerifier({ digests: nodeDigests, verifySignature: verifyEd25519, ...options });
  const progress = progressLine(io);
  const summary = readLines(resolve(io.cwd, path), takeInto(verifier), {
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: () => {
      verifier.fault("line-too-long", `is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    },
    ...(progress === undefined ? {} : { onProgress: progress.update }),
  });
  progress?.clear();
  if (summary.tornBytes > 0)
    verifier.fault("torn-tail", `${String(summary.tornBytes)} bytes stand after the last newline`);
  return verifier.end();
}

/** Attacker-controlled: the bytes. A decoder that repairs them would judge another text than was hashed. */
function takeInto(verifier: Verifier): (bytes: Buffer) => undefined {
  return (bytes) => {
    if (isUtf8(bytes)) verifier.line(bytes.toString("utf8"));
    else verifier.fault("not-utf8", "is not UTF-8");
  };
}

export interface Progress {
  readonly update: (bytes: number, total: number) => void;
  readonly clear: () => void;
}

/** One line on a terminal, written over and over, gone at the end. */
export function progressLine(io: Io): Progress | undefined {
  if (!io.isTty) return undefined;
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
