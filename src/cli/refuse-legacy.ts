/**
 * Knows a log of the Rust AgentK where one of ours is wanted. Each command that reads a log asks here first, so what is
 * loaded for it is no more than what the reading that follows needs.
 */
import { isUtf8 } from "node:buffer";
import { AgentkError } from "../base/errors.js";
import { isJsonObject } from "../base/json.js";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import { isRegularFile, readLines } from "../host/log-file.js";

/** Members of every event of v0.1 and v0.2; a line of ours has none of their names. */
const LEGACY_MEMBERS = ["step", "syscall", "decision", "previous_hash", "event_hash"];

/**
 * Refuses a log of the Rust AgentK, so that its reader learns what it is, and is not told a hundred faults. Only a
 * regular file is looked at: what is read from a pipe is gone.
 * @throws AgentkError `log-invalid`, `file-unreadable`.
 */
export function refuseLegacyLog(path: string, name: string): void {
  if (!isRegularFile(path)) return;
  let first = "";
  const keepFirst = (bytes: Buffer, index: number): false => {
    if (index === 0 && isUtf8(bytes)) first = bytes.toString("utf8");
    return false;
  };
  const { torn } = readLines(path, keepFirst, { maxLineBytes: MAX_LOG_LINE_BYTES });
  if (torn !== undefined) keepFirst(torn, 0);
  if (!isLegacyLine(first)) return;
  throw new AgentkError("log-invalid", `\`${name}\` is a log of the Rust AgentK (v0.1 or v0.2), not a flight log`, {
    place: { file: name },
    hint: `read it with \`agentk import ${name}\``,
  });
}

/** True for a line that has the members of a Rust AgentK event, right or wrong in what they say. */
function isLegacyLine(line: string): boolean {
  if (!line.includes('"event_hash"')) return false;
  const event = parse(line);
  return isJsonObject(event) && LEGACY_MEMBERS.every((name) => Object.hasOwn(event, name));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
