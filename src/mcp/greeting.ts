/**
 * A server that was started again in the place of one that has ended: agentk greets it in the client's name, and it is
 * let in only as what the client was told in its own handshake. Attacker-controlled: all that it says.
 */
import { canonicalJson } from "../base/canonical.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import { initialize } from "./methods/initialize.js";
import { ownId } from "./own-listing.js";
import type { RelayParts } from "./relay-parts.js";
import type { Agreement } from "./agreement.js";
import { notificationLine, requestLine } from "./wire/write.js";

/** Why a server is not let in. */
type GreetingFault =
  | "no-answer"
  | "error-answer"
  | "invalid-answer"
  | "other-protocol"
  | "other-server"
  | "other-capabilities"
  | "unrecorded";

/** gone: it has ended before it was known. */
export type Greeted = "same" | "gone" | GreetingFault;

type Parts = Pick<RelayParts, "dispatch" | "session" | "upstream" | "identity" | "toServer">;

/** `restart`: which one it is, from 1. Never rejects. In the era without a handshake there is nothing to say. */
export async function greet(parts: Parts, restart: number): Promise<Greeted> {
  const { dispatch, session, upstream, identity, toServer } = parts;
  const isRecorded = (): boolean => dispatch.fault === undefined;
  const { agreement } = session;
  if (agreement === undefined) return "same";
  const id = ownId();
  // INVARIANT: begun before anything is awaited: when the server ends meanwhile, the one after it does not get this.
  const exchange = session.beginOwn(id, initialize.method);
  const place = { session: identity.session, server: identity.server };
  await dispatch.note({ ...place, fact: "initialize", protocol: protocolOf(agreement.result), restart });
  if (!isRecorded() || !session.forward(exchange)) {
    session.release(exchange);
    return "unrecorded";
  }
  const answer = await upstream.greet(exchange, requestLine(id, initialize.method, paramsOf(agreement)));
  if (answer.kind === "gone" || answer.kind === "cancelled") return "gone";
  if (answer.kind !== "result") return answer.kind === "error" ? "error-answer" : "no-answer";
  const fault = differenceOf(agreement.result, answer.message.result);
  if (fault !== undefined) return fault;
  await dispatch.note({ ...place, fact: "ready", restart });
  if (!isRecorded()) return "unrecorded";
  toServer(notificationLine("notifications/initialized"));
  return "same";
}

/** As the first server was asked, but for `_meta`: what stands there is about the client's own request. */
function paramsOf({ params }: Agreement): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name !== "_meta"));
}

/** What the client has built on. Words of the server's, such as its instructions, may differ: nobody is told them. */
function differenceOf(before: JsonObject, now: JsonObject): GreetingFault | undefined {
  if (initialize.result.check(now, "") !== undefined) return "invalid-answer";
  if (protocolOf(before) !== protocolOf(now)) return "other-protocol";
  if (!isSame(nameOf(before), nameOf(now))) return "other-server";
  return isSame(before["capabilities"], now["capabilities"]) ? undefined : "other-capabilities";
}

function protocolOf({ protocolVersion }: JsonObject): string {
  return typeof protocolVersion === "string" ? protocolVersion : "";
}

function nameOf({ serverInfo }: JsonObject): JsonValue {
  const { name = null, version = null } = isJsonObject(serverInfo) ? serverInfo : {};
  return { name, version };
}

function isSame(one: JsonValue = null, other: JsonValue = null): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
