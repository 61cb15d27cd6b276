/** `notifications/progress`, both ways. Its token and that it rises are for the session to check. */
import { optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { notificationContract, OPEN_PHASES } from "./contract.js";
import { idShape, jsonObject, number } from "./shapes.js";

const row = {
  method: "notifications/progress",
  revisions: REVISIONS,
  phases: OPEN_PHASES,
  params: record({
    progressToken: idShape,
    progress: number,
    total: optional(number),
    message: optional(text()),
    _meta: optional(jsonObject),
  }),
} as const;

export const clientProgress = notificationContract({ ...row, sender: "client" });

export const serverProgress = notificationContract({ ...row, sender: "server" });
