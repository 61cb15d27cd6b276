/** What a server may begin in a session: its questions to the client, and its notifications. */
import { isJsonObject, type JsonObject } from "../base/json.js";
import { MAX_SERVER_QUESTIONS } from "../base/limits.js";
import { offersRoots } from "./methods/capabilities.js";
import { isUrlMode } from "./methods/elicitation.js";
import type { Grants } from "./methods/granted.js";
import { hasBlockLists, usesTools } from "./methods/sampling.js";
import { progressTokenOf } from "./methods/shapes.js";
import { NOT_FOUND, refused, type Refused } from "./refused.js";
import type { SessionMemory } from "./session-memory.js";
import type { TaskTable } from "./task-table.js";
import { RPC } from "./wire/codes.js";
import { Exchanges, type Exchange } from "./wire/exchanges.js";
import type { RequestId, RequestMessage } from "./wire/message.js";
import type { Revision } from "./wire/revisions.js";

/** What the client has said of itself in `initialize`. */
export interface Client {
  readonly capabilities: JsonObject;
  readonly revision: Revision;
}

/** What a notification of the server's is about, when it is about something. */
export type About = { readonly ok: true; readonly exchange?: Exchange; readonly question?: Exchange } | Refused;

interface ServerSideParts {
  readonly tasks: TaskTable;
  readonly grants: Grants;
}

export class ServerSide {
  /** The server's questions to the client. Its ids are not the client's: the tables of the two never meet. */
  readonly questions = new Exchanges();
  private readonly memory: SessionMemory;
  private readonly asked: Exchanges;
  private readonly tasks: TaskTable;
  private readonly grants: Grants;

  /** `asked`: the client's requests under way, which progress can be about. */
  constructor(memory: SessionMemory, asked: Exchanges, { tasks, grants }: ServerSideParts) {
    this.grants = grants;
    this.memory = memory;
    this.asked = asked;
    this.tasks = tasks;
  }

  /** Whether the client can be asked this at all. Attacker-controlled: all of it. */
  questionRefusal(message: RequestMessage, params: JsonObject, client: Client | undefined): Refused | undefined {
    if (this.questions.isTaken(message.id)) return refused("malformed", RPC.invalidRequest, "the id is in use");
    if (this.questions.size >= MAX_SERVER_QUESTIONS || this.questions.isCrowded)
      return refused("lifecycle", RPC.invalidRequest, "too many requests are waiting");
    const token = progressTokenOf(params);
    if (token !== undefined && this.questions.hasToken(token))
      return refused("malformed", RPC.invalidParams, "params/_meta/progressToken is in use");
    return this.canAsk(message.method, params, client) ? undefined : NOT_FOUND;
  }

  /** Whether the client has said that it can. `ping` never reaches it, nor do roots unless the operator has them asked. */
  private canAsk(method: string, params: JsonObject, client: Client | undefined): boolean {
    if (method === "sampling/createMessage") return canSample(params, client);
    if (method === "roots/list") return offersRoots(client?.capabilities ?? {}, this.grants);
    return method !== "elicitation/create" || canElicit(params, client);
  }

  /** What a notification is about; refused when there is no such thing. */
  about(method: string, params: JsonObject): About {
    const found = this.find(method, params);
    return found ?? refused("lifecycle", RPC.invalidRequest, "nothing it could be about is under way");
  }

  private find(method: string, params: JsonObject): About | undefined {
    if (method === "notifications/progress") {
      const exchange = this.asked.progress(params["progressToken"] as RequestId, params["progress"] as number);
      return exchange === undefined ? undefined : { ok: true, exchange };
    }
    if (method === "notifications/cancelled") {
      const question = this.questions.find(params["requestId"] as RequestId);
      return question === undefined ? undefined : { ok: true, question };
    }
    return this.isExpected(method, params) ? { ok: true } : undefined;
  }

  private isExpected(method: string, params: JsonObject): boolean {
    if (method === "notifications/message") return this.memory.isWanted(params["level"] as string);
    if (method === "notifications/resources/updated") return this.memory.isSubscribed(params["uri"] as string);
    if (method === "notifications/tasks/status") return this.tasks.ofServer(params["taskId"]) !== undefined;
    if (method !== "notifications/elicitation/complete") return true;
    return this.memory.elicitationDone(params["elicitationId"] as string);
  }
}

function canSample(params: JsonObject, client: Client | undefined): boolean {
  const declared = client?.capabilities["sampling"];
  if (client === undefined || !isJsonObject(declared)) return false;
  const isNewest = client.revision === "2025-11-25";
  if (hasBlockLists(params) && !isNewest) return false;
  return !usesTools(params) || (isNewest && isJsonObject(declared["tools"]));
}

/** 2025-11-25: an empty object means forms alone. */
function canElicit(params: JsonObject, client: Client | undefined): boolean {
  const declared = client?.capabilities["elicitation"];
  if (client === undefined || !isJsonObject(declared)) return false;
  if (isUrlMode(params)) return isJsonObject(declared["url"]);
  return client.revision !== "2025-11-25" || isJsonObject(declared["form"]) || !isJsonObject(declared["url"]);
}
