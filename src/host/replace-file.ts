/** Replacing a private file in one step: a reader finds the old text or the new one, also after a power cut. */
import { closeSync, fsyncSync, renameSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import { besides, syncFolder, systemCode, unsafe } from "./private-folder.js";

/**
 * Puts `text` at `path`, 0600, and returns when it is on the disk. What is there, a link too, is replaced.
 * @throws AgentkError `unsafe-file` when it cannot be written; the old file may then be there or the new one, whole.
 */
export function replaceFile(path: string, text: string): void {
  const fresh = besides(path, `${basename(path)}.${nonce(8)}`);
  try {
    const fd = createPrivateFile(fresh);
    try {
      writeWhole(fd, Buffer.from(text, "utf8"));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(fresh, { force: true });
    const why = systemCode(error) ?? systemCode((error as Error).cause) ?? "unknown";
    throw unsafe(path, `cannot be written (${why})`, { cause: error });
  }
}
