/** Notifications of 2026-07-28 that belong to a request under way. */
import { anything, optional, record, text } from "../../../base/shape.js";
import { idShape } from "../../methods/shapes.js";
import { logLevel, notificationMeta, number } from "../shapes.js";
import { modernNotification } from "./contract.js";

const cancelled = {
  method: "notifications/cancelled",
  params: record({ requestId: idShape, reason: optional(text()), _meta: optional(notificationMeta) }),
} as const;

export const clientCancelled = modernNotification({ ...cancelled, sender: "client" });

/** Only to end a stream of `subscriptions/listen`. */
export const serverCancelled = modernNotification({ ...cancelled, sender: "server" });

/** Only from the server, and only for a request under way that asked for it. */
export const progress = modernNotification({
  method: "notifications/progress",
  sender: "server",
  params: record({
    progressToken: idShape,
    progress: number,
    total: optional(number),
    message: optional(text()),
    _meta: optional(notificationMeta),
  }),
});

/** Only while a request is under way whose envelope asked for messages of this level. */
export const message = modernNotification({
  method: "notifications/message",
  sender: "server",
  feature: "logging",
  params: record({ level: logLevel, logger: optional(text()), data: anything(), _meta: optional(notificationMeta) }),
});
