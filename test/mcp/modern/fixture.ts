/** Messages of 2026-07-28 and a session with everything or little granted. */
import { createHash } from "node:crypto";
import { utf8Bytes } from "../../../src/base/bytes.js";
import type { JsonObject } from "../../../src/base/json.js";
import { grantsOf, type Grants } from "../../../src/mcp/methods/granted.js";
import { MCP_FEATURES, type McpFeature } from "../../../src/policy/ast.js";
import { Retries } from "../../../src/mcp/modern/retry.js";
import { META, MODERN } from "../../../src/mcp/modern/revision.js";
import { ModernSession, type ModernAdmission } from "../../../src/mcp/modern/session.js";
import { Subscriptions } from "../../../src/mcp/modern/subscriptions.js";
import { TaskTable } from "../../../src/mcp/task-table.js";
import type { Exchange } from "../../../src/mcp/wire/exchanges.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "../../../src/mcp/wire/message.js";
import { readMessage } from "../../../src/mcp/wire/read.js";
import { notificationLine, requestLine } from "../../../src/mcp/wire/write.js";

export const ROOT = "file:///work";
export const ALL: Grants = grantsOf({ features: MCP_FEATURES, roots: [ROOT], trace: true, early_answers: false });

export function granting(...features: readonly McpFeature[]): Grants {
  return grantsOf({ features, roots: [], trace: false, early_answers: false });
}

export const EVERYTHING: JsonObject = { elicitation: { form: {}, url: {} }, sampling: { tools: {}, context: {} } };

export function envelope(more: JsonObject = {}, capabilities: JsonObject = {}): JsonObject {
  return { [META.version]: MODERN, [META.capabilities]: capabilities, ...more };
}

export function message(line: string): Message {
  const found = readMessage(utf8Bytes(line), "client");
  if (!found.ok) throw new Error(found.error.code);
  return found.value;
}

/** With an envelope, unless the params have one. */
export function request(id: RequestId, method: string, params: JsonObject = {}): RequestMessage {
  return message(requestLine(id, method, { _meta: envelope(), ...params })) as RequestMessage;
}

export function bare(id: RequestId, method: string, params?: JsonObject): RequestMessage {
  return message(requestLine(id, method, params)) as RequestMessage;
}

export function notification(method: string, params?: JsonObject): NotificationMessage {
  return message(notificationLine(method, params)) as NotificationMessage;
}

export interface Made {
  readonly session: ModernSession;
  readonly retries: Retries;
  readonly subscriptions: Subscriptions;
  readonly tasks: TaskTable;
  readonly clock: { now: number };
}

export function madeRetries(clock = { now: 0 }, onExpired?: () => void): Retries {
  let drawn = 0;
  return new Retries({
    nonce: (bytes) => (++drawn).toString(16).padStart(2 * bytes, "0"),
    now: () => clock.now,
    digests: { sha256Hex: (text) => createHash("sha256").update(text).digest("hex") },
    ...(onExpired === undefined ? {} : { onExpired }),
  });
}

export function made(grants: Grants = ALL, maxClientMessages?: number): Made {
  const clock = { now: 0 };
  const retries = madeRetries(clock);
  const subscriptions = new Subscriptions();
  const tasks = new TaskTable();
  const limit = maxClientMessages === undefined ? {} : { maxClientMessages };
  return {
    session: new ModernSession({ grants, retries, subscriptions, tasks, ...limit }),
    ...{ retries, subscriptions, tasks, clock },
  };
}

/** A request admitted, begun and forwarded, as the relay does it. */
export function send(session: ModernSession, sent: RequestMessage): Exchange {
  const admission = session.admit(sent);
  if (!admission.ok) throw new Error(admission.detail);
  const exchange = session.begin(sent);
  session.forward(exchange, "c1");
  return exchange;
}

/** `ok`, or the refusal and its code. */
export function verdictOf(admission: ModernAdmission): string {
  return admission.ok ? "ok" : `${admission.refusal} ${String(admission.rpcCode)}`;
}
