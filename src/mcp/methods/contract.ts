/** What a row of the contract table says about one method in one direction. No row, no passage. */
import type { SyscallName } from "../../abi/syscalls.js";
import type { JsonObject, JsonValue } from "../../base/json.js";
import type { Shape, ShapeFault } from "../../base/shape.js";
import type { ModernRevision } from "../modern/revision.js";
import type { Revision } from "../wire/revisions.js";
import type { Granted, Grants } from "./granted.js";

export type Sender = "client" | "server";

/**
 * Where a session stands. opening: nothing yet; initializing: `initialize` is with the server;
 * initialized: its result is out, `notifications/initialized` is awaited; ready; closed.
 */
export const PHASES = ["opening", "initializing", "initialized", "ready", "closed"] as const;
export type Phase = (typeof PHASES)[number];

/** Every phase but the last. */
export const OPEN_PHASES: readonly Phase[] = PHASES.filter((phase) => phase !== "closed");

export type ClientRequest =
  | "initialize"
  | "ping"
  | "tools/list"
  | "tools/call"
  | "resources/list"
  | "resources/templates/list"
  | "resources/read"
  | "resources/subscribe"
  | "resources/unsubscribe"
  | "prompts/list"
  | "prompts/get"
  | "completion/complete"
  | "logging/setLevel"
  | "tasks/get"
  | "tasks/result"
  | "tasks/list"
  | "tasks/cancel";
export type ServerRequest = "ping" | "roots/list" | "sampling/createMessage" | "elicitation/create";
export type ClientNotification = "notifications/initialized" | "notifications/cancelled" | "notifications/progress";
export type ServerNotification =
  | "notifications/cancelled"
  | "notifications/progress"
  | "notifications/message"
  | "notifications/resources/updated"
  | "notifications/resources/list_changed"
  | "notifications/tools/list_changed"
  | "notifications/prompts/list_changed"
  | "notifications/elicitation/complete"
  | "notifications/tasks/status";

/** What a request asks of the kernel. */
export interface Mediated {
  readonly kind: SyscallName;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly arguments?: JsonValue;
}

interface Common<M extends string> {
  readonly method: M;
  readonly sender: Sender;
  readonly revisions: readonly (Revision | ModernRevision)[];
  /** The phases in which it may pass. */
  readonly phases: readonly Phase[];
  /** The part of the protocol that the policy must grant; without it the method is not found. */
  readonly feature?: Granted;
  /** Members of params that came with a later revision than the method itself: refused in earlier ones. */
  readonly since?: Readonly<Record<string, Revision>>;
}

export interface RequestContract<M extends string = string> extends Common<M> {
  readonly form: "request";
  /** Closed: an unknown member is refused. Absent params are checked as `{}`. */
  readonly params: Shape<unknown>;
  /** Open: unknown members pass. */
  readonly result: Shape<unknown>;
  /** How a denial is answered. */
  readonly denial: "tool-result" | "error";
  /** Of params that have passed their shape. Absent for the lifecycle, which the session itself decides. */
  readonly syscall?: (params: JsonObject) => Mediated;
  /** The params with other values in place of the arguments that `syscall` gave; absent where they are `arguments`. */
  readonly withArguments?: (params: JsonObject, values: JsonObject) => JsonObject;
  /** What the other side gets instead of these params. */
  readonly toReceiver?: (params: JsonObject, grants: Grants) => JsonObject;
  /** What the sender gets instead of this result, which has passed its shape. */
  readonly toSender?: (result: JsonObject, grants: Grants) => JsonObject;
  /** What is wrong with a right-shaped result as the answer to these params. */
  readonly answerFault?: (result: JsonObject, params: JsonObject) => ShapeFault | undefined;
}

export interface NotificationContract<M extends string = string> extends Common<M> {
  readonly form: "notification";
  readonly params: Shape<unknown>;
}

export type Contract = RequestContract | NotificationContract;

/** A request row as its file writes it: typed by its own shapes. */
interface RequestRow<M extends string, P, R> extends Omit<
  RequestContract<M>,
  "form" | "params" | "result" | "syscall" | "toReceiver" | "toSender" | "answerFault"
> {
  readonly params: Shape<P>;
  readonly result: Shape<R>;
  readonly syscall?: (params: P & JsonObject) => Mediated;
  readonly toReceiver?: (params: P & JsonObject, grants: Grants) => JsonObject;
  readonly toSender?: (result: R & JsonObject, grants: Grants) => JsonObject;
  readonly answerFault?: (result: R & JsonObject, params: P & JsonObject) => ShapeFault | undefined;
}

/** Erases a row's own types. INVARIANT: its functions are called only on what its shapes have passed. */
export function requestContract<M extends string, P, R>(row: RequestRow<M, P, R>): RequestContract<M> {
  return { ...(row as unknown as Omit<RequestContract<M>, "form">), form: "request" };
}

export function notificationContract<M extends string>(
  row: Omit<NotificationContract<M>, "form">,
): NotificationContract<M> {
  return { ...row, form: "notification" };
}
