/** `notifications/initialized`: exactly once, after the result of `initialize`. */
import { REVISIONS } from "../wire/revisions.js";
import { notificationContract } from "./contract.js";
import { metaOnly } from "./shapes.js";

export const initialized = notificationContract({
  method: "notifications/initialized",
  sender: "client",
  revisions: REVISIONS,
  phases: ["initialized"],
  params: metaOnly,
});
