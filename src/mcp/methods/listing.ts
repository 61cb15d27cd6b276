/** What the contracts of lists have in common: pages by a cursor (MCP pagination), descriptors that a model will read. */
import { MAX_CURSOR_CHARS } from "../../base/limits.js";
import { optional, record, text } from "../../base/shape.js";
import { jsonObject, requestMeta } from "./shapes.js";

/** An empty cursor is a cursor. That the server issued it is for the session to say. */
export const pageParams = record({ cursor: optional(text({ max: MAX_CURSOR_CHARS })), _meta: optional(requestMeta) });

/** The members of a page beside its list. A cursor that could not be given back is refused. */
export const pageResult = {
  nextCursor: optional(text({ max: MAX_CURSOR_CHARS })),
  _meta: optional(jsonObject),
} as const;
