/** Resources of an MCP server. Target: the URI, of which the log shows only scheme and host. */
import { record, text } from "../../base/shape.js";
import { OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, shownOrigin, type Row } from "../row.js";

const uri = record({ uri: text({ max: 8192 }) });
const shared = {
  subject: uri,
  target: (subject: { readonly uri: string }) => subject.uri,
  shown: shownOrigin,
  flow: "source",
  gives: OUTSIDE,
  risk: "low",
  driver: "none",
} as const;

export const resourceDescribe: Row = defineRow({ ...shared, response: "resource.describe" });
export const resourceRead: Row = defineRow({ ...shared, response: "resource.response" });
export const resourceResponse: Row = defineRow({ ...shared, response: "resource.response" });
