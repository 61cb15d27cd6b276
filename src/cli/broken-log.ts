/** How commands that need a line of a log end when the log is broken at it: told as any error, exit status 2. */
import { BrokenLog } from "../app/log/prefix.js";
import { visible } from "../evidence/visible.js";
import type { Io } from "./io.js";

/** Runs `work`; a BrokenLog ends it with status 2, anything else that is thrown goes on. */
export async function withBrokenLog(io: Io, isJson: boolean, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BrokenLog)) throw error;
    const { code, message, place, hint } = error;
    if (isJson) io.stdout(`${JSON.stringify({ error: { code, message, ...place, hint: hint ?? null } }, null, 2)}\n`);
    io.stderr(`agentk: ${visible(place?.file ?? "the log")}: ${visible(message)}\n  ${hint ?? ""}\n`);
    io.exit(2);
  }
}
