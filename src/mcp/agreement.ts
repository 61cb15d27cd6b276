/** What a handshake has settled, so that another server can be held to it. */
import type { JsonObject } from "../base/json.js";

/** What the server was asked in the handshake, and what it said: both as they were on its side. */
export interface Agreement {
  readonly params: JsonObject;
  readonly result: JsonObject;
}
