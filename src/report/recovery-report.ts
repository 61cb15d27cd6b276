/** What a recovery did, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";

/** What of a recovery is told. */
export interface RecoveryFacts {
  readonly run: string;
  readonly tornBytes: number;
  readonly tornPath: string | undefined;
  readonly unanswered: number;
}

export function recoveryJson(log: string, facts: RecoveryFacts): string {
  const { run, tornBytes, tornPath, unanswered } = facts;
  const members = { log, run, torn_bytes: tornBytes, torn_path: tornPath ?? null, unanswered };
  return `${reportJson({ format: "agentk-recover/1", ...members })}\n`;
}

export function recoveryText(log: string, facts: RecoveryFacts): string {
  const { run, tornBytes, tornPath, unanswered } = facts;
  const torn =
    tornPath === undefined
      ? "its last line was whole"
      : `${String(tornBytes)} bytes of an unfinished line were moved to \`${visible(tornPath)}\``;
  const calls = unanswered === 0 ? "no call was open" : `${String(unanswered)} open calls may have happened`;
  return `recovered \`${visible(log)}\` of run ${visible(run)}: ${torn}; ${calls}\n`;
}
