/** `ping`: whether the other side is there; the one request besides `initialize` that may come before it. */
import { REVISIONS } from "../wire/revisions.js";
import { OPEN_PHASES, requestContract } from "./contract.js";
import { jsonObject, metaOnly } from "./shapes.js";

export const ping = requestContract({
  method: "ping",
  sender: "client",
  revisions: REVISIONS,
  phases: OPEN_PHASES,
  params: metaOnly,
  result: jsonObject,
  denial: "error",
});
