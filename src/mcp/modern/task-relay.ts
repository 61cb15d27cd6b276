/**
 * The tasks extension of 2026-07-28 between one client and one server: a tool call that is answered with a task, what is
 * asked about that, and the questions that a server has while it goes on.
 */
import type { JsonObject } from "../../base/json.js";
import type { Judged } from "../../kernel/dispatch.js";
import type { Answer, McpRequest } from "../observed.js";
import type { Refused } from "../refused.js";
import { replyTo } from "../reply.js";
import { asTask, isDone, TaskCalls, type Begun, type NewTask } from "../task-calls.js";
import type { Task, TasksEnd } from "../task-table.js";
import { OWN_ERRORS, RPC } from "../wire/codes.js";
import { ownError, requestLine, resultLine } from "../wire/write.js";
import { createTaskResult, TASK, toldTask } from "./contracts/tasks.js";
import { hasTasks } from "./grants.js";
import type { Inputs } from "./inputs.js";
import type { ModernParts } from "./parts.js";
import { COMPLETE, INPUT_REQUIRED, toClient } from "./results.js";
import { answersIn, isOurs, questionsOf, type Question } from "./retry.js";

/** What the request about a task came with. */
export interface TaskAsking {
  readonly request: McpRequest;
  readonly task: Task;
  /** What the server was told the client can do, for this request. */
  readonly capabilities: JsonObject;
}

/** The questions of a task: those the client is to answer, and the names of those that it has answered. */
interface Asked {
  readonly open: Map<string, Question>;
  readonly answered: Set<string>;
}

/** Questions of one task in all. */
const MAX_QUESTIONS = 256;

export class ModernTasks {
  private readonly parts: ModernParts;
  private readonly inputs: Inputs;
  private readonly calls: TaskCalls;
  private readonly asked = new Map<Task, Asked>();

  constructor(parts: ModernParts, inputs: Inputs) {
    this.parts = parts;
    this.inputs = inputs;
    this.calls = new TaskCalls({ ...parts, tasks: parts.session.tasks });
  }

  /** Whether the server may answer this with a task. */
  mayBegin({ contract }: McpRequest, capabilities: JsonObject): boolean {
    return contract.method === "tools/call" && hasTasks(capabilities) && !this.parts.session.tasks.isFull;
  }

  /** Decides and makes a call that the server may answer with a task. What came of it is in `asked`. */
  call(request: McpRequest, asked: McpRequest): Promise<Begun> {
    return this.calls.run(request, Object.assign(asked, asTask(request, isTask, createTaskResult)), taskIn);
  }

  /** The client's answer to a call that has begun a task. */
  begun(id: McpRequest["exchange"]["id"], task: Task): string {
    this.parts.session.tasks.shown(task);
    return resultLine(id, { ...task.told, resultType: TASK });
  }

  /** Decides and answers a request about a task. A refusal is the caller's to record. */
  async about(asking: TaskAsking): Promise<string | Refused | undefined> {
    const { method } = asking.request.contract;
    if (method === "tasks/get") return this.get(asking);
    if (method === "tasks/update") return this.update(asking);
    return this.simple(toServer(asking, {}));
  }

  /** The connection ends. Settles when every call that is a task has its outcome. */
  async close(status: TasksEnd): Promise<void> {
    for (const task of [...this.asked.keys()]) this.forget(task);
    await this.calls.close(status);
  }

  /** A request whose answer says nothing but that it was heard. */
  private async simple(asked: McpRequest): Promise<string | undefined> {
    const made = this.withoutPage(asked);
    const judged = await this.decide(made);
    if (judged === undefined) return undefined;
    return isDone(judged) ? resultLine(asked.exchange.id, { resultType: COMPLETE }) : replyTo(made, judged);
  }

  /** INVARIANT: of a right answer nothing passes but what `told` takes of it. */
  private async get(asking: TaskAsking): Promise<string | undefined> {
    const told: { line?: string | undefined } = {};
    const plain = toServer(asking, {});
    const asked: McpRequest = {
      ...plain,
      contract: { ...plain.contract, answerFault: (result) => this.faultOf(result, asking) },
      perform: async (call, sent) => {
        const observation = await this.parts.upstream.act(call, asked, sent);
        const { answer } = asked;
        if (answer?.kind !== "result") return observation;
        // INVARIANT: from here on it is the call's answer, and of this request nothing can be handed on.
        asked.answer = { kind: "broken" };
        told.line = await this.told(asking, answer.message.result);
        return { status: "ok" };
      },
    };
    const judged = await this.decide(asked);
    if (judged === undefined) return undefined;
    return isDone(judged) ? told.line : replyTo(asked, judged);
  }

