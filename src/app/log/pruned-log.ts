/** Pruned logs, seen by their first line: what reads them goes on from their header, and what cannot refuses them. */
import { isUtf8 } from "node:buffer";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { isPrunedHeader } from "../../evidence/pruned.js";
import { isRegularFile, readLines } from "../../host/log-file.js";

/**
 * Refuses a pruned log where all lines of the run are needed. Only a regular file is looked at: what is read from a pipe
 * is gone. What else is wrong with the file is told by the reading that follows.
 * @throws AgentkError `log-invalid`, `file-unreadable`.
 */
export function refusePruned(file: string): void {
  if (!isRegularFile(file)) return;
  if (!isPrunedHeader(firstLine(file))) return;
  throw new AgentkError("log-invalid", `\`${file}\` is a pruned log: this needs the lines that are gone`, {
    place: { file },
    hint: "`agentk verify`, `verify-signatures`, `trace-inspect` and `proof` read it; for the rest take the whole log",
  });
}

/** The first whole line of a file; empty when there is none that can be read. @throws AgentkError `file-unreadable`. */
export function firstLine(file: string): string {
  let line = "";
  const first = (bytes: Buffer): false => {
    if (isUtf8(bytes)) line = bytes.toString("utf8");
    return false;
  };
  readLines(file, first, { maxLineBytes: MAX_LOG_LINE_BYTES });
  return line;
}
