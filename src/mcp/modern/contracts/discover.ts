/** `server/discover`: what the server says it is and can do, before or beside everything else. */
import { listOf, optional, record, text } from "../../../base/shape.js";
import { jsonObject, openRecord } from "../../methods/shapes.js";
import { modernRequest } from "./contract.js";

const MAX_VERSIONS = 64;

export const discover = modernRequest({
  method: "server/discover",
  params: record({ _meta: jsonObject }),
  complete: openRecord({
    supportedVersions: listOf(text({ max: 32 }), MAX_VERSIONS),
    capabilities: jsonObject,
    instructions: optional(text()),
  }),
  isCacheable: true,
  // Its instructions are a page like every text of a server's.
  syscall: () => ({ kind: "tool.describe", subject: { item: "discover" } }),
});
