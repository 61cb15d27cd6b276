/** Reads a log of the Rust AgentK through its verifier, and knows one when it sees it. */
import { isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { AgentkError } from "../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import { isLegacyLine } from "../evidence/legacy/codec.js";
import { createLegacyVerifier, type LegacyReport } from "../evidence/legacy/verify.js";
import { nodeDigests } from "../host/digests.js";
import { readLines } from "../host/log-file.js";
import { verifyEd25519 } from "../host/signer.js";

/**
 * Verifies the log at `path`, an absolute one.
 * @throws AgentkError `file-unreadable`.
 */
export function verifyLegacyLog(path: string, trustedKeys: readonly string[]): LegacyReport {
  const verifier = createLegacyVerifier({ digests: nodeDigests, verifySignature: verifyEd25519, trustedKeys });
  // Attacker-controlled: the bytes. A decoder that repairs them would judge another text than was hashed.
  const take = (bytes: Buffer): undefined => {
    if (isUtf8(bytes)) verifier.line(bytes.toString("utf8"));
    else verifier.fault("not-utf8", "is not UTF-8");
  };
  const { torn } = readLines(path, take, {
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: () => {
      verifier.fault("line-too-long", `is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    },
  });
  // The format does not ask for a newline after the last line.
  if (torn !== undefined) take(torn);
  return verifier.end();
}

/**
 * Refuses a log of the Rust AgentK where one of ours is wanted, so that its reader learns what it is, and is not told
 * a hundred faults. Only a regular file is looked at: what is read from a pipe is gone.
 * @throws AgentkError `log-invalid`, `file-unreadable`.
 */
export function refuseLegacyLog(path: string, name: string): void {
  if (!isRegularFile(path)) return;
  let first = "";
  const keepFirst = (bytes: Buffer, index: number): false => {
    if (index === 0 && isUtf8(bytes)) first = bytes.toString("utf8");
    return false;
  };
  const { torn } = readLines(path, keepFirst, { maxLineBytes: MAX_LOG_LINE_BYTES });
  if (torn !== undefined) keepFirst(torn, 0);
  if (!isLegacyLine(first)) return;
  throw new AgentkError("log-invalid", `\`${name}\` is a log of the Rust AgentK (v0.1 or v0.2), not a flight log`, {
    place: { file: name },
    hint: `read it with \`agentk import ${name}\``,
  });
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Whatever is wrong with it, the reading that follows names it.
    return false;
  }
}
