/** A JSON-RPC 2.0 message as MCP speaks it, after the strict reader has admitted its envelope. */
import type { JsonObject, JsonValue } from "../../base/json.js";

/** JSON-RPC 2.0 section 4: never null or a fraction here; integers are safe ones. */
export type RequestId = string | number;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

/** `canonical` is the RFC 8785 text of the whole message: what is judged is what is forwarded. */
export type Message = RequestMessage | NotificationMessage | ResultMessage | ErrorMessage;

export interface RequestMessage {
  readonly form: "request";
  readonly id: RequestId;
  readonly method: string;
  readonly params?: JsonObject;
  readonly canonical: string;
}

export interface NotificationMessage {
  readonly form: "notification";
  readonly method: string;
  readonly params?: JsonObject;
  readonly canonical: string;
}

export interface ResultMessage {
  readonly form: "result";
  readonly id: RequestId;
  readonly result: JsonObject;
  readonly canonical: string;
}

export interface ErrorMessage {
  readonly form: "error";
  /** Null when the server could not tell which request was wrong. */
  readonly id: RequestId | null;
  readonly error: RpcError;
  readonly canonical: string;
}

/** A map key by type and value, so that `1` and `"1"` stay two requests. Also for progress tokens. */
export function idKey(id: RequestId): string {
  return typeof id === "string" ? `s${id}` : `n${String(id)}`;
}
