/**
 * Requests and notifications of 2026-07-28 between one client and one server: what the session has admitted is decided
 * by the kernel and recorded; what passes is the canonical form of exactly what was judged.
 */
import { openPayload, type Claims, type SessionNote } from "../../abi/request.js";
import type { SessionFact } from "../../abi/session-facts.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import type { Judged } from "../../kernel/dispatch.js";
import type { GateAnswer, ResultFault } from "../gate-answer.js";
import type { Contract, RequestContract } from "../methods/contract.js";
import type { McpRequest } from "../observed.js";
import type { Admitted, Refused } from "../session.js";
import type { Exchange } from "../wire/exchanges.js";
import type { NotificationMessage, RequestMessage } from "../wire/message.js";
import { ownError, requestLine, resultLine } from "../wire/write.js";
import { Announcements } from "./announcements.js";
import { completeLine, handedResult, otherLine, withoutText } from "./answers.js";
import { earlyMessage, earlyRetry, withId } from "./early.js";
import { endOf, offersTasks } from "./ends.js";
import type { ProbeEnd } from "./era.js";
import { Inputs } from "./inputs.js";
import type { ModernParts } from "./parts.js";
import { isAsking } from "./results.js";
import {
  askedResult,
  hasUnasked,
  isOurs,
  questionsOf,
  retryParams,
  RETRY_MS,
  type Pending,
  type Redeemed,
} from "./retry.js";
import { MODERN } from "./revision.js";
import type { ModernAdmitted, ModernRequestFacts } from "./session.js";
import type { TasksEnd } from "../task-table.js";
import { Streams } from "./streams.js";
import type { Begun } from "../task-calls.js";
import { ModernTasks, TASK_OVER } from "./task-relay.js";

/** One request on its way: what it is, and what the client sent of it. */
interface Asking {
  readonly exchange: Exchange;
  readonly facts: ModernRequestFacts;
  readonly params: JsonObject;
  readonly around: Around;
  /** Whether a result is not what the tool's output schema says. */
  readonly resultFault?: ResultFault;
}

/** What the relay of both eras does for a request of this one. */
export interface Around {
  /** What the client claims with the request, taken right before the decision. */
  readonly claims: () => Claims | undefined;
  /** What a call must pass before the kernel is asked. */
  readonly before: (contract: RequestContract, params: JsonObject) => Promise<GateAnswer>;
  /** Refuses a request that has begun. */
  readonly refuse: (exchange: Exchange, contract: RequestContract, refused: Refused) => Promise<void>;
  /** Told of what the kernel has decided. */
  readonly taken: (request: McpRequest, judged: Judged) => void;
}

const DISCOVER = "server/discover";
const LISTEN = "subscriptions/listen";

/** Whether a message was admitted by a row of this revision. */
export function isOfModern({ revisions }: Contract): boolean {
  return revisions.includes(MODERN);
}

export class ModernRelay {
  private readonly parts: ModernParts;
  private readonly inputs: Inputs;
  private readonly streams: Streams;
  private readonly announcements: Announcements;
  private readonly tasks: ModernTasks;

  constructor(parts: ModernParts) {
    this.parts = parts;
    this.inputs = new Inputs(parts);
    this.streams = new Streams(parts);
    this.announcements = new Announcements(parts, this.streams);
    this.tasks = new ModernTasks(parts, this.inputs);
  }

  /** INVARIANT: begins the exchange before anything is awaited, so that its id is taken. */
  async request(message: RequestMessage, admitted: Admitted, around: Around): Promise<void> {
    const facts = (admitted as ModernAdmitted).modern;
    if (facts === undefined) return;
    const exchange = this.parts.session.begin(message);
    const params = admitted.params ?? {};
    const gate = await around.before(facts.contract, params);
    if (!gate.ok) return around.refuse(exchange, facts.contract, gate);
    const asking: Asking = { exchange, facts, params, around, ...gate.checks };
    const sent = await this.paramsToSend(asking);
    if (sent === undefined) {
      await this.probed({ kind: "nothing" });
      if (this.parts.session.release(exchange)) this.parts.toClient(ownError(exchange.id, "withheld"));
      return;
    }
    const reply = await (exchange.method === LISTEN ? this.listen(asking) : this.mediate(asking, sent));
    if (reply !== undefined) this.parts.toClient(reply);
  }

  /** The connection ends, or its server: of tool calls that are still tasks no result is to come. */
  async close(status: TasksEnd): Promise<void> {
    await this.tasks.close(status);
  }

