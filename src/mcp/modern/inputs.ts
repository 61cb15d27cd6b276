/**
 * A server's questions within a result, each a request of the server's own to the kernel: decided before the client sees
 * it, and open until the retry brings an answer, which is decided before the server sees that.
 */
import { mayPass } from "../../abi/decision.js";
import type { Observation } from "../../abi/ports.js";
import { openPayload } from "../../abi/request.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import { MAX_SERVER_QUESTIONS } from "../../base/limits.js";
import type { Dispatch, Judged } from "../../kernel/dispatch.js";
import { handedOn } from "../handed.js";
import { withoutAgentkMeta } from "../methods/claims.js";
import type { RequestContract } from "../methods/contract.js";
import { observeResult, type McpRequest } from "../observed.js";
import type { ResultMessage } from "../wire/message.js";
import { resultLine } from "../wire/write.js";
import { inputRequestsShape, QUESTION_CONTRACTS } from "./contracts/input.js";
import { deferred } from "./deferred.js";
import { isOurs, type Question, type Waiting } from "./retry.js";

export interface InputParts {
  readonly dispatch: Dispatch<McpRequest>;
  readonly identity: { readonly session: string; readonly agent: string; readonly server: string };
}

export class Inputs {
  private readonly parts: InputParts;
  private open = 0;

  constructor(parts: InputParts) {
    this.parts = parts;
  }

  /** The questions as the client may be asked them; undefined when one of them may not be: then none is asked. */
  async ask(questions: readonly Question[]): Promise<readonly Question[] | undefined> {
    const asked: Question[] = [];
    for (const question of questions) {
      const one = isOurs(question) ? question : await this.askOne(question, QUESTION_CONTRACTS[question.kind]);
      if (one === undefined) {
        for (const { waiting } of asked) waiting?.ended("not-sent");
        return undefined;
      }
      asked.push(one);
    }
    return asked;
  }

  /** Settles when it is decided, not when it is answered. */
  private async askOne(question: Question, contract: RequestContract): Promise<Question | undefined> {
    const mediated = contract.syscall?.(question.params);
    if (mediated === undefined || this.open >= MAX_SERVER_QUESTIONS) return undefined;
    this.open++;
    const done = deferred<Observation>();
    const shown = deferred<string | undefined>();
    const request: McpRequest = {
      ...this.parts.identity,
      from: "server",
      ...{ kind: mediated.kind, subject: mediated.subject },
      arguments: openPayload(canonicalJson(mediated.arguments ?? {})),
      // It has no id on the wire: what it is called in the result is no place among requests under way.
      exchange: noExchange(question.method),
      ...{ contract, params: question.params, line: "" },
      perform: (_call, sent) => {
        shown.resolve(sent ?? "");
        return done.promise;
      },
    };
    const judged = this.parts.dispatch.request(request).finally(() => {
      this.open--;
      shown.resolve(undefined);
    });
    const sent = await shown.promise;
    if (sent === undefined) return undefined;
    const params = sent === "" ? question.params : changedParams(contract, question, sent);
    const waiting = waitingFor({ request: { ...request, params: params ?? {} }, judged, finish: done.resolve });
    if (params !== undefined) return { ...question, params, waiting };
    waiting.ended("not-sent");
    return undefined;
  }
}

function noExchange(method: string): McpRequest["exchange"] {
  return { id: "", method, progressToken: undefined, call: undefined, isForwarded: false };
}

/** What a `transform` made of the question; undefined when that is none any more. */
function changedParams(contract: RequestContract, asked: Question, sent: string): JsonObject | undefined {
  const changed = JSON.parse(sent) as JsonObject;
  const params = contract.withArguments?.(asked.params, changed) ?? changed;
  return inputRequestsShape.check({ made: { method: asked.method, params } }, "") === undefined ? params : undefined;
}

interface Shown {
  readonly request: McpRequest;
  readonly judged: Promise<Judged>;
  readonly finish: (observation: Observation) => void;
}

function waitingFor({ request, judged, finish }: Shown): Waiting {
  return {
    answered: async (response) => {
      const message: ResultMessage = { form: "result", id: "", result: response, canonical: resultLine("", response) };
      finish(observeResult(request, message));
      const { decision, delivery, page } = await judged;
      if (!mayPass(decision.verdict) || delivery?.verdict === "deny" || page === undefined) return undefined;
      const handed = handedOn(page, response);
      return handed === undefined ? undefined : withoutAgentkMeta(handed);
    },
    ended: (status) => {
      finish({ status });
    },
  };
}
