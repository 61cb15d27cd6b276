/** What the tools of `mcp-server` do: each a request, a page or an outcome of the one kernel. */
import { mayPass, REASONS, type Decision } from "../../abi/decision.js";
import type { Observation } from "../../abi/ports.js";
import { openPayload } from "../../abi/request.js";
import { canonicalJson } from "../../base/canonical.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { anyObject, anything, record, text, type Shape } from "../../base/shape.js";
import type { Judged, TakenPage } from "../../kernel/dispatch.js";
import { isQuarantined } from "../../mcp/handed.js";
import { DESCRIBE, MEDIATE, RECORD } from "./kernel-server-tools.js";
import { mediateShape, requestName, type MediateRequest } from "./request.js";
import { askedOf, type Asked, type Mediation } from "./mediation.js";

/** What a tool answers: its report, and whether a model should take it for a failure. */
export interface ToolAnswer {
  readonly report: JsonObject;
  readonly isError: boolean;
}

/** Why a tool did not even ask the kernel. */
export interface ToolRefusal {
  readonly refusal: "lifecycle" | "message-limit";
  readonly detail: string;
}

interface Tool {
  /** Closed: an unknown member is refused. */
  readonly shape: Shape<unknown>;
  readonly run: (calls: KernelCalls, args: JsonObject) => Promise<ToolAnswer | ToolRefusal>;
}

/** An allowed call whose result has not been brought. */
interface Open {
  readonly settle: (observation: Observation) => void;
  readonly judged: Promise<Judged>;
}

const TOO_MANY: ToolRefusal = { refusal: "message-limit", detail: "the run has as many agents as it may have" };

export class KernelCalls {
  private readonly mediation: Mediation;
  private readonly open = new Map<string, Open>();

  constructor(mediation: Mediation) {
    this.mediation = mediation;
  }

  /** Answers as soon as it is decided; an allowed call waits for its result, as one with a server would. */
  async mediate(request: MediateRequest): Promise<ToolAnswer | ToolRefusal> {
    const { mediation, open } = this;
    const session = mediation.sessionOf(request.agent_id);
    if (session === undefined) return TOO_MANY;
    return new Promise((resolve) => {
      const answer = (judged: Pick<Judged, "decision" | "call">, more: JsonObject): void => {
        const report = { ...mediation.report(request, judged), ...more };
        resolve({ report, isError: !mayPass(judged.decision.verdict) });
      };
      const judged = mediation.ask(request.agent_id, session, askedOf(request), ({ call, decision, sent }) => {
        const changed = sent === undefined ? {} : { arguments: JSON.parse(sent) as JsonObject };
        answer({ decision, call }, { ...changed, open: true });
        return new Promise((settle) => open.set(call, { settle, judged }));
      });
      // Whatever was not carried out has its answer here; for the rest this comes too late to matter.
      void judged.then((denied) => {
        answer(denied, { open: false });
      });
    });
  }

  /** A descriptor is one page of a listing that is never seen whole. */
  async describe(agent: string, descriptor: JsonObject): Promise<ToolAnswer | ToolRefusal> {
    const session = this.mediation.sessionOf(agent);
    if (session === undefined) return TOO_MANY;
    const asked: Asked = { kind: "tool.describe", subject: { item: "tools" } };
    const content = openPayload(canonicalJson({ nextCursor: "", tools: [descriptor] }));
    const seen = { status: "ok", page: { method: "tools/list#result", content } } as const;
    const judged = await this.mediation.ask(agent, session, asked, () => Promise.resolve(seen));
    const shown = handed(
      judged,
      descriptor,
      (value) => (value as { readonly tools?: readonly JsonValue[] }).tools?.[0],
    );
    const more = shown === undefined ? {} : { descriptor: shown };
    return this.answer(judged, { agent_id: agent, ...more }, shown !== undefined);
  }

  /** INVARIANT: a call has one result; what is brought for any other is refused. */
  async record(call: string, result: JsonValue): Promise<ToolAnswer | ToolRefusal> {
    const open = this.open.get(call);
    if (open === undefined) return { refusal: "lifecycle", detail: "no call of this id waits for its result" };
    this.open.delete(call);
    const isError = isJsonObject(result) && result["isError"] === true;
    const page = { method: "tools/call#result", content: openPayload(canonicalJson(result)) };
    open.settle({ status: isError ? "tool-error" : "ok", page });
    const judged = await open.judged;
    const shown = handed(judged, result, (value) => value);
    return this.answer(judged, shown === undefined ? {} : { result: shown }, shown !== undefined);
  }

  /** The last word is the delivery's, where there was one. */
  private answer({ decision, delivery, call, page }: Judged, more: JsonObject, isShown: boolean): ToolAnswer {
    const last: Decision = isWithheld(page) ? QUARANTINED : (delivery ?? decision);
    const { verdict, rule, reason } = last;
    const { says, retryable } = REASONS[reason];
    const named = call === undefined ? {} : { call };
    const found = page === undefined ? {} : pageFacts(page);
    const decided = { decision: verdict, rule, reason, says, retryable, ...named, log: this.mediation.log };
    return { report: { ...decided, ...found, ...more }, isError: !isShown };
  }
}

/** Of one descriptor that the kernel took out of its listing, the listing that is delivered says nothing. */
const QUARANTINED: Decision = { verdict: "deny", rule: "quarantined", reason: "quarantined" };

function isWithheld(page: TakenPage | undefined): boolean {
  return page?.value.changes?.some(({ kind }) => kind === "withhold") === true;
}

function pageFacts({ value }: TakenPage): JsonObject {
  return { page: value.page, labels: value.labels, signs: value.signs };
}

/** What of it may be shown: itself, what a `transform` made of it, or nothing. */
function handed(
  { delivery, page }: Judged,
  whole: JsonValue,
  part: (value: JsonValue) => JsonValue | undefined,
): JsonValue | undefined {
  if (delivery === undefined || page === undefined || !mayPass(delivery.verdict)) return undefined;
  if (isQuarantined(page.value.changes)) return undefined;
  return page.handed === undefined ? whole : part(JSON.parse(page.handed) as JsonValue);
}

const describeShape = record({ agent_id: requestName, descriptor: anyObject() });
const recordShape = record({ call: text({ form: /^c\d+$/, max: 32 }), result: anything() });

/** INVARIANT: `run` is called only on what `shape` has passed. A map, not an object: `constructor` is no tool. */
export const TOOLS: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  [MEDIATE, { shape: mediateShape, run: (calls, args) => calls.mediate(args as unknown as MediateRequest) }],
  [
    DESCRIBE,
    {
      shape: describeShape,
      run: (calls, args) => calls.describe(args["agent_id"] as string, args["descriptor"] as JsonObject),
    },
  ],
  [RECORD, { shape: recordShape, run: (calls, args) => calls.record(args["call"] as string, args["result"] ?? null) }],
]);
