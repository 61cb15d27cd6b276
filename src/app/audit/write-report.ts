/** A report that an operator asked for as a file: written over what is there, which was a report too. */
import { writeFileSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";

/** @throws AgentkError `file-unreadable` when it cannot be written */
export function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const hint = "its folder must be there, and yours to write";
    throw new AgentkError("file-unreadable", `cannot write \`${file}\``, { cause, place: { file }, hint });
  }
}
