/** `resources/list`, `resources/templates/list` and `resources/read` of 2026-07-28. */
import { listOf, optional, record, text } from "../../../base/shape.js";
import { jsonObject, openRecord } from "../../methods/shapes.js";
import { resourceUri } from "../../methods/resource-uri.js";
import { resource, resourceContents, resourceTemplate } from "../shapes.js";
import { modernRequest } from "./contract.js";
import { RETRY_MEMBERS } from "./input.js";
import { PAGED } from "./paged.js";

export const resourcesList = modernRequest({
  method: "resources/list",
  feature: "resources",
  params: PAGED,
  complete: openRecord({ resources: listOf(resource), nextCursor: optional(text()) }),
  isCacheable: true,
  syscall: () => ({ kind: "resource.describe", subject: { item: "resources" } }),
});

export const templatesList = modernRequest({
  method: "resources/templates/list",
  feature: "resources",
  params: PAGED,
  complete: openRecord({ resourceTemplates: listOf(resourceTemplate), nextCursor: optional(text()) }),
  isCacheable: true,
  syscall: () => ({ kind: "resource.describe", subject: { item: "templates" } }),
});

export const resourcesRead = modernRequest({
  method: "resources/read",
  feature: "resources",
  params: record({ uri: resourceUri, ...RETRY_MEMBERS, _meta: jsonObject }),
  complete: openRecord({ contents: listOf(resourceContents) }),
  mayAsk: true,
  isCacheable: true,
  syscall: (params) => ({ kind: "resource.read", subject: { uri: params.uri } }),
  target: (params) => params.uri,
});