  private async told(asking: TaskAsking, said: JsonObject): Promise<string | undefined> {
    const { task, request } = asking;
    const { id } = request.exchange;
    const told = toldTask(said, task.handle);
    if (said["status"] === "completed" || said["status"] === "failed") {
      const line = await this.ended(asking, said, told);
      this.forget(task);
      return line;
    }
    await this.calls.heard(task, told);
    if (task.isOver) this.forget(task);
    if (said["status"] !== INPUT_REQUIRED) return resultLine(id, { ...told, resultType: COMPLETE });
    const questions = await this.questions(asking, said);
    if (questions === undefined) return ownError(id, "withheld", task.call);
    const inputRequests = Object.fromEntries(questions.map(({ key, method, params }) => [key, { method, params }]));
    return resultLine(id, { ...told, inputRequests, resultType: COMPLETE });
  }

  /** The task has its result, or its error: it ends the call, and is judged as the call's. */
  private async ended({ task, request }: TaskAsking, said: JsonObject, told: JsonObject): Promise<string | undefined> {
    const { exchange } = request;
    const answer = endOf(said);
    const ended = await this.calls.end(task, answer, unfinished);
    // It was over before: cancelled, or given up.
    if (ended === undefined) return ownError(exchange.id, "withheld", task.call);
    const line = replyTo({ exchange, contract: ended.contract, answer: ended.answer }, ended.judged);
    if (line === undefined) return undefined;
    const { result, error } = JSON.parse(line) as { result?: JsonObject; error?: JsonObject };
    if (result !== undefined)
      return resultLine(exchange.id, {
        ...{ ...told, status: "completed" },
        result: toClient(result, { isCacheable: false }),
        resultType: COMPLETE,
      });
    // What is agentk's to say of the call is an error of this request; what the server's error may say is the task's.
    const isServers = answer.kind === "error" && error?.["code"] !== OWN_ERRORS.withheld.code;
    return isServers ? resultLine(exchange.id, { ...told, error: error ?? {}, resultType: COMPLETE }) : line;
  }

  /** What is wrong with a right-shaped state as the answer about this task. */
  private faultOf(said: JsonObject, { task, capabilities }: TaskAsking): { path: string; problem: string } | undefined {
    if (said["taskId"] !== task.id) return { path: "/taskId", problem: "is of another task" };
    if (said["status"] !== INPUT_REQUIRED) return undefined;
    const questions = this.questionsIn(said, capabilities);
    if (!questions.ok) return { path: "/inputRequests", problem: questions.error };
    // The client has no part in an answer about the operator's roots, and so no update would carry it.
    if (!questions.value.some(isOurs)) return undefined;
    return { path: "/inputRequests", problem: "asks for roots, which no task is told" };
  }

  private questionsIn(said: JsonObject, capabilities: JsonObject): ReturnType<typeof questionsOf> {
    return questionsOf(asResult(said), capabilities, this.parts.session.grants.hasClientRoots);
  }

  /** The questions that the client is to answer; undefined when one of them may not be asked: then none is. */
  private async questions(
    { task, capabilities }: TaskAsking,
    said: JsonObject,
  ): Promise<readonly Question[] | undefined> {
    const found = this.questionsIn(said, capabilities);
    if (!found.ok) return undefined;
    const asked = this.asked.get(task) ?? { open: new Map<string, Question>(), answered: new Set<string>() };
    // One that is asked again is the one that was decided, whatever the server makes of it now.
    const fresh = found.value.filter(({ key }) => !asked.open.has(key) && !asked.answered.has(key));
    if (asked.open.size + asked.answered.size + fresh.length > MAX_QUESTIONS) return undefined;
    const shown = await this.inputs.ask(fresh);
    if (shown === undefined) return undefined;
    for (const question of shown) asked.open.set(question.key, question);
    this.asked.set(task, asked);
    const keys = new Set(found.value.map(({ key }) => key));
    return [...asked.open.values()].filter(({ key }) => keys.has(key));
  }

