/** The client's requests that wait for an answer: under which ids of ours which servers were asked. */
import { idKey, type RequestId } from "../wire/message.js";
import type { Fan } from "./fan.js";

/** One request with one server, or with several. */
export type Pending = {
  readonly id: RequestId;
  readonly method: string;
  readonly token: RequestId | undefined;
} & ({ readonly server: string; readonly ourId: string } | { readonly fan: Fan });

export interface Question {
  readonly server: string;
  readonly pending: Pending;
}

export class PendingRequests {
  private readonly byId = new Map<string, Pending>();
  private readonly tokens = new Set<string>();
  private readonly questions = new Map<string, Question>();

  get size(): number {
    return this.byId.size;
  }

  isTaken(id: RequestId): boolean {
    return this.byId.has(idKey(id));
  }

  hasToken(token: RequestId): boolean {
    return this.tokens.has(idKey(token));
  }

  find(id: RequestId): Pending | undefined {
    return this.byId.get(idKey(id));
  }

  begin(pending: Pending): void {
    this.byId.set(idKey(pending.id), pending);
    if (pending.token !== undefined) this.tokens.add(idKey(pending.token));
    if ("ourId" in pending) this.ask(pending.ourId, { server: pending.server, pending });
  }

  /** A server is asked under an id of ours. */
  ask(ourId: string, question: Question): void {
    this.questions.set(ourId, question);
  }

  /**
   * What a relay's answer is to. INVARIANT: only the relay that was asked can answer, whatever ids its server learned
   * of another's.
   */
  asked(server: string, ourId: string): Pending | undefined {
    const question = this.questions.get(ourId);
    return question?.server === server ? question.pending : undefined;
  }

  /** The same, and the question is over. */
  settle(server: string, ourId: string): Pending | undefined {
    const pending = this.asked(server, ourId);
    if (pending !== undefined) this.questions.delete(ourId);
    return pending;
  }

  /** The request is over: its id and token are free. Gives what servers are still being asked for it. */
  end(pending: Pending): readonly { readonly server: string; readonly id: string }[] {
    this.byId.delete(idKey(pending.id));
    if (pending.token !== undefined) this.tokens.delete(idKey(pending.token));
    const open =
      "fan" in pending
        ? pending.fan.asked
        : this.questions.has(pending.ourId)
          ? [{ server: pending.server, id: pending.ourId }]
          : [];
    for (const { id } of open) this.questions.delete(id);
    return open;
  }
}
