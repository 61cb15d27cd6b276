/** What the mux wants done, in order: it does nothing itself. */
import type { Refusal } from "../../abi/request.js";
import type { RequestId } from "../wire/message.js";

/** A message that no relay is given: recorded first, then answered if it was a request. */
export interface MuxRefusal {
  readonly do: "refuse";
  /** What the log calls it. */
  readonly name: string;
  readonly refusal: Refusal;
  /** Absent for what is not answered. */
  readonly answer?: { readonly id: RequestId | null; readonly rpcCode: number; readonly detail: string };
}

export type MuxEffect =
  | { readonly do: "to-client"; readonly line: string }
  /** To the relay of that server, as a line of the client's. */
  | { readonly do: "to-server"; readonly server: string; readonly line: string }
  | MuxRefusal
  /** Something of a server's was kept back: its own fault, and only its own harm. */
  | { readonly do: "fault"; readonly server: string; readonly fault: string }
  /** The client asks whether we are there: recorded, then answered. */
  | { readonly do: "ping"; readonly id: RequestId };

export function toClient(line: string): MuxEffect {
  return { do: "to-client", line };
}

export function toServer(server: string, line: string): MuxEffect {
  return { do: "to-server", server, line };
}
