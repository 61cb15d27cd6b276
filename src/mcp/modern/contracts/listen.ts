/** `subscriptions/listen` and what comes on its stream. */
import { flag, listOf, optional, record, text } from "../../../base/shape.js";
import { idShape, jsonObject, openRecord } from "../../methods/shapes.js";
import { resourceUri } from "../../methods/resource-uri.js";
import { META } from "../revision.js";
import { modernNotification, modernRequest } from "./contract.js";

/** Resources that one stream may be about. */
export const MAX_LISTEN_URIS = 256;

const filter = record({
  toolsListChanged: optional(flag()),
  promptsListChanged: optional(flag()),
  resourcesListChanged: optional(flag()),
  resourceSubscriptions: optional(listOf(resourceUri, MAX_LISTEN_URIS)),
  /** Of the tasks extension. */
  taskIds: optional(listOf(text({ max: 256 }), MAX_LISTEN_URIS)),
});

export const listen = modernRequest({
  method: "subscriptions/listen",
  params: record({ notifications: filter, _meta: jsonObject }),
  complete: openRecord({ _meta: openRecord({ [META.subscription]: idShape }) }),
  syscall: () => ({ kind: "tool.describe", subject: { item: "subscriptions" } }),
});

/** What comes on a stream names it. */
const tag = openRecord({ [META.subscription]: idShape });

export const acknowledged = modernNotification({
  method: "notifications/subscriptions/acknowledged",
  sender: "server",
  params: record({ notifications: filter, _meta: tag }),
});

export const resourceUpdated = modernNotification({
  method: "notifications/resources/updated",
  sender: "server",
  feature: "subscribe",
  params: record({ uri: resourceUri, _meta: tag }),
});

const changed = { sender: "server", feature: "list-changed", params: record({ _meta: tag }) } as const;

export const toolsChanged = modernNotification({ ...changed, method: "notifications/tools/list_changed" });
export const promptsChanged = modernNotification({ ...changed, method: "notifications/prompts/list_changed" });
export const resourcesChanged = modernNotification({ ...changed, method: "notifications/resources/list_changed" });
