/** Requests of servers that the client has not answered yet. To the client all of them come from one peer: us. */
import { idKey, type RequestId } from "../wire/message.js";

/** Of all servers together. */
const MAX_ASKS = 256;

export interface Ask {
  readonly server: string;
  /** As the server called it. */
  readonly id: RequestId;
  readonly progressToken: RequestId | undefined;
}

export class Asks {
  private readonly byOurId = new Map<string, Ask>();
  private readonly byTheirs = new Map<string, string>();

  /** False when there are too many, or the server has this id in use. */
  add(ourId: string, ask: Ask): boolean {
    const key = theirKey(ask.server, ask.id);
    if (this.byOurId.size >= MAX_ASKS || this.byTheirs.has(key)) return false;
    this.byOurId.set(ourId, ask);
    this.byTheirs.set(key, ourId);
    return true;
  }

  /** Attacker-controlled: `ourId`, by the client. */
  find(ourId: RequestId): Ask | undefined {
    return typeof ourId === "string" ? this.byOurId.get(ourId) : undefined;
  }

  /** Ends it: answered, or given up by its server. */
  take(ourId: RequestId): Ask | undefined {
    const ask = this.find(ourId);
    if (ask !== undefined) {
      this.byOurId.delete(String(ourId));
      this.byTheirs.delete(theirKey(ask.server, ask.id));
    }
    return ask;
  }

  /** Our id for a request of that server's. */
  ourId(server: string, id: RequestId): string | undefined {
    return this.byTheirs.get(theirKey(server, id));
  }

  /** What this server asked is answered to nobody. Gives our ids. */
  forget(server: string): readonly string[] {
    const ids = [...this.byOurId].filter(([, ask]) => ask.server === server).map(([id]) => id);
    for (const id of ids) this.take(id);
    return ids;
  }
}

function theirKey(server: string, id: RequestId): string {
  return `${server} ${idKey(id)}`;
}
