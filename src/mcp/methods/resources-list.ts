/** `resources/list`: names of what can be read, as the server gives them. To be listed is no grant. */
import { listOf } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { resourceDescriptor } from "./content.js";
import { requestContract } from "./contract.js";
import { pageParams, pageResult } from "./listing.js";
import { openRecord } from "./shapes.js";

export const resourcesList = requestContract({
  method: "resources/list",
  sender: "client",
  feature: "resources",
  revisions: REVISIONS,
  phases: ["ready"],
  params: pageParams,
  result: openRecord({ resources: listOf(openRecord(resourceDescriptor)), ...pageResult }),
  denial: "error",
  syscall: () => ({ kind: "resource.describe", subject: { item: "resources" } }),
});
