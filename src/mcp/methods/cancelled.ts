/** `notifications/cancelled`, both ways. That its id is one of the sender's own, under way, is for the session to say. */
import { optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { notificationContract, OPEN_PHASES } from "./contract.js";
import { idShape, jsonObject } from "./shapes.js";

const row = {
  method: "notifications/cancelled",
  revisions: REVISIONS,
  phases: OPEN_PHASES,
  // 2025-11-25 lets the id be absent, for tasks, which have no contract.
  params: record({ requestId: idShape, reason: optional(text()), _meta: optional(jsonObject) }),
} as const;

export const clientCancelled = notificationContract({ ...row, sender: "client" });

export const serverCancelled = notificationContract({ ...row, sender: "server" });
