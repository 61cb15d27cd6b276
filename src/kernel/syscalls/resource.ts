/** Resources of an MCP server. Target: the URI, of which the log shows only scheme and host; of a list, `server/item`. */
import { record, text } from "../../base/shape.js";
import { OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, shownOrigin, type Row } from "../row.js";
import { describeRow } from "./describe.js";

const shared = {
  subject: record({ uri: text({ max: 8192 }) }),
  target: (subject: { readonly uri: string }) => subject.uri,
  shown: shownOrigin,
  flow: "source",
  gives: OUTSIDE,
  response: "resource.response",
  risk: "low",
} as const;

/** Reading lists: `item` is `resources` or `templates`. */
export const resourceDescribe: Row = describeRow("resource.describe");
export const resourceRead: Row = defineRow({ ...shared, driver: "mcp" });
/** Handing a resource to the agent. Decided for every answer; never requested by a client. */
export const resourceResponse: Row = defineRow({ ...shared, driver: "none" });
