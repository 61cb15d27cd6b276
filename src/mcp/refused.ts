/** What the boundary says of a message that may not pass, before any policy is asked. */
import type { Refusal } from "../abi/request.js";
import type { JsonObject } from "../base/json.js";
import type { ShapeFault } from "../base/shape.js";
import { RPC } from "./wire/codes.js";

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
  /** For the answer to a request; notifications and answers are never answered. */
  readonly rpcCode: number;
  readonly detail: string;
  /** What the error carries beside agentk's own evidence. */
  readonly data?: JsonObject;
}

export function refused(refusal: Refusal, rpcCode: number, detail: string): Refused {
  return { ok: false, refusal, rpcCode, detail };
}

export function malformed(fault: ShapeFault): Refused {
  return refused("malformed", RPC.invalidParams, `params${fault.path} ${fault.problem}`);
}

export const NOT_FOUND = refused("no-contract", RPC.methodNotFound, "no contract covers this method");
