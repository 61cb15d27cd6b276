/** Tasks of MCP 2025-11-25 between one client and one server: what is asked about them, and their results. */
import type { JsonObject } from "../base/json.js";
import type { Judged } from "../kernel/dispatch.js";
import { createTaskResult, related, toldTask, unrelated } from "./methods/tasks.js";
import type { Answer, McpRequest } from "./observed.js";
import { refused, type Refused } from "./refused.js";
import type { RelayParts } from "./relay-parts.js";
import { replyTo } from "./reply.js";
import { asTask, isDone, TaskCalls, type NewTask } from "./task-calls.js";
import type { Task, TasksEnd } from "./task-table.js";
import { RPC } from "./wire/codes.js";
import { notificationLine, ownError, requestLine, resultLine } from "./wire/write.js";

type Parts = Pick<RelayParts, "dispatch" | "session" | "upstream" | "identity" | "toClient">;

/** Refuses a request that has begun. */
type Refuse = (refused: Refused) => Promise<void>;

const IN_USE = refused("lifecycle", RPC.invalidRequest, "the task's result is being waited for");
const OVER = refused("malformed", RPC.invalidParams, "params/taskId is of a task that is over");

export class TaskRelay {
  private readonly parts: Parts;
  private readonly calls: TaskCalls;

  constructor(parts: Parts) {
    this.parts = parts;
    this.calls = new TaskCalls({ ...parts, tasks: parts.session.tasks });
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
    const told = toldTask(said, task.handle);
    await this.calls.heard(task, told);
    await dispatch.note({ session: identity.session, server: identity.server, fact: "task-changed", call: task.call });
    if (dispatch.fault === undefined) toClient(notificationLine("notifications/tasks/status", told));
  }

  /** The connection ends, or its server. Settles when every call that is a task has its outcome. */
  async close(status: TasksEnd): Promise<void> {
    await this.calls.close(status);
  }

  private async call(request: McpRequest): Promise<void> {
    const { session, toClient } = this.parts;
    const { id } = request.exchange;
    const asked: McpRequest = { ...request, ...asTask(request, isTask, createTaskResult) };
    const begun = await this.calls.run(request, asked, taskIn);
    if (begun.kind === "task") {
      toClient(resultLine(id, { task: begun.task.told }));
      session.tasks.shown(begun.task);
    } else if (begun.kind === "unrecorded") this.reply(ownError(id, "withheld", begun.call));
    // A request that was cancelled while its denial was being recorded has ended already, and gets no answer.
    else if (begun.judged.observation !== undefined || session.release(asked.exchange))
      this.reply(replyTo(asked, begun.judged));
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
    const told = toldTask(answer.message.result, task.handle);
    await this.calls.heard(task, told);
    this.reply(resultLine(exchange.id, told));
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

  private async ended(
    { exchange }: McpRequest,
    task: Task,
    answer: Extract<Answer, { readonly kind: "result" | "error" }>,
  ): Promise<string | undefined> {
    const ended = await this.calls.end(task, answer, (result) => unrelated(result, task.id));
    // It was over before: cancelled, or given up.
    if (ended === undefined) return ownError(exchange.id, "withheld", task.call);
    const line = replyTo({ exchange, contract: ended.contract, answer: ended.answer }, ended.judged);
    return line === undefined ? undefined : withTask(line, task.handle);
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

/** A result with a member `task` is one, or no answer at all. */
function isTask(result: JsonObject): boolean {
  return Object.hasOwn(result, "task");
}

function taskIn(result: JsonObject): NewTask | undefined {
  if (!isTask(result)) return undefined;
  const said = result["task"] as JsonObject & { readonly taskId: string; readonly ttl: number | null };
  return { id: said.taskId, ttl: said.ttl ?? undefined, told: (handle) => toldTask(said, handle) };
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
