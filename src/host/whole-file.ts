/** Files that are there whole or not at all: a reader finds the old text or the new one, also after a power cut. */
import { closeSync, fchmodSync, fsyncSync, linkSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import { besides, PRIVATE_FILE_MODE, syncFolder, systemCode, unsafe } from "./private-folder.js";

/**
 * Makes a file of this mode whatever the umask: ours alone unless another is given. False when the name is taken, by
 * whatever it may be: what is there is neither followed nor changed.
 * @throws AgentkError `unsafe-file` when it cannot be written.
 */
export function createFile(path: string, text: string, mode = PRIVATE_FILE_MODE): boolean {
  return withWhole(path, { text, mode }, (whole) => {
    try {
      // link(2) fails when the name is taken: only one ever is.
      linkSync(whole, path);
      return true;
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      throw error;
    }
  });
}

/**
 * Puts `text` at `path` at one stroke, and returns when it is on the disk. What is there, a link too, is replaced.
 * @throws AgentkError `unsafe-file` when it cannot be written; the old file may then be there or the new one, whole.
 */
export function replaceFile(path: string, text: string, mode = PRIVATE_FILE_MODE): void {
  withWhole(path, { text, mode }, (whole) => {
    renameSync(whole, path);
  });
}

/** Writes the text in full beside `path`, hands that over to be given its real name, and makes the name durable. */
function withWhole<T>(
  path: string,
  { text, mode }: { readonly text: string; readonly mode: number },
  name: (whole: string) => T,
): T {
  const whole = besides(path, `agentk.${nonce(8)}`);
  let fd: number | undefined;
  try {
    fd = createPrivateFile(whole);
    writeWhole(fd, Buffer.from(text, "utf8"));
    if (mode !== PRIVATE_FILE_MODE) fchmodSync(fd, mode);
    fsyncSync(fd);
    const named = name(whole);
    syncFolder(dirname(path));
    return named;
  } catch (error) {
    const why = systemCode(error) ?? systemCode((error as Error).cause) ?? "unknown";
    throw unsafe(path, `cannot be written (${why})`, { cause: error });
  } finally {
    if (fd !== undefined) closeSync(fd);
    rmSync(whole, { force: true });
  }
}
