/**
 * Tasks of MCP 2025-11-25 between one client and one server. A tool call that goes on as a task stays one call to the
 * kernel: it is open until its result is in, and the result is its page, by whatever request it came.
 */
import { mayPass } from "../abi/decision.js";
import type { Observation } from "../abi/ports.js";
import type { JsonObject } from "../base/json.js";
import type { Judged } from "../kernel/dispatch.js";
import { createTaskResult, related, toldTask, unrelated } from "./methods/tasks.js";
import { deferred } from "./modern/deferred.js";
import { observeError, observeResult, type Answer, type McpRequest } from "./observed.js";
import type { RelayParts } from "./relay-parts.js";
import { refused, type Refused } from "./refused.js";
import { replyTo } from "./reply.js";
import type { Task } from "./task-table.js";
import { RPC } from "./wire/codes.js";
import { notificationLine, ownError, requestLine, resultLine } from "./wire/write.js";

type Parts = Pick<RelayParts, "dispatch" | "session" | "upstream" | "identity" | "toClient">;

/** A task that a call has begun, or what came of a call that has begun none. */
type Begun = { readonly task: Task } | { readonly judged: Judged };

/** One of them: its contract and its tool's schemas are those that the result is held against. */
interface Call {
  readonly request: McpRequest;
  readonly judged: Promise<Judged>;
}

/** Refuses a request that has begun. */
type Refuse = (refused: Refused) => Promise<void>;

const IN_USE = refused("lifecycle", RPC.invalidRequest, "the task's result is being waited for");
const OVER = refused("malformed", RPC.invalidParams, "params/taskId is of a task that is over");

export class TaskRelay {
  private readonly parts: Parts;
  /** The calls that are tasks and have not ended. */
  private readonly calls = new Map<Task, Call>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Whether a request of the client's is about a task. */
  takes({ contract, params }: McpRequest): boolean {
    return contract.method.startsWith("tasks/") || (contract.method === "tools/call" && params["task"] !== undefined);
  }

  /** Decides, asks and answers one. Never rejects. */
  async request(request: McpRequest, refuse: Refuse): Promise<void> {
    const { method } = request.contract;
    if (method === "tools/call") return this.call(request);
    if (method === "tasks/list") return this.list(request);
    const task = this.parts.session.tasks.find(request.params["taskId"]);
    // The session has found it, but it may have ended since.
    if (task === undefined || (task.isOver && method === "tasks/result")) return refuse(OVER);
    if (method !== "tasks/result") return this.status(request, task);
    return this.parts.session.tasks.ask(task) ? this.result(request, task) : refuse(IN_USE);
  }

  /** The server has said that a task's state has changed: the client is told the state, and nothing in the server's words. */
  async changed(said: JsonObject): Promise<void> {
    const { dispatch, session, identity, toClient } = this.parts;
    const task = session.tasks.ofServer(said["taskId"]);
    if (task === undefined || task.isOver) return;
    const told = this.heard(task, said);
    await dispatch.note({ session: identity.session, server: identity.server, fact: "task-changed", call: task.call });
    if (dispatch.fault !== undefined) return;
    toClient(notificationLine("notifications/tasks/status", told));
  }

  /** The connection ends. Settles when every call that is a task has its outcome. */
  async close(): Promise<void> {
    this.parts.session.tasks.close();
    await Promise.all([...this.calls.values()].map(({ judged }) => judged));
  }

  private async call(request: McpRequest): Promise<void> {
    const { dispatch, session } = this.parts;
    const begun = deferred<Task>();
    const asked: McpRequest = {
      ...request,
      ...asTask(request),
      perform: (call, sent) => this.begin(asked, { call, sent }, begun.resolve),
    };
    const ended = dispatch.request(asked);
    const first = await Promise.race<Begun>([
      begun.promise.then((task) => ({ task })),
      ended.then((judged) => ({ judged })),
    ]);
    if ("task" in first) return this.created(first.task, { request, judged: ended });
    // A request that was cancelled while its denial was being recorded has ended already, and gets no answer.
    if (first.judged.observation === undefined && !session.release(asked.exchange)) return;
    this.reply(replyTo(asked, first.judged));
  }

  /** What `act` does for such a call: it ends with the answer, or, when that is a task, with the task. */
  private async begin(
    asked: McpRequest,
    { call, sent }: { readonly call: string; readonly sent: string | undefined },
    onTask: (task: Task) => void,
  ): Promise<Observation> {
    const { session, upstream } = this.parts;
    const observation = await upstream.act(call, asked, sent);
    const said = asked.answer?.kind === "result" ? asked.answer.message.result["task"] : undefined;
    if (said === undefined) return observation;
    const { taskId: id, ttl } = said as { readonly taskId: string; readonly ttl: number | null };
    const ended = deferred<Observation>();
    const told = (handle: string): JsonObject => toldTask(said as JsonObject, handle);
    const task = session.tasks.begin({ id, call, told, ttl: ttl ?? undefined, finish: ended.resolve });
    if (task === undefined) {
      asked.answer = { kind: "broken" };
      return { ...observation, status: "invalid-answer" };
    }
    onTask(task);
    return ended.promise;
  }

  private async created(task: Task, call: Call): Promise<void> {
    const { dispatch, session, identity, toClient } = this.parts;
    const { id } = call.request.exchange;
    this.calls.set(task, call);
    void call.judged.finally(() => this.calls.delete(task));
    await dispatch.note({ session: identity.session, server: identity.server, fact: "task-created", call: task.call });
    if (dispatch.fault === undefined) {
      toClient(resultLine(id, { task: task.told }));
      session.tasks.shown(task);
    } else this.reply(ownError(id, "withheld", task.call));
  }

