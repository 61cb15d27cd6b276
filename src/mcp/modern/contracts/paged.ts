/** Params of a list that comes in pages. An empty cursor is a cursor (MCP pagination: opaque). */
import { optional, record, text } from "../../../base/shape.js";
import { jsonObject } from "../../methods/shapes.js";

const MAX_CURSOR_CHARS = 4096;

export const PAGED = record({ cursor: optional(text({ max: MAX_CURSOR_CHARS })), _meta: jsonObject });
