/**
 * What a server asks within a result, and the retry that answers it (MCP 2026-07-28, multi-round-trip requests).
 * The server's state never reaches the client: it gets a handle of agentk's own, good for one retry of the same request.
 */
import { canonicalJson } from "../../base/canonical.js";
import type { Digests } from "../../base/digest.js";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { err, ok, type Result } from "../../base/result.js";
import { INPUT_KINDS, QUESTION_CONTRACTS, type InputKind, type InputMethod } from "./contracts/input.js";
import { cutMeta, INPUT_REQUIRED, isAsking } from "./results.js";

/** Results of one connection whose retry is awaited; one more is refused. */
export const MAX_RETRIES = 256;
/** How long a person may take to answer: a retry that comes later is refused. */
export const RETRY_MS = 10 * 60 * 1000;

const HANDLE_BYTES = 24;
const DIGEST_DOMAIN = "agentk/retry/1\n";

/** What only a retry has. */
const RETRY_NAMES: readonly string[] = ["inputResponses", "requestState"];

/** What a request is, for a retry to be the same: its method, what it is about, and all that was judged of it. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  /** As the client sent them; `_meta` and what only a retry has are left out here. */
  readonly params: JsonObject;
}

/** One question, as the client is asked it. */
export interface Question {
  readonly key: string;
  readonly kind: InputKind;
  readonly method: InputMethod;
  readonly params: JsonObject;
  /** The operator's to answer, and not the client's: it is never asked. */
  readonly isOurs?: true;
  /** Who waits for the client's answer. */
  readonly waiting?: Waiting;
}

/** Roots of the policy are agentk's to give. */
export function isOurs({ isOurs }: Question): boolean {
  return isOurs === true;
}

/** A question that the client has been asked. Exactly one of these is called, once. */
export interface Waiting {
  /** Takes the client's answer, which has passed its contract, and gives what of it may reach the server, if anything. */
  readonly answered: (response: JsonObject) => Promise<JsonObject | undefined>;
  /** No answer comes any more, or the question was never shown. */
  readonly ended: (status: "timeout" | "cancelled" | "not-sent") => void;
}

/** What a live handle stands for. */
export interface Pending {
  readonly questions: readonly Question[];
  /** The server's own state. */
  readonly state?: string;
}

/** A handle taken for a retry, and the answers that the retry brings. */
export interface Redeemed {
  readonly pending: Pending;
  readonly answers: readonly Answered[];
}

interface Entry extends Pending {
  readonly method: string;
  readonly target: string;
  readonly digest: string;
  readonly expires: number;
}

export interface RetryParts {
  /** `bytes` fresh random bytes, in hex. */
  readonly nonce: (bytes: number) => string;
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number;
  readonly digests: Pick<Digests, "sha256Hex">;
  /** Told when a handle's time is over, so that what waits for its retry ends. */
  readonly onExpired?: (pending: Pending) => void;
}

export class Retries {
  private readonly entries = new Map<string, Entry>();
  private readonly parts: RetryParts;

