/** Files that operators hand to a command: plain files of bounded size, in UTF-8. */
import { readFileSync, statSync } from "node:fs";
import { AgentkError } from "../base/errors.js";
import { systemCode } from "../host/private-folder.js";

/**
 * The text of a file of at most `maxBytes`.
 * @throws AgentkError `file-unreadable`
 */
export function readTextFile(file: string, maxBytes: number): string {
  try {
    const stats = statSync(file);
    // A pipe or a device has no size to go by, and may have no end.
    if (!stats.isFile()) throw new Error("not a file");
    if (stats.size > maxBytes) throw new Error(`larger than ${String(maxBytes)} bytes`);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    const why = systemCode(error) ?? (error instanceof Error ? error.message : "unknown");
    throw new AgentkError("file-unreadable", `cannot read \`${file}\` (${why})`, { cause: error, place: { file } });
  }
}
