/**
 * Tool calls that go on as tasks, in either era. Such a call stays one call to the kernel: it is open until its result
 * is in, and the result is its page, by whatever message it came.
 */
import { mayPass } from "../abi/decision.js";
import type { Observation } from "../abi/ports.js";
import type { JsonObject } from "../base/json.js";
import type { Shape, ShapeFault } from "../base/shape.js";
import type { Dispatch, Judged } from "../kernel/dispatch.js";
import { deferred } from "./modern/deferred.js";
import { observeError, observeResult, type Answer, type McpRequest } from "./observed.js";
import type { Task, TasksEnd, TaskTable } from "./task-table.js";
import type { Upstream } from "./upstream.js";

export interface TaskCallParts {
  readonly dispatch: Dispatch<McpRequest>;
  readonly upstream: Upstream;
  readonly identity: { readonly session: string; readonly server: string };
  readonly tasks: TaskTable;
}

/** What a checked result says of the task that it begins. */
export interface NewTask {
  /** The server's own id. */
  readonly id: string;
  /** How long the server keeps it, in milliseconds; undefined for ever. */
  readonly ttl: number | undefined;
  /** What the client may be told of it under a handle. */
  readonly told: (handle: string) => JsonObject;
}

/** A task that a call has begun, or what came of a call that has begun none. */
export type Begun =
  | { readonly kind: "task"; readonly task: Task }
  | { readonly kind: "ended"; readonly judged: Judged }
  /** The log could not take that there is a task: the client may not learn of it. */
  | { readonly kind: "unrecorded"; readonly call: string };

/** How a call ended: with an answer as it stands after its checks, judged. */
export interface Ended {
  readonly contract: McpRequest["contract"];
  readonly answer: Answer;
  readonly judged: Judged;
}

/** An open call: its contract and its tool's schemas are those that the result is held against. */
interface Open {
  readonly request: McpRequest;
  readonly judged: Promise<Judged>;
}

export class TaskCalls {
  private readonly parts: TaskCallParts;
  private readonly open = new Map<Task, Open>();

  constructor(parts: TaskCallParts) {
    this.parts = parts;
  }

  /**
   * Decides and makes a call that may go on as a task.
   * @param request the call: what its result is held against.
   * @param asked the same, whose answer may be a task as well; its `answer` is set.
   * @param taskIn the task in a checked result, if there is one.
   */
  async run(
    request: McpRequest,
    asked: McpRequest,
    taskIn: (result: JsonObject) => NewTask | undefined,
  ): Promise<Begun> {
    const begun = deferred<Task>();
    // The same object for the kernel and the answer: the caller reads what came of it there.
    const made: McpRequest = Object.assign(asked, {
      perform: (call: string, sent: string | undefined) => this.begin(made, { call, sent, taskIn }, begun.resolve),
    });
    const judged = this.parts.dispatch.request(made);
    const first = await Promise.race<Begun>([
      begun.promise.then((task) => ({ kind: "task", task })),
      judged.then((ended) => ({ kind: "ended", judged: ended })),
    ]);
    if (first.kind !== "task") return first;
    const { task } = first;
    this.open.set(task, { request, judged });
    void judged.finally(() => this.open.delete(task));
    const { dispatch, identity } = this.parts;
    await dispatch.note({ session: identity.session, server: identity.server, fact: "task-created", call: task.call });
    return dispatch.fault === undefined ? first : { kind: "unrecorded", call: task.call };
  }

  /** What `act` does for such a call: it ends with the answer, or, when that is a task, with the task. */
  private async begin(
    asked: McpRequest,
    { call, sent, taskIn }: { call: string; sent: string | undefined; taskIn: Parameters<TaskCalls["run"]>[2] },
    onTask: (task: Task) => void,
  ): Promise<Observation> {
    const observation = await this.parts.upstream.act(call, asked, sent);
    const made = asked.answer?.kind === "result" ? taskIn(asked.answer.message.result) : undefined;
    if (made === undefined) return observation;
    const ended = deferred<Observation>();
    const task = this.parts.tasks.begin({ ...made, call, finish: ended.resolve });
    if (task === undefined) {
      asked.answer = { kind: "broken" };
      return { ...observation, status: "invalid-answer" };
    }
    onTask(task);
    return ended.promise;
  }

  /**
   * The call's answer has come: it ends the call. Undefined for one that is over, such as a cancelled one.
   * INVARIANT: the page is the call's own, so sources, echoes, the output schema and `tool.response` are the call's.
   */
  async end(
    task: Task,
    answer: Extract<Answer, { readonly kind: "result" | "error" }>,
    answerFault: (result: JsonObject) => ShapeFault | undefined,
  ): Promise<Ended | undefined> {
    const known = this.open.get(task);
    if (known === undefined || task.isOver) return undefined;
    const call: McpRequest = { ...known.request, contract: { ...known.request.contract, answerFault }, answer };
    const observation =
      answer.kind === "result" ? observeResult(call, answer.message) : observeError(call, answer.message);
    this.parts.tasks.end(task, observation);
    const judged = await known.judged;
    return { judged, contract: known.request.contract, answer: call.answer ?? { kind: "broken" } };
  }

  /** Takes what the client may be told of a task's state. One that the server calls cancelled has no result to come. */
  async heard(task: Task, told: JsonObject): Promise<void> {
    this.parts.tasks.heard(task, told);
    const known = this.open.get(task);
    if (told["status"] !== "cancelled" || known === undefined) return;
    this.parts.tasks.end(task, { status: "cancelled" });
    // The log has the call's end before the client knows of it.
    await known.judged;
  }

  /** The connection ends, or its server. Settles when every call that is a task has its outcome. */
  async close(status: TasksEnd): Promise<void> {
    this.parts.tasks.close(status);
    await Promise.all([...this.open.values()].map(({ judged }) => judged));
  }
}

/** The call with an answer that may be a task, of this form. */
export function asTask(
  { contract, resultFault }: McpRequest,
  isTask: (result: JsonObject) => boolean,
  task: Shape<unknown>,
): Pick<McpRequest, "contract" | "resultFault"> {
  const check: typeof contract.result.check = (value, path) =>
    (isTask(value as JsonObject) ? task : contract.result).check(value, path);
  const made = { contract: { ...contract, result: { check } } };
  return resultFault === undefined
    ? made
    : { ...made, resultFault: (result) => !isTask(result) && resultFault(result) };
}

/** Whether a request has happened, without a page, and its outcome is recorded. */
export function isDone({ decision, observation, delivery }: Judged): boolean {
  return mayPass(decision.verdict) && observation?.status === "ok" && delivery === undefined;
}
