/** `resources/templates/list`: patterns of URIs. What is read is judged by its own URI. */
import { listOf, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { describedContents } from "./content.js";
import { requestContract } from "./contract.js";
import { pageParams, pageResult } from "./listing.js";
import { openRecord } from "./shapes.js";

const template = openRecord({ uriTemplate: text(), ...describedContents });

export const resourceTemplatesList = requestContract({
  method: "resources/templates/list",
  sender: "client",
  feature: "resources",
  revisions: REVISIONS,
  phases: ["ready"],
  params: pageParams,
  result: openRecord({ resourceTemplates: listOf(template), ...pageResult }),
  denial: "error",
  syscall: () => ({ kind: "resource.describe", subject: { item: "templates" } }),
});
