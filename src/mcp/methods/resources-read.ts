/** `resources/read`: the URI is what is judged, whether or not a list or a template named it. */
import { listOf, optional, record } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { resourceContents } from "./content.js";
import { requestContract } from "./contract.js";
import { resourceUri } from "./resource-uri.js";
import { jsonObject, openRecord, requestMeta } from "./shapes.js";

const row = {
  sender: "client",
  feature: "resources",
  revisions: REVISIONS,
  phases: ["ready"],
  params: record({ uri: resourceUri, _meta: optional(requestMeta) }),
  denial: "error",
  syscall: ({ uri }: { readonly uri: string }) => ({ kind: "resource.read", subject: { uri } }) as const,
} as const;

export const resourcesRead = requestContract({
  ...row,
  method: "resources/read",
  result: openRecord({ contents: listOf(resourceContents), _meta: optional(jsonObject) }),
});

/** To be told of changes is a grant of reading: an update says when something in the resource happened. */
export const resourcesSubscribe = requestContract({
  ...row,
  method: "resources/subscribe",
  feature: "subscribe",
  result: openRecord({ _meta: optional(jsonObject) }),
});

export const resourcesUnsubscribe = requestContract({
  ...row,
  method: "resources/unsubscribe",
  feature: "subscribe",
  result: openRecord({ _meta: optional(jsonObject) }),
});