  /** `tasks/get` and `tasks/cancel`: of a right answer, what may be told of it is all that is taken. */
  private async status(request: McpRequest, task: Task): Promise<void> {
    const asked: McpRequest = {
      ...toServer(request, task),
      perform: async (call, sent) => {
        const observation = await this.parts.upstream.act(call, asked, sent);
        return observation.status === "ok" ? { status: "ok" } : observation;
      },
    };
    const judged = await this.decide(asked);
    if (judged === undefined) return;
    const { answer, exchange } = asked;
    if (answer?.kind !== "result" || !isDone(judged)) {
      this.reply(replyTo(asked, judged));
      return;
    }
    const known = this.calls.get(task);
    const told = this.heard(task, answer.message.result);
    // The log has the call's end before the client knows of it.
    if (task.isOver) await known?.judged;
    this.reply(resultLine(exchange.id, told));
  }

  /** Takes what a server says of a task, checked, and gives what of it the client may be told. */
  private heard(task: Task, said: JsonObject): JsonObject {
    const { tasks } = this.parts.session;
    const told = toldTask(said, task.handle);
    tasks.heard(task, told);
    // Whatever the server does with one that it calls cancelled, nothing of it is waited for.
    if (said["status"] === "cancelled") tasks.end(task, { status: "cancelled" });
    return told;
  }

  private async list(request: McpRequest): Promise<void> {
    const { session } = this.parts;
    const asked: McpRequest = {
      ...request,
      perform: () => Promise.resolve({ status: session.release(request.exchange) ? "ok" : "not-sent" }),
    };
    const judged = await this.decide(asked);
    if (judged === undefined) return;
    const tasks = session.tasks.list().map(({ told }) => told);
    this.reply(isDone(judged) ? resultLine(asked.exchange.id, { tasks }) : replyTo(asked, judged));
  }

  /** `tasks/result`: the answer is that of the call, judged as the call's, and ends it. */
  private async result(request: McpRequest, task: Task): Promise<void> {
    const ended: { reply?: string | undefined } = {};
    const asked: McpRequest = {
      ...toServer(request, task),
      perform: async (call, sent) => {
        const observation = await this.parts.upstream.act(call, asked, sent);
        const { answer } = asked;
        if (answer?.kind !== "result" && answer?.kind !== "error") return observation;
        // INVARIANT: from here on it is the call's answer, and of this request nothing can be handed on.
        asked.answer = { kind: "broken" };
        ended.reply = await this.ended(asked, task, answer);
        return { status: "ok" };
      },
    };
    const judged = await this.decide(asked);
    this.parts.session.tasks.answered(task);
    if (judged !== undefined) this.reply(isDone(judged) ? ended.reply : replyTo(asked, judged));
  }

  /** INVARIANT: the page is the call's own, so sources, echoes, the output schema and `tool.response` are the call's. */
  private async ended(
    { exchange }: McpRequest,
    task: Task,
    answer: Extract<Answer, { readonly kind: "result" | "error" }>,
  ): Promise<string | undefined> {
    const known = this.calls.get(task);
    const withheld = ownError(exchange.id, "withheld", task.call);
    // It was over before: cancelled, or given up.
    if (known === undefined || task.isOver) return withheld;
    const { contract } = known.request;
    const answerFault: McpRequest["contract"]["answerFault"] = (result) => unrelated(result, task.id);
    const call: McpRequest = { ...known.request, contract: { ...contract, answerFault }, answer };
    const observation =
      answer.kind === "result" ? observeResult(call, answer.message) : observeError(call, answer.message);
    this.parts.session.tasks.end(task, observation);
    const line = replyTo({ exchange, contract, ...answered(call) }, await known.judged);
    return line === undefined ? withheld : withTask(line, task.handle);
  }

  /** Undefined for a request that was cancelled while its denial was being recorded: it gets no answer. */
  private async decide(asked: McpRequest): Promise<Judged | undefined> {
    const judged = await this.parts.dispatch.request(asked);
    const isDropped = judged.observation === undefined && !this.parts.session.release(asked.exchange);
    return isDropped ? undefined : judged;
  }

  private reply(line: string | undefined): void {
    if (line !== undefined) this.parts.toClient(line);
  }
}

/** Whether a request has happened, without a page, and its outcome is recorded. */
function isDone({ decision, observation, delivery }: Judged): boolean {
  return mayPass(decision.verdict) && observation?.status === "ok" && delivery === undefined;
}

/** The call with an answer that may be a task. A result with a member `task` is one, or no answer at all. */
function asTask({ contract, resultFault }: McpRequest): Pick<McpRequest, "contract" | "resultFault"> {
  const check: typeof contract.result.check = (value, path) =>
    (isTask(value as JsonObject) ? createTaskResult : contract.result).check(value, path);
  const made = { contract: { ...contract, result: { check } } };
  return resultFault === undefined
    ? made
    : { ...made, resultFault: (result) => !isTask(result) && resultFault(result) };
}

function isTask(result: JsonObject): boolean {
  return Object.hasOwn(result, "task");
}

function answered({ answer }: McpRequest): Pick<McpRequest, "answer"> {
  return answer === undefined ? {} : { answer };
}

/** The request with the server's own id of the task. */
function toServer(request: McpRequest, { id }: Task): McpRequest {
  const { _meta } = request.params;
  const params = { taskId: id, ...(_meta === undefined ? {} : { _meta }) };
  return { ...request, params, line: requestLine(request.exchange.id, request.exchange.method, params) };
}

/** A result, agentk's own among them, says which task it is of (2025-11-25, tasks). */
function withTask(line: string, handle: string): string {
  const { id, result } = JSON.parse(line) as { id: string | number; result?: JsonObject };
  return result === undefined ? line : resultLine(id, related(result, handle));
}
