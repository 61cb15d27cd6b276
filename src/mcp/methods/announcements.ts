/** What a server announces by itself: that a list or a resource has changed, that something outside is done. */
import { MAX_ID_CHARS } from "../../base/limits.js";
import { optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { notificationContract } from "./contract.js";
import { jsonObject, uriText } from "./shapes.js";

const row = { sender: "server", revisions: REVISIONS, phases: ["initialized", "ready"] } as const;

/** Handed on without a word of the server's. */
const bare = { ...row, feature: "list-changed", params: record({ _meta: optional(jsonObject) }) } as const;

export const toolsChanged = notificationContract({ ...bare, method: "notifications/tools/list_changed" });
export const resourcesChanged = notificationContract({ ...bare, method: "notifications/resources/list_changed" });
export const promptsChanged = notificationContract({ ...bare, method: "notifications/prompts/list_changed" });

/** That the client is subscribed to the resource is for the session to say. */
export const resourceUpdated = notificationContract({
  ...row,
  method: "notifications/resources/updated",
  feature: "subscribe",
  params: record({ uri: uriText, title: optional(text()), _meta: optional(jsonObject) }),
});

/** That the client was handed the elicitation is for the session to say. */
export const elicitationComplete = notificationContract({
  ...row,
  method: "notifications/elicitation/complete",
  feature: "elicitation",
  revisions: ["2025-11-25"],
  params: record({ elicitationId: text({ max: MAX_ID_CHARS }), _meta: optional(jsonObject) }),
});
