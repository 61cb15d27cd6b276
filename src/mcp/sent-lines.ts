/** What of a client's messages goes to the server. */
import type { JsonObject } from "../base/json.js";
import type { Admitted } from "./session.js";
import type { RequestMessage } from "./wire/message.js";
import { notificationLine, requestLine } from "./wire/write.js";

/** What goes to the server: the message as it came in canonical form, or what its contract left of it. */
export function lineOf({ id, method, params, canonical }: RequestMessage, admission: Admitted): string {
  return admission.params === params ? canonical : requestLine(id, method, admission.params);
}

/** How far the client has come with a question of the server's: the numbers, and no word of its own. */
export function progressLine({ progressToken = null, progress = null, total }: JsonObject): string {
  const params = { progressToken, progress, ...(total === undefined ? {} : { total }) };
  return notificationLine("notifications/progress", params);
}
