/** A URI that two readers read alike: what is judged is then what the server opens. */
import type { Shape } from "../../base/shape.js";
import { uri } from "./shapes.js";

/** Escapes that a second decoding turns into a separator, a dot or an end (RFC 3986 section 7.3). */
const HIDING_ESCAPE = /%(?:2e|2f|5c|00|25)/i;
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:[/?#]|$)/;
const CREDENTIALS = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i;

/** Attacker-controlled. Says what is hidden in a URI; undefined when nothing is. */
export function hiddenIn(text: string): string | undefined {
  if (text.includes("\\")) return "has a backslash";
  if (HIDING_ESCAPE.test(text)) return "has an escaped separator, dot, percent sign or zero";
  if (DOT_SEGMENT.test(text.replace(/^[^:]*:(?:\/\/[^/?#]*)?/, ""))) return "has a dot segment";
  if (CREDENTIALS.test(text)) return "has credentials";
  return undefined;
}

export const plainUri: Shape<string> = {
  check: (value, path) => {
    const fault = uri.check(value, path);
    if (fault !== undefined) return fault;
    const problem = hiddenIn(value as string);
    return problem === undefined ? undefined : { path, problem };
  },
};
