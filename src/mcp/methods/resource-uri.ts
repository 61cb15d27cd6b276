/**
 * The URI of a resource that is to be read. Attacker-controlled. It is judged and forwarded as the one text it is, so what
 * one reader could take for another place than the next reader does is refused here (RFC 3986; WHATWG URL Standard).
 */
import { MAX_URI_CHARS } from "../../base/limits.js";
import type { Shape } from "../../base/shape.js";

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const SPACE_OR_HIDDEN = /[\s\p{Cc}\p{Cf}]/u;
/** `/`, `\`, `.` and NUL, and the percent sign that would hide one of them from the first of two readers. */
const HIDING_ESCAPE = /%(?:2f|5c|2e|00|25)/i;
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;
const DOT_SEGMENT = /(?:^|[/:])\.{1,2}(?:[/?#]|$)/;

/** Why the text does not name one place; undefined when it does. */
export function uriProblem(uri: string): string | undefined {
  if (uri.length > MAX_URI_CHARS) return `is longer than ${String(MAX_URI_CHARS)} characters`;
  if (!SCHEME.test(uri)) return "is not an absolute URI";
  if (SPACE_OR_HIDDEN.test(uri)) return "has blanks or hidden characters";
  if (uri.includes("\\")) return "has a backslash";
  if (HIDING_ESCAPE.test(uri) || BAD_ESCAPE.test(uri)) return "has an escape that could hide a place";
  if (DOT_SEGMENT.test(pathOf(uri))) return "has a dot segment";
  return spelledProblem(uri);
}

export const resourceUri: Shape<string> = {
  check: (value, path) => {
    if (typeof value !== "string") return { path, problem: "is not a string" };
    const problem = uriProblem(value);
    return problem === undefined ? undefined : { path, problem };
  },
};

function pathOf(uri: string): string {
  const [before = ""] = uri.split(/[?#]/, 1);
  return before.replace(/^[^/]*:\/\/[^/]*/, "");
}

/** The standard's own spelling must say the same: it drops credentials into the host, ports, dots and whole hosts. */
function spelledProblem(uri: string): string | undefined {
  if (!URL.canParse(uri)) return "is not a URL";
  const url = new URL(uri);
  if (url.username !== "" || url.password !== "" || /^[^/?#]*:\/\/[^/?#]*@/.test(uri)) return "has credentials";
  const written = folded(uri);
  const spelled = folded(url.href);
  if (written === undefined || spelled === undefined) return "has an escape that is not UTF-8";
  return written === spelled || (`${written}/` === spelled && url.pathname === "/")
    ? undefined
    : "is not spelled in full";
}

/** Scheme and authority in lower case, escapes undone: in these two spellings may differ. */
function folded(uri: string): string | undefined {
  const [head = ""] = /^[^/?#]*:(?:\/\/[^/?#]*)?/.exec(uri) ?? [];
  try {
    return decodeURIComponent(head.toLowerCase() + uri.slice(head.length));
  } catch {
    return undefined;
  }
}