  /** A notification of the server's that the session has admitted. */
  announce(message: NotificationMessage, admitted: Admitted): Promise<void> {
    return this.announcements.take(message, admitted);
  }

  private requestOf(
    { exchange, facts, resultFault }: Asking,
    params: JsonObject,
    claims: Claims | undefined,
  ): McpRequest {
    const { contract, envelope } = facts;
    // Every row of this revision that a session admits has its syscall.
    const mediated = contract.syscall?.(params) ?? { kind: "tool.describe", subject: { item: exchange.method } };
    const args = mediated.arguments;
    return {
      ...this.parts.identity,
      from: "client",
      ...{ kind: mediated.kind, subject: mediated.subject },
      ...(args === undefined ? {} : { arguments: openPayload(canonicalJson(args)) }),
      ...(claims === undefined ? {} : { claims }),
      exchange,
      contract: { ...contract, answerFault: (result) => unoffered(this.questionsIn(result, envelope.capabilities)) },
      params,
      line: requestLine(exchange.id, exchange.method, params),
      ...(resultFault === undefined ? {} : { resultFault: (result) => !isAsking(result) && resultFault(result) }),
    };
  }

  private async mediate(asking: Asking, params: JsonObject): Promise<string | undefined> {
    const request = this.requestOf(asking, params, asking.around.claims());
    if (request.exchange.method.startsWith("tasks/")) return this.about(asking, request);
    const begun = await this.call(asking, request);
    if (begun.kind === "unrecorded") return ownError(request.exchange.id, "withheld", begun.call);
    if (begun.kind === "task") {
      await this.probed({ kind: "result" });
      return this.tasks.begun(request.exchange.id, begun.task);
    }
    const { judged } = begun;
    asking.around.taken(request, judged);
    if (request.exchange.method !== DISCOVER) await this.probed(endOf(request));
    else if (offersTasks(request)) this.parts.session.tasks.offered();
    // A request that was cancelled while its denial was being recorded has ended already, and gets no answer.
    if (judged.observation === undefined && !this.parts.session.release(request.exchange)) return undefined;
    return this.answer(asking, request, judged);
  }

  /** Decides and asks. `request` has the answer. */
  private async call({ facts }: Asking, request: McpRequest): Promise<Begun> {
    if (this.tasks.mayBegin(request, facts.envelope.capabilities)) return this.tasks.call({ ...request }, request);
    return { kind: "ended", judged: await this.parts.dispatch.request(request) };
  }

  private async about({ facts, around }: Asking, request: McpRequest): Promise<string | undefined> {
    const { capabilities } = facts.envelope;
    const task = this.parts.session.tasks.find(request.params["taskId"]);
    // The session has found it, but it may have ended since.
    const reply = task === undefined ? TASK_OVER : await this.tasks.about({ request, task, capabilities });
    if (typeof reply !== "object") return reply;
    await around.refuse(request.exchange, facts.contract, reply);
    return undefined;
  }

  private async answer(asking: Asking, request: McpRequest, judged: Judged): Promise<string | undefined> {
    const { id, method } = request.exchange;
    const { contract } = asking.facts;
    const { grants } = this.parts.session;
    const handed = handedResult(request, judged);
    if (handed !== undefined && isAsking(handed)) return this.present(asking, handed, judged);
    await this.dropped(asking.facts);
    if (handed !== undefined) return completeLine(id, contract, handed, grants);
    const { answer } = request;
    // What the server can do is no text of its own, and without it a client could not go on.
    if (method === DISCOVER && answer?.kind === "result" && judged.delivery !== undefined) {
      const bare = withoutText(answer.message.result, this.parts.identity.server);
      return completeLine(id, contract, bare, grants);
    }
    return otherLine(request, judged);
  }

  /** Questions within a result: the client gets those that it may be asked, or none, and a handle for its retry. */
  private async present(
    { exchange, facts, params, around }: Asking,
    handed: JsonObject,
    judged: Judged,
  ): Promise<string> {
    const { contract, envelope } = facts;
    const withheld = ownError(exchange.id, "withheld", judged.call);
    // Once more, because a `transform` may have changed what was checked.
    if (contract.result.check(handed, "") !== undefined) return withheld;
    const questions = this.questionsIn(handed, envelope.capabilities);
    const asked = questions.ok ? await this.inputs.ask(questions.value) : undefined;
    if (asked === undefined) return withheld;
    const state = handed["requestState"];
    const pending: Pending = { questions: asked, ...(typeof state === "string" ? { state } : {}) };
    const target = contract.target(params);
    const handle = this.parts.retries.open({ method: contract.method, target, params }, pending);
    if (handle === undefined) {
      for (const { waiting } of asked) waiting?.ended("not-sent");
      return withheld;
    }
    setTimeout(() => {
      this.parts.retries.expire();
    }, RETRY_MS).unref();
    const early = await this.goOn({ exchange, facts, params, around }, pending, handle);
    return early ?? resultLine(exchange.id, askedResult(handed, handle, asked));
  }

