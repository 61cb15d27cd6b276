/** `initialize`: asked of the server, its answer recorded as a page, and only what may reach the agent handed on. */
import { openPayload } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import { handedOn } from "./handed.js";
import { withoutAgentkMeta } from "./methods/claims.js";
import type { RelayParts } from "./relay-parts.js";
import { replyTo } from "./reply.js";
import type { Exchange } from "./session.js";
import type { RequestMessage, ResultMessage } from "./wire/message.js";
import { ownError, resultLine } from "./wire/write.js";

export interface Asked {
  readonly message: RequestMessage;
  readonly exchange: Exchange;
  /** What the server is asked: version and capabilities cut, claims taken out. */
  readonly line: string;
  /** The params of that line. */
  readonly params: JsonObject;
}

type Parts = Pick<RelayParts, "dispatch" | "session" | "upstream" | "identity">;

/** Runs the handshake and gives the client's answer. */
export async function establish(parts: Parts, asked: Asked): Promise<string | undefined> {
  const { dispatch, session, upstream, identity } = parts;
  const protocol = asked.message.params?.["protocolVersion"];
  const wanted = typeof protocol === "string" ? { protocol } : {};
  await dispatch.note({ session: identity.session, server: identity.server, fact: "initialize", ...wanted });
  if (dispatch.fault !== undefined || !session.forward(asked.exchange)) {
    session.close();
    return ownError(asked.exchange.id, "withheld");
  }
  const answer = await upstream.ask(asked.exchange, asked.line);
  if (answer.kind === "result") return answerFor(parts, asked, answer.message);
  session.close();
  return replyTo({ exchange: asked.exchange, answer });
}

async function answerFor(parts: Parts, asked: Asked, message: ResultMessage): Promise<string> {
  const { dispatch, session, identity } = parts;
  const content = openPayload(canonicalJson(message.result));
  const page = await dispatch.page({
    session: identity.session,
    server: identity.server,
    method: "initialize",
    content,
  });
  const established = session.establish(message.result, asked.params);
  if (page === undefined) {
    session.close();
    return ownError(asked.exchange.id, "withheld");
  }
  if (!established.ok) return ownError(asked.exchange.id, "invalid-answer");
  const result = withoutAgentkMeta(established.value);
  return resultLine(asked.exchange.id, handedOn(page, result) ?? withoutText(result, identity.server));
}

/** What is left of the answer when the policy does not let the server describe itself: no text of the server's. */
function withoutText(result: JsonObject, server: string): JsonObject {
  const { protocolVersion = "", capabilities = {} } = result;
  return { capabilities, protocolVersion, serverInfo: { name: server, version: "0" } };
}
