/** The log of a run as a story looks at it: verified, replayed, and put into its outline. */
import type { LogSeen } from "../../abi/story.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { decodeLine } from "../../evidence/codec.js";
import { outlineOf } from "../../evidence/outline.js";
import { nodeDigests } from "../../host/digests.js";
import { readLines } from "../../host/log-file.js";
import { replayLog } from "../replay/replay-log.js";
import { verifyFile } from "../log/verify-file.js";

/** @throws AgentkError `file-unreadable`. */
export async function lookAtLog(path: string, env: NodeJS.ProcessEnv): Promise<LogSeen> {
  const verified = verifyFile({ file: path }, {});
  const replayed = await replayLog(path, env);
  return {
    path,
    lines: verified.lines,
    isVerified: verified.ok,
    isReplayed: replayed.ok,
    depth: replayed.depth,
    allowed: verified.allowed,
    denied: verified.denied,
    ...outlinesOf(path),
  };
}

/** A line that cannot be read is left out: the verifier has said so by then. */
function outlinesOf(path: string): Pick<LogSeen, "outline" | "judged" | "claims"> {
  const outline: string[] = [];
  const judged: string[] = [];
  let claims = 0;
  const take = (bytes: Buffer): undefined => {
    const line = decodeLine(nodeDigests, bytes.toString("utf8"));
    if (!line.ok) return;
    if (line.value.type === "syscall" && line.value.value.claims !== undefined) claims++;
    const row = outlineOf(line.value, { claims: true });
    const bare = outlineOf(line.value, { claims: false });
    if (row !== undefined) outline.push(row);
    if (bare !== undefined) judged.push(bare);
  };
  readLines(path, take, { maxLineBytes: MAX_LOG_LINE_BYTES });
  return { outline: textOf(outline), judged: textOf(judged), claims };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
