/** A flight log through the verifier, line by line, in memory that does not grow with it. */
import { isUtf8 } from "node:buffer";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { createVerifier, type Verifier, type VerifierDeps, type VerifyReport } from "../../evidence/verify.js";
import { nodeDigests } from "../../host/digests.js";
import { readLines } from "../../host/log-file.js";
import { verifyEd25519 } from "../../host/signer.js";
import type { LogToRead } from "./heads.js";

export type VerifyOptions = Omit<VerifierDeps, "digests" | "verifySignature">;

/** @throws AgentkError `file-unreadable`. */
export function verifyFile({ file, onProgress }: LogToRead, options: VerifyOptions): VerifyReport {
  const verifier = createVerifier({ digests: nodeDigests, verifySignature: verifyEd25519, ...options });
  const { tornBytes } = readLines(file, takeInto(verifier), {
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: () => {
      verifier.fault("line-too-long", `is longer than ${String(MAX_LOG_LINE_BYTES)} bytes`);
    },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  if (tornBytes > 0) verifier.fault("torn-tail", `${String(tornBytes)} bytes stand after the last newline`);
  return verifier.end();
}

/** Attacker-controlled: the bytes. A decoder that repairs them would judge another text than was hashed. */
function takeInto(verifier: Verifier): (bytes: Buffer) => undefined {
  return (bytes) => {
    if (isUtf8(bytes)) verifier.line(bytes.toString("utf8"));
    else verifier.fault("not-utf8", "is not UTF-8");
  };
}