  constructor(parts: RetryParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Keeps what was asked and gives the handle for it; undefined when too many wait. None is dropped for another. */
  open(asked: Asked, pending: Pending): string | undefined {
    this.expire();
    if (this.entries.size >= MAX_RETRIES) return undefined;
    const handle = this.parts.nonce(HANDLE_BYTES);
    const { method, target } = asked;
    const expires = this.parts.now() + RETRY_MS;
    this.entries.set(handle, { ...pending, method, target, digest: this.digest(asked), expires });
    return handle;
  }

  /**
   * Takes a handle for a retry, once. Attacker-controlled: the handle and what it comes with. INVARIANT: one that comes
   * with another method, target or argument is refused and stays good for the request that it is of, so that nobody
   * ends another's request by guessing at it.
   */
  redeem(handle: string, asked: Asked): Result<Redeemed, string> {
    this.expire();
    const entry = this.entries.get(handle);
    if (entry === undefined) return err("requestState is not one that is awaited");
    const isSame = entry.method === asked.method && entry.target === asked.target;
    if (!isSame || entry.digest !== this.digest(asked)) return err("requestState belongs to another request");
    const answers = answersIn(entry, asked.params);
    if (!answers.ok) return answers;
    this.entries.delete(handle);
    return ok({ pending: entry, answers: answers.value });
  }

  /** Gives up all that wait, at the end of the connection. */
  close(): readonly Pending[] {
    const waiting = [...this.entries.values()];
    this.entries.clear();
    return waiting;
  }

  /** Entries stand in the order in which their time ends. */
  expire(): void {
    const now = this.parts.now();
    for (const [handle, entry] of this.entries) {
      if (entry.expires > now) return;
      this.entries.delete(handle);
      this.parts.onExpired?.(entry);
    }
  }

  private digest({ params }: Asked): string {
    const judged = without(params, ["_meta", ...RETRY_NAMES]);
    return this.parts.digests.sha256Hex(`${DIGEST_DOMAIN}${canonicalJson(judged)}`);
  }
}

/**
 * The questions of a result that has passed its shape; undefined when it asks none. A question of a kind that the
 * request's envelope did not declare, or the operator does not grant, makes the whole result a broken one.
 * @param capabilities what the server was told, for this request.
 * @param hasClientRoots whether the client is asked for its roots.
 */
export function questionsOf(
  result: JsonObject,
  capabilities: JsonObject,
  hasClientRoots: boolean,
): Result<readonly Question[], string> {
  if (!isAsking(result)) return ok([]);
  const { inputRequests = {} } = result;
  const questions: Question[] = [];
  for (const [key, request] of Object.entries(inputRequests as JsonObject)) {
    const { method, params = {} } = request as { method: InputMethod; params?: JsonObject };
    const kind = INPUT_KINDS[method];
    if (!isDeclared(kind, params, capabilities)) return err(`asks for ${kind}, which was not offered`);
    const isOurs = kind === "roots" && !hasClientRoots;
    questions.push({ key, kind, method, params, ...(isOurs ? { isOurs } : {}) });
  }
  return ok(questions);
}

function isDeclared(kind: InputKind, params: JsonObject, capabilities: JsonObject): boolean {
  const declared = capabilities[kind];
  if (!isJsonObject(declared)) return false;
  if (kind === "sampling") return declared["tools"] !== undefined || !asksWithTools(params);
  if (kind !== "elicitation") return true;
  if (params["mode"] === "url") return declared["url"] !== undefined;
  // An empty object offers forms (MCP 2026-07-28, ClientCapabilities).
  return declared["form"] !== undefined || declared["url"] === undefined;
}

/** Tools are also in a conversation that goes on from their results. */
function asksWithTools({ tools, toolChoice, messages }: JsonObject): boolean {
  if (tools !== undefined || toolChoice !== undefined) return true;
  const turns = messages as readonly { content: JsonObject | readonly JsonObject[] }[];
  return turns.some(({ content }) =>
    [content].flat().some(({ type }) => type === "tool_use" || type === "tool_result"),
  );
}

/** What the client gets: the questions that are its to answer, and the handle in place of the server's state. */
export function askedResult(result: JsonObject, handle: string, questions: readonly Question[]): JsonObject {
  const { _meta } = result;
  const asked = questions.filter((question) => !isOurs(question));
  return {
    ...(_meta === undefined ? {} : { _meta: cutMeta(_meta) }),
    ...(asked.length === 0
      ? {}
      : { inputRequests: Object.fromEntries(asked.map(({ key, method, params }) => [key, { method, params }])) }),
    requestState: handle,
    resultType: INPUT_REQUIRED,
  };
}

/** An answer of the client's to one question of the server's, of the form that such an answer has. */
export interface Answered {
  readonly question: Question;
  readonly response: JsonObject;
}

/**
 * The answers that a retry brings, each held against its contract. Answers to what was not asked are left out, and
 * those about the operator's roots with them. A question may be left unanswered.
 */
export function answersIn(pending: Pending, params: JsonObject): Result<readonly Answered[], string> {
  const { inputResponses = {} } = params;
  const answers: Answered[] = [];
  for (const question of pending.questions) {
    const given = inputResponses as JsonObject;
    if (isOurs(question) || !Object.hasOwn(given, question.key)) continue;
    const response = given[question.key];
    const { result, answerFault } = QUESTION_CONTRACTS[question.kind];
    const fault = result.check(response, "") ?? answerFault?.(response as JsonObject, question.params);
    if (fault !== undefined) {
      return err(`params/inputResponses/${question.key.slice(0, 64)}${fault.path} ${fault.problem}`);
    }
    answers.push({ question, response: response as JsonObject });
  }
  return ok(answers);
}

/** Whether some of the client's answers are to nothing that it was asked. `answers`: those that are. */
export function hasUnasked({ inputResponses = {} }: JsonObject, answers: readonly Answered[]): boolean {
  return Object.keys(inputResponses as JsonObject).length > answers.length;
}

/** What agentk answers to a server that asks for roots: the operator's. */
export function rootsResult(roots: readonly string[]): JsonObject {
  return { roots: roots.map((uri) => ({ uri })) };
}

/** Params of a retry as the server gets them: its own state, the answers that may reach it, and the operator's roots. */
export function retryParams(
  params: JsonObject,
  pending: Pending,
  answers: readonly Answered[],
  roots: readonly string[],
): JsonObject {
  const rest = withoutAnswers(params);
  const asked = pending.questions.filter(isOurs);
  const responses: JsonObject = Object.fromEntries([
    ...answers.map(({ question, response }) => [question.key, response] as const),
    ...asked.map(({ key }) => [key, rootsResult(roots)] as const),
  ]);
  return {
    ...rest,
    ...(pending.questions.length === 0 ? {} : { inputResponses: responses }),
    ...(pending.state === undefined ? {} : { requestState: pending.state }),
  };
}

/** Params without what only a retry has. */
export function withoutAnswers(params: JsonObject): JsonObject {
  return without(params, RETRY_NAMES);
}

function without(params: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));
}
