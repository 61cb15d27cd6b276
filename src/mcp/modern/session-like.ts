/** What the relay and the upstream need of a session, whichever era it is of. */
import type { Phase } from "../methods/contract.js";
import type { Admission } from "../session.js";
import type { Exchange, Settled } from "../wire/exchanges.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "../wire/message.js";

export interface SessionLike {
  readonly phase: Phase;
  /** What both sides speak, once it is settled. */
  readonly revision: string | undefined;
  /** How many requests of the client are under way. */
  readonly inFlight: number;
  admit(message: Message): Admission;
  count(): boolean;
  admitFromServer(message: RequestMessage | NotificationMessage): Admission;
  begin(message: RequestMessage): Exchange;
  forward(exchange: Exchange, call?: string): boolean;
  release(exchange: Exchange): boolean;
  abandon(exchange: Exchange): boolean;
  settle(id: RequestId): Settled | undefined;
  close(): void;
}
