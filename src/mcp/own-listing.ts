/**
 * agentk's own look at what a server lists, before a call depends on it. A client need not list, and need not be shown
 * what it asks for: so before the first call, and after the server says that its list has changed, the proxy asks by
 * itself, through the kernel, so that policy and log see it. Nothing of the answers is handed on.
 */
import { randomBytes } from "node:crypto";
import type { DescriptorList } from "../abi/descriptors.js";
import { mayPass, REASONS } from "../abi/decision.js";
import type { JsonObject } from "../base/json.js";
import type { Judged } from "../kernel/dispatch.js";
import { contextOf, isOpen } from "../kernel/values.js";
import type { RequestContract } from "./methods/contract.js";
import { contractFor } from "./methods/table.js";
import { META, MODERN } from "./modern/revision.js";
import { modernContract } from "./modern/table.js";
import type { ListKind, RelayParts } from "./relay-parts.js";
import type { McpRequest } from "./upstream.js";
import { RPC } from "./wire/codes.js";
import type { RequestId } from "./wire/message.js";
import { requestLine } from "./wire/write.js";

/** agentk's own requests in the era of 2026-07-28: nothing is offered, so nothing may be asked back. */
const OWN_ENVELOPE: JsonObject = { [META.version]: MODERN, [META.capabilities]: {} };

/** An honest server lists a few pages at most, and its cursors are its own: one that never ends would hold us here. */
const MAX_PAGES = 100;
const MAX_LISTED = 10_000;

/** By the method that calls what is listed. */
const LISTS: ReadonlyMap<string, readonly [list: DescriptorList, method: string]> = new Map([
  ["tools/call", ["tools", "tools/list"]],
  ["prompts/get", ["prompts", "prompts/list"]],
]);

/** Whether a request of this kind waits for a look at a list. */
export function isLooked({ method }: Pick<RequestContract, "method">): boolean {
  return LISTS.has(method);
}

/** listed: all pages were seen. denied: the policy lets nobody list, or the server cannot, so nothing is known. failed: the server did not answer as it must. */
type Looked = "listed" | "denied" | "failed";

export class OwnListing {
  private readonly parts: Pick<RelayParts, "dispatch" | "session" | "upstream" | "identity" | "nowMs">;
  /** Told of every page of descriptors that the kernel has let pass: schemas are learnt from them. */
  private readonly onPage: (method: string, result: JsonObject) => void;
  /** Lists that the server said have changed since they were seen. */
  private readonly stale = new Set<DescriptorList>();
  private readonly denied = new Set<DescriptorList>();
  private readonly looking = new Map<DescriptorList, Promise<Looked>>();

  constructor(parts: OwnListing["parts"], onPage: OwnListing["onPage"]) {
    this.parts = parts;
    this.onPage = onPage;
  }

  /** The server says that this list has changed, whether or not the client is told. */
  heard(list: ListKind): void {
    if (list === "resources") return;
    this.stale.add(list);
    this.denied.delete(list);
  }

  /** The server has gone: whatever is there next lists anew. INVARIANT: nobody joins a look at the one that went. */
  lost(): void {
    for (const [list] of LISTS.values()) this.stale.add(list);
    this.denied.clear();
    this.looking.clear();
  }

  /**
   * Before a request: false when what it calls cannot be looked at, and it must not go on. Never rejects. The server is
   * asked in the era of the request.
   */
  async before({ method, revisions }: RequestContract): Promise<boolean> {
    const what = LISTS.get(method);
    if (what === undefined) return true;
    const [list, listMethod] = what;
    if (this.isKnown(list)) return true;
    const isModern = revisions.includes(MODERN);
    const grants = this.parts.session.grants;
    const contract = isModern
      ? modernContract("client", "request", listMethod, grants)
      : contractFor("client", "request", listMethod);
    if (contract?.form !== "request" || contract.syscall === undefined) return true;
    const looked = await (this.looking.get(list) ?? this.begin(list, contract));
    return looked !== "failed";
  }

