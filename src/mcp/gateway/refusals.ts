/** Messages of the client's that no relay is given, in the words of the log and of the answer. */
import type { Refusal } from "../../abi/request.js";
import { RPC } from "../wire/codes.js";
import { WIRE_FAULTS, type WireFault } from "../wire/faults.js";
import type { NotificationMessage, RequestMessage } from "../wire/message.js";
import type { MuxRefusal } from "./effects.js";

export interface RefusedWhy {
  readonly refusal: Refusal;
  readonly rpcCode: number;
  readonly detail: string;
}

export function malformed(rpcCode: number, detail: string): RefusedWhy {
  return { refusal: "malformed", rpcCode, detail };
}

export function lifecycle(detail: string): RefusedWhy {
  return { refusal: "lifecycle", rpcCode: RPC.invalidRequest, detail };
}

export function noContract(detail: string): RefusedWhy {
  return { refusal: "no-contract", rpcCode: RPC.methodNotFound, detail };
}

/** A request is answered, a notification is not. */
export function refuseCall(message: RequestMessage | NotificationMessage, why: RefusedWhy): MuxRefusal {
  const { refusal, rpcCode, detail } = why;
  const named = { do: "refuse", name: message.method, refusal } as const;
  return message.form === "notification" ? named : { ...named, answer: { id: message.id, rpcCode, detail } };
}

/** An answer to what nobody asked, or to what was answered before. */
export function refuseAnswer(form: "result" | "error"): MuxRefusal {
  return { do: "refuse", name: `answer:${form}`, refusal: "no-contract" };
}

/** A line that is no message. */
export function refuseLine({ code, id, rpcCode }: WireFault): MuxRefusal {
  const answer = { id, rpcCode, detail: WIRE_FAULTS[code].says };
  return { do: "refuse", name: `frame:${code}`, refusal: "malformed", answer };
}
