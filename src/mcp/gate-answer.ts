/** What the look at a server's descriptors says of a request before the kernel is asked. */
import type { JsonObject } from "../base/json.js";
import type { Refused } from "./refused.js";

/** True when a tool's result is not what its output schema says. */
export type ResultFault = (result: JsonObject) => boolean;

export type GateAnswer = { readonly ok: true; readonly checks: { readonly resultFault?: ResultFault } } | Refused;
