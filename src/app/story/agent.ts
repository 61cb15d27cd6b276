/**
 * The scripted agent. It is hijacked, not clever: what a step says beyond its script it takes out of what it was really
 * handed before, so that what is seen to flow has flowed. Attacker-controlled: every answer.
 */
import type { ClientKind, Scenario, StepSeen, StoryStep } from "../../abi/story.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { PLACEHOLDER } from "../../policy/scenario.js";
import { textsIn, type Answer, type StoryClient } from "./client.js";
import { withClaims } from "./client-kinds.js";

const NOTIFICATION = "notifications/";
const DECISION = "agentk/decision";

export interface AgentWords {
  readonly kind: ClientKind;
  /** Whether agentk stands in between: only then do its marks in an answer mean anything. */
  readonly isGuarded: boolean;
  /** What the agent knows from the start: its folder and its home. */
  readonly given: ReadonlyMap<string, string>;
}

/** Plays the steps in order. Told of each as it is over. */
export async function playSteps(
  { steps }: Scenario,
  client: StoryClient,
  words: AgentWords,
  onStep: (seen: StepSeen) => void,
): Promise<readonly StepSeen[]> {
  const known = new Map(words.given);
  const seen: StepSeen[] = [];
  for (const step of steps) {
    const one = await playStep(step, client, { ...words, known });
    seen.push(one);
    onStep(one);
  }
  return seen;
}

async function playStep(
  step: StoryStep,
  client: StoryClient,
  { kind, isGuarded, known }: AgentWords & { readonly known: Map<string, string> },
): Promise<StepSeen> {
  const about = { does: step.does, call: nameOf(step) };
  const params = filled(step.params as JsonObject, known);
  if (params === undefined) return { ...about, fate: "not-tried", says: "nothing that was read says what to do" };
  if (step.method.startsWith(NOTIFICATION)) {
    client.tell(step.method, params);
    return { ...about, fate: "passed", says: "sent" };
  }
  const answer = await client.ask(step.method, withClaims(kind, params, step.labels));
  take(step, answer, known);
  return { ...about, ...fateOf(answer, isGuarded) };
}

function nameOf({ method, params }: StoryStep): string {
  const { name } = params;
  return method === "tools/call" && typeof name === "string" ? name : method;
}

/** The params with the placeholders filled in; undefined when one is of what was never read. */
function filled(params: JsonObject, known: ReadonlyMap<string, string>): JsonObject | undefined {
  const missing: string[] = [];
  const fill = (value: JsonValue): JsonValue => {
    if (typeof value === "string")
      return value.replace(PLACEHOLDER, (_, name: string, form: string | undefined) => {
        const found = known.get(name);
        if (found === undefined) missing.push(name);
        return form === "base64" ? Buffer.from(found ?? "").toString("base64") : (found ?? "");
      });
    if (!isJsonObject(value)) return Array.isArray(value) ? value.map(fill) : value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member)]));
  };
  const done = fill(params);
  return missing.length === 0 && isJsonObject(done) ? done : undefined;
}

/** What the agent remembers of an answer, errors too: a model reads those as well. */
function take({ take: wanted }: StoryStep, answer: Answer, known: Map<string, string>): void {
  const text = wordsOf(answer).join("\n");
  for (const [name, expression] of Object.entries(wanted)) {
    const [, found] = new RegExp(expression, "u").exec(text) ?? [];
    if (found !== undefined) known.set(name, found);
  }
}

function wordsOf(answer: Answer): readonly string[] {
  return answer === undefined ? [] : textsIn(answer["error"] ?? withoutMeta(answer["result"]));
}

function withoutMeta(result: JsonValue | undefined): JsonValue {
  if (result === undefined || !isJsonObject(result)) return result ?? null;
  return Object.fromEntries(Object.entries(result).filter(([name]) => name !== "_meta"));
}

/** How an answer looks to its client. */
function fateOf(answer: Answer, isGuarded: boolean): Pick<StepSeen, "fate" | "rule" | "says"> {
  if (answer === undefined) return { fate: "unanswered", says: "no answer" };
  const says = summaryOf(answer);
  const rule = isGuarded ? ruleOf(answer) : undefined;
  if (rule !== undefined) return { fate: "blocked", rule, says };
  const { error, result } = answer;
  const isFailed = error !== undefined || member(result, "isError") === true;
  return { fate: isFailed ? "failed" : "passed", says };
}

/** The rule by which agentk says that it denied. No server can say so through agentk: it takes its own marks out. */
function ruleOf({ result, error }: JsonObject): string | undefined {
  const evidence = member(member(result, "_meta"), DECISION) ?? member(member(error, "data"), "agentk");
  const rule = member(evidence, "rule");
  return typeof rule === "string" ? rule : undefined;
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value !== undefined && isJsonObject(value) ? value[name] : undefined;
}

/** The first words that a reader would see: prose of a content, the message of an error, else names. */
function summaryOf(answer: JsonObject): string {
  const message = member(answer["error"], "message");
  const code = member(answer["error"], "code");
  if (typeof message === "string") return typeof code === "number" ? `${String(code)} ${message}` : message;
  const content = member(answer["result"], "content") ?? member(answer["result"], "contents");
  const items: readonly JsonValue[] = content !== undefined && Array.isArray(content) ? content : [];
  const first = member(items[0], "text");
  return typeof first === "string" ? first : wordsOf(answer).join(", ");
}
