/** Making a file out of another: what is read must be a file, and what is written must not be there. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { AgentkError } from "../base/errors.js";
import { systemCode, unsafe } from "./private-folder.js";

/** @throws AgentkError `file-unreadable`. */
export function openSource(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw unreadable(path, systemCode(error) ?? "unknown");
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw unreadable(path, "it is not a file");
}

export function unreadable(path: string, why: string): AgentkError {
  return new AgentkError("file-unreadable", `cannot read \`${path}\` (${why})`, { place: { file: path } });
}

/** What is thrown for it: an error of a source, or of ourselves, stays as it is. */
export function failure(path: string, error: unknown): unknown {
  if (systemCode(error) === "EEXIST") return taken(path);
  if (error instanceof AgentkError && error.code !== "recorder-failed") return error;
  const code = systemCode(error) ?? systemCode(error instanceof Error ? error.cause : undefined);
  return code === undefined ? error : unsafe(path, `cannot be written (${code})`, { cause: error });
}

export function taken(path: string): AgentkError {
  return new AgentkError("file-exists", `\`${path}\` exists already`, {
    place: { file: path },
    hint: "name another with --out",
  });
}
