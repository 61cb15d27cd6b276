/** `logging/setLevel` and `notifications/message`: a server's own log, text that anybody may have caused. */
import { anything, oneOf, optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { notificationContract, requestContract } from "./contract.js";
import { jsonObject, openRecord, requestMeta } from "./shapes.js";

/** From the least to the most severe (RFC 5424 section 6.2.1). */
export const LOG_LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const loggingSetLevel = requestContract({
  method: "logging/setLevel",
  sender: "client",
  feature: "logging",
  revisions: REVISIONS,
  phases: ["ready"],
  params: record({ level: oneOf(LOG_LEVELS), _meta: optional(requestMeta) }),
  result: openRecord({ _meta: optional(jsonObject) }),
  denial: "error",
  syscall: () => ({ kind: "tool.describe", subject: { item: "logging" } }),
});

export const loggingMessage = notificationContract({
  method: "notifications/message",
  sender: "server",
  feature: "logging",
  revisions: REVISIONS,
  phases: ["initialized", "ready"],
  params: record({
    level: oneOf(LOG_LEVELS),
    logger: optional(text()),
    data: anything(),
    _meta: optional(jsonObject),
  }),
});