  /** The client's answers: held against what was asked and decided, as those of a retry are. */
  private async update(asking: TaskAsking): Promise<string | Refused | undefined> {
    const { task, request } = asking;
    const asked = this.asked.get(task);
    const answers = answersIn({ questions: [...(asked?.open.values() ?? [])] }, request.params);
    if (!answers.ok) return malformed(answers.error);
    if (asked === undefined || answers.value.length === 0)
      return malformed("params/inputResponses answers nothing that was asked");
    // Each is answered once, whatever comes of it.
    for (const { question } of answers.value) {
      asked.open.delete(question.key);
      asked.answered.add(question.key);
    }
    const handed = await Promise.all(
      answers.value.map(async ({ question, response }) => [question.key, await question.waiting?.answered(response)]),
    );
    if (handed.some(([, response]) => response === undefined)) return this.withheld(request);
    return this.simple(toServer(asking, { inputResponses: Object.fromEntries(handed) as JsonObject }));
  }

  private withheld({ exchange }: McpRequest): string | undefined {
    return this.parts.session.release(exchange) ? ownError(exchange.id, "withheld") : undefined;
  }

  /** Nobody answers what a task asks when it is over. */
  private forget(task: Task): void {
    for (const { waiting } of this.asked.get(task)?.open.values() ?? []) waiting?.ended("cancelled");
    this.asked.delete(task);
  }

  private withoutPage(asked: McpRequest): McpRequest {
    const made: McpRequest = {
      ...asked,
      perform: async (call, sent) => {
        const observation = await this.parts.upstream.act(call, made, sent);
        return observation.status === "ok" ? { status: "ok" } : observation;
      },
    };
    return made;
  }

  /** Undefined for a request that was cancelled while its denial was being recorded: it gets no answer. */
  private async decide(asked: McpRequest): Promise<Judged | undefined> {
    const judged = await this.parts.dispatch.request(asked);
    const isDropped = judged.observation === undefined && !this.parts.session.release(asked.exchange);
    return isDropped ? undefined : judged;
  }
}

/** For a task that was found and is not there any more. */
export const TASK_OVER: Refused = malformed("params/taskId is of a task that is over");

function malformed(detail: string): Refused {
  return { ok: false, refusal: "malformed", rpcCode: RPC.invalidParams, detail };
}

/** The request with the server's own id of the task. */
function toServer({ request, task }: TaskAsking, more: JsonObject): McpRequest {
  const params = { _meta: request.params["_meta"] ?? {}, taskId: task.id, ...more };
  return { ...request, params, line: requestLine(request.exchange.id, request.exchange.method, params) };
}

function isTask(result: JsonObject): boolean {
  return result["resultType"] === TASK;
}

function taskIn(result: JsonObject): NewTask | undefined {
  if (!isTask(result)) return undefined;
  const said = result as JsonObject & { readonly taskId: string; readonly ttlMs: number | null };
  return { id: said.taskId, ttl: said.ttlMs ?? undefined, told: (handle) => toldTask(said, handle) };
}

/** A state with questions in the form that a result has them. */
function asResult({ inputRequests = {} }: JsonObject): JsonObject {
  return { inputRequests, resultType: INPUT_REQUIRED };
}

/** What ends a task, as the answer that the call would have had. */
function endOf(said: JsonObject): Extract<Answer, { readonly kind: "result" | "error" }> {
  if (said["status"] === "completed") {
    const result = said["result"] as JsonObject;
    return { kind: "result", message: { form: "result", id: "", result, canonical: resultLine("", result) } };
  }
  const { code, message, data } = said["error"] as { code: number; message: string; data?: JsonObject };
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return { kind: "error", message: { form: "error", id: "", error, canonical: "" } };
}

/** What a task has come to is complete: it asks nothing, and is no other task. */
function unfinished(result: JsonObject): { path: string; problem: string } | undefined {
  const type = result["resultType"];
  return type === undefined || type === COMPLETE ? undefined : { path: "/resultType", problem: "is not complete" };
}
