/** The statement that a run's own key signs when it closes: the close line, and through it every line before. */
import { DOMAINS, type Digests } from "../base/digest.js";
import type { FlightLine } from "../abi/event.js";
import { encodeLine } from "./codec.js";

/** The hash that a close line would have without its `seal` member: over its place, its time and all its other members. */
export function unsealedHash(digests: Digests, line: Extract<FlightLine, { readonly type: "close" }>): string {
  const value = { ...line.value };
  delete value.seal;
  return encodeLine(digests, { type: "close", value }, line).hash;
}

/** The exact bytes signed, as text: domain, run, hash of the close line without its seal. */
export function sealStatement(run: string, unsealed: string): string {
  return `${DOMAINS.seal}${run}\n${unsealed}\n`;
}
