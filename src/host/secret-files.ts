/** What can be said of secrets on this machine without opening them: files by their facts, commands by where they are. */
import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { FileFacts } from "../abi/secret-store.js";

const ANY_ACCESS_BY_OTHERS = 0o077;

/** Of what lies at the path itself: a link is not followed. Undefined when nothing can be seen there. */
export function pathFacts(path: string): FileFacts | undefined {
  try {
    const stats = lstatSync(path);
    const kind = stats.isFile() ? "file" : stats.isSymbolicLink() ? "link" : "other";
    const isOpen = (stats.mode & ANY_ACCESS_BY_OTHERS) !== 0;
    return { kind, bytes: stats.size, isOpen, isReadable: mayAccess(path, constants.R_OK) };
  } catch {
    return undefined;
  }
}

/** The file that a command means: an absolute path, or a name in one of the absolute folders of `searchPath`. */
export function findCommand(command: string, searchPath: string): string | undefined {
  if (isAbsolute(command)) return isProgram(command) ? command : undefined;
  // A folder that is not absolute, or has no name, is the working folder's: anybody may have filled it.
  const folders = searchPath.split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, command)).find(isProgram);
}

function isProgram(path: string): boolean {
  return mayAccess(path, constants.X_OK) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
