/** Notifications of a server of 2026-07-28: what they say becomes a page, or agentk says it in its own words. */
import { openPayload } from "../../abi/request.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import { handedOn } from "../handed.js";
import type { Admitted } from "../session.js";
import type { NotificationMessage, RequestId } from "../wire/message.js";
import { notificationLine } from "../wire/write.js";
import type { ModernParts } from "./parts.js";
import { META } from "./revision.js";
import type { Streams } from "./streams.js";

const LISTEN = "subscriptions/listen";

const CHANGES = new Map([
  ["notifications/tools/list_changed", "tools-changed"],
  ["notifications/resources/list_changed", "resources-changed"],
  ["notifications/prompts/list_changed", "prompts-changed"],
] as const) as ReadonlyMap<string, "tools-changed" | "resources-changed" | "prompts-changed">;

export class Announcements {
  private readonly parts: Pick<ModernParts, "dispatch" | "identity" | "toClient">;
  private readonly streams: Streams;

  constructor(parts: Announcements["parts"], streams: Streams) {
    this.parts = parts;
    this.streams = streams;
  }

  /** One that the session has admitted. */
  async take({ method }: NotificationMessage, { exchange, params = {} }: Admitted): Promise<void> {
    if (exchange?.method !== LISTEN) await this.page(method, params, exchange?.call);
    else if (method === "notifications/subscriptions/acknowledged") this.streams.acknowledge(exchange, params);
    else if (method === "notifications/cancelled") await this.streams.cancelled(exchange);
    // Progress of a stream that is not acknowledged yet is that of its request.
    else if (method === "notifications/progress") await this.page(method, params, exchange.call);
    else if (!(await this.streams.isShown(exchange))) return;
    else if (method === "notifications/resources/updated") await this.page(method, params);
    else await this.changed(method, exchange.id);
  }

  /** What it says becomes a page, and is handed on as the page is. */
  private async page(method: string, params: JsonObject, call?: string): Promise<void> {
    const { dispatch, identity, toClient } = this.parts;
    const content = openPayload(canonicalJson(params));
    const from = { session: identity.session, server: identity.server, method };
    const page = await dispatch.page({ ...from, content, ...(call === undefined ? {} : { call }) });
    const handed = page === undefined ? undefined : handedOn(page, params);
    if (handed !== undefined) toClient(notificationLine(method, handed));
  }

  /** That a list has changed, on which stream, and nothing else of what the server said. */
  private async changed(method: string, id: RequestId): Promise<void> {
    const { dispatch, identity, toClient } = this.parts;
    const fact = CHANGES.get(method);
    if (fact === undefined) return;
    await dispatch.note({ session: identity.session, server: identity.server, fact });
    if (dispatch.fault === undefined) toClient(notificationLine(method, { _meta: { [META.subscription]: id } }));
  }
}
