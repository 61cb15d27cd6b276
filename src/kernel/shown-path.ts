/** Paths as the log shows them: a member name that may be data is not shown, for the log holds no values. */
import { unescapeSegment } from "../base/pointer.js";

const MAX_SHOWN_CHARS = 512;
const INDEX = /^\d{1,6}$/;

/** Names that MCP gives to the parts of its results and descriptors (2025-11-25 schema). */
const ENVELOPE: ReadonlySet<string> = new Set(
  (
    "content text type structuredContent result contents resource uri mimeType messages role error message data tools " +
    "name title description inputSchema outputSchema properties items required annotations instructions serverInfo _meta"
  ).split(" "),
);

/**
 * The path with every segment shown as `?` that is neither an index nor a name of MCP's nor one that `isKnown`: a
 * secret, an address or anybody's name may be a key.
 */
export function shownPath(path: string, isKnown: (name: string) => boolean): string {
  const shown = path.replace(/[^/!#]+/g, (segment) => {
    const name = unescapeSegment(segment);
    return INDEX.test(name) || ENVELOPE.has(name) || isKnown(name) ? segment : "?";
  });
  return shown.length <= MAX_SHOWN_CHARS ? shown : `${shown.slice(0, MAX_SHOWN_CHARS)}?`;
}