  /** With the answers that came too early, in a request of agentk's own. Undefined when the client is to be asked. */
  private async goOn(asking: Asking, pending: Pending, handle: string): Promise<string | undefined> {
    const { exchange, facts, params } = asking;
    const { early, ...rest } = facts;
    const retry = early === undefined ? undefined : earlyRetry(pending, { params, handle, early });
    const { method, target } = facts.contract;
    const asked = retry === undefined ? undefined : { method, target: target(params), params: retry };
    const redeemed = asked === undefined ? undefined : this.parts.retries.redeem(handle, asked);
    if (retry === undefined || redeemed?.ok !== true) return this.dropped(facts);
    const own = this.parts.session.begin(earlyMessage(method, params));
    const hasMore = hasUnasked(retry, redeemed.value.answers);
    const next: Asking = {
      ...asking,
      exchange: own,
      params: retry,
      facts: { ...rest, retry: redeemed.value, hasUnasked: hasMore },
    };
    const sent = await this.paramsToSend(next);
    const line = sent === undefined ? undefined : await this.mediate(next, sent);
    if (sent === undefined) this.parts.session.release(own);
    return line === undefined ? ownError(exchange.id, "withheld") : withId(line, exchange.id);
  }

  private async dropped({ early }: ModernRequestFacts): Promise<undefined> {
    if (early !== undefined) await this.note("answers-dropped");
  }

  private questionsIn(result: JsonObject, capabilities: JsonObject): ReturnType<typeof questionsOf> {
    return questionsOf(result, capabilities, this.parts.session.grants.hasClientRoots);
  }

  /** What the server gets: of a retry the answers that may reach it. Undefined when one of them may not. */
  private async paramsToSend({ facts, params }: Asking): Promise<JsonObject | undefined> {
    const { retry, hasUnasked } = facts;
    if (hasUnasked) await this.note("answers-dropped");
    return retry === undefined ? params : this.retried(params, retry);
  }

  private async retried(params: JsonObject, { pending, answers }: Redeemed): Promise<JsonObject | undefined> {
    const given = new Map(answers.map(({ question, response }) => [question.key, response]));
    for (const { key, waiting } of pending.questions) if (!given.has(key)) waiting?.ended("cancelled");
    const passed = await Promise.all(
      answers.map(async ({ question, response }) => {
        const handed = await question.waiting?.answered(response);
        return handed === undefined ? undefined : { question, response: handed };
      }),
    );
    const whole = passed.filter((one) => one !== undefined);
    if (whole.length < passed.length) return undefined;
    if (pending.questions.some(isOurs)) await this.note("roots-listed");
    return retryParams(params, pending, whole, this.parts.session.grants.roots);
  }

  private note(fact: SessionFact, more: Pick<SessionNote, "protocol"> = {}): Promise<void> {
    const { dispatch, identity } = this.parts;
    return dispatch.note({ session: identity.session, server: identity.server, fact, ...more });
  }

  private async listen(asking: Asking): Promise<string | undefined> {
    const claims = asking.around.claims();
    const filter = await this.streams.filterFor(this.requestOf(asking, asking.params, claims));
    const plain = this.requestOf(asking, this.streams.paramsFor(asking.params, filter), claims);
    const request: McpRequest = {
      ...plain,
      perform: (call) => this.streams.perform(request, filter, call),
    };
    const judged = await this.parts.dispatch.request(request);
    const isAcknowledged = request.answer === undefined && judged.observation?.status === "ok";
    await this.probed(isAcknowledged ? { kind: "result" } : endOf(request));
    if (judged.observation === undefined && !this.parts.session.release(request.exchange)) return undefined;
    return this.streams.show(request, judged);
  }

  /** What came of an enveloped request may tell the era: then the log says which it is. */
  private async probed(end: ProbeEnd): Promise<void> {
    if (this.parts.session.probed(end)) await this.note("ready", { protocol: MODERN });
  }
}

/** A result that asks what was not offered for this request is an answer against its contract. */
function unoffered(questions: ReturnType<typeof questionsOf>): { path: string; problem: string } | undefined {
  return questions.ok ? undefined : { path: "/inputRequests", problem: questions.error };
}
