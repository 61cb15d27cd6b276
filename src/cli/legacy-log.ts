/** Reads a log of the Rust AgentK through its verifier. */
import { isUtf8 } from "node:buffer";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
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