  /** Whether a request need not wait for a look: neither for its own, nor for that of one before it. */
  isSettledFor({ method }: Pick<RequestContract, "method">): boolean {
    const what = LISTS.get(method);
    return this.looking.size === 0 && (what === undefined || this.isKnown(what[0]));
  }

  /** A client that has listed to the end has shown the kernel the same. */
  private isKnown(list: DescriptorList): boolean {
    if (this.stale.has(list)) return false;
    const { dispatch, identity } = this.parts;
    const context = contextOf(dispatch.current, identity.session);
    return (
      this.denied.has(list) || (isOpen(context) && context.listings.get(identity.server)?.[list].isComplete === true)
    );
  }

  private begin(list: DescriptorList, contract: RequestContract): Promise<Looked> {
    // What is said to have changed while we look makes it stale again.
    this.stale.delete(list);
    const looking: Promise<Looked> = this.look(contract).then((looked) => {
      // The server has gone while we looked: what was seen is of no use.
      if (this.looking.get(list) !== looking) return "failed";
      this.looking.delete(list);
      if (looked === "denied") this.denied.add(list);
      if (looked === "failed") this.stale.add(list);
      return looked;
    });
    this.looking.set(list, looking);
    return looking;
  }

  private async look(contract: RequestContract): Promise<Looked> {
    const envelope = contract.revisions.includes(MODERN) ? { _meta: OWN_ENVELOPE } : undefined;
    const isOver = this.overIn(this.parts.upstream.timeoutMs);
    let params: JsonObject | undefined = envelope;
    let listed = 0;
    for (let page = 0; page < MAX_PAGES; page++) {
      const result = await this.ask(contract, params);
      if (typeof result === "string") return result;
      this.onPage(contract.method, result);
      const [items] = Object.values(result).filter(Array.isArray);
      listed += items?.length ?? 0;
      const cursor = result["nextCursor"];
      if (cursor === undefined) return "listed";
      if (listed > MAX_LISTED || isOver()) return "failed";
      params = { ...envelope, cursor };
    }
    return "failed";
  }

  /** A call waits for all pages as long as it may for one answer, and for one page more. */
  private overIn(ms: number): () => boolean {
    const nowMs = this.parts.nowMs ?? ((): number => performance.now());
    const last = nowMs() + ms;
    return () => nowMs() > last;
  }

  private async ask(contract: RequestContract, params: JsonObject | undefined): Promise<JsonObject | Looked> {
    const { dispatch, session, identity } = this.parts;
    const id = ownId();
    const { method } = contract;
    const line = requestLine(id, method, params);
    const sent = params === undefined ? {} : { params };
    const exchange = session.begin({ form: "request", id, method, canonical: line, ...sent });
    const mediated = contract.syscall?.(params ?? {});
    if (mediated === undefined) return "denied";
    const { kind, subject } = mediated;
    const request: McpRequest = {
      ...identity,
      from: "agentk",
      kind,
      subject,
      exchange,
      contract,
      params: params ?? {},
      line,
    };
    const judged = await dispatch.request(request);
    if (judged.observation === undefined) session.release(exchange);
    return resultOf(request, judged);
  }
}

/** INVARIANT: a random id, so that no answer can be made for it beforehand and no client can cancel it. */
export function ownId(): RequestId {
  return `agentk:${randomBytes(16).toString("hex")}`;
}

function resultOf({ answer }: McpRequest, { decision, observation, delivery }: Judged): JsonObject | Looked {
  // What is denied for the moment may be asked again; what the policy denies is denied again.
  if (!mayPass(decision.verdict)) return REASONS[decision.reason].retryable ? "failed" : "denied";
  if (answer?.kind !== "result") return isMethodUnknown(answer) ? "denied" : "failed";
  if (observation?.status !== "ok") return "failed";
  return delivery !== undefined && mayPass(delivery.verdict) ? answer.message.result : "denied";
}

/** A server that does not know the method has nothing to list: a lock then lets none of it pass, and a policy is asked. */
function isMethodUnknown(answer: McpRequest["answer"]): boolean {
  return answer?.kind === "error" && answer.message.error.code === RPC.methodNotFound;
}
