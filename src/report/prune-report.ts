/** What `prune` has done, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";

export interface PruneFacts {
  readonly log: string;
  readonly out: string;
  readonly run: string;
  readonly pruned: number;
  readonly kept: number;
  readonly bytes: { readonly before: number; readonly after: number };
}

export function pruneJson({ log, out, run, pruned, kept, bytes }: PruneFacts): string {
  const sizes = { bytes_before: bytes.before, bytes_after: bytes.after };
  const said = { format: "agentk-prune/1", log, written: out, run, pruned_lines: pruned, kept_lines: kept, ...sizes };
  return `${reportJson(said)}\n`;
}

export function pruneText({ log, out, run, pruned, kept, bytes }: PruneFacts): string {
  return [
    `wrote ${visible(out)}: the last ${String(kept)} lines of run ${visible(run)}, verified`,
    `  ${String(bytes.after)} bytes instead of ${String(bytes.before)}`,
    `  its first ${String(pruned)} lines are not in it: that they were signed can be checked, what they held cannot`,
    `  ${visible(log)} is as it was; replay, reveal and why a value was there need it`,
    "",
  ].join("\n");
}
