/** The statement that a run's own key signs when it closes: how many lines there are and which is the last before it. */
import { DOMAINS } from "../base/digest.js";

/** The exact bytes signed, as text: domain, run, number of lines including the close line, hash of the line before it. */
export function sealStatement(run: string, lines: number, head: string): string {
  return `${DOMAINS.seal}${run}\n${String(lines)}\n${head}\n`;
}
