/** `roots/list`: asked by a server, answered by agentk from the policy. The client's own roots are never asked for. */
import { listOf, optional } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { requestContract } from "./contract.js";
import { jsonObject, metaOnly, openRecord, uriText } from "./shapes.js";

export const rootsList = requestContract({
  method: "roots/list",
  sender: "server",
  feature: "roots",
  revisions: REVISIONS,
  phases: ["ready"],
  params: metaOnly,
  result: openRecord({ roots: listOf(openRecord({ uri: uriText })), _meta: optional(jsonObject) }),
  denial: "error",
});
