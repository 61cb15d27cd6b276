/** `ping`: whether the other side is there; the one request besides `initialize` that may come before it. */
import { optional } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { OPEN_PHASES, requestContract } from "./contract.js";
import { jsonObject, metaOnly, openRecord } from "./shapes.js";

const row = {
  method: "ping",
  revisions: REVISIONS,
  phases: OPEN_PHASES,
  params: metaOnly,
  result: openRecord({ _meta: optional(jsonObject) }),
  denial: "error",
} as const;

export const ping = requestContract({ ...row, sender: "client" });

/** A server's is answered by agentk: that the other side of a proxy lives is for the proxy to say. */
export const serverPing = requestContract({ ...row, sender: "server" });
