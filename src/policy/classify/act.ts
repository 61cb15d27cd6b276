/**
 * What kind of act a call is and how bad it is when it is wrong, from the names alone: the same call is of the same
 * class in every run and in every replay. Attacker-controlled: a server names its tools, and a name may lie. A class is
 * for rules over tools that nobody has named one by one; it is no reason to trust a tool.
 */
import { ACTS, type Act, type Risk, type SyscallName } from "../../abi/syscalls.js";
import { higherRisk, liftsOf } from "./risk.js";
import { GLUED, JOINS, REACHES, STORED, SYSTEMS, VERBS, type Verb } from "./verbs.js";
import { isPlainName, MAX_CLASSIFIED_NAME, splitName, type NameWords } from "./words.js";

export interface ToolClass {
  readonly act: Act;
  readonly risk: Risk;
  /** For people; made of words of this program's own, never of the tool's name. */
  readonly reason: string;
}

/** No verb that is known: somewhere data may go, so a sink of unknown kind. */
const UNKNOWN: ToolClass = { act: "send", risk: "medium", reason: "unknown verb" };
const TOO_LONG: ToolClass = { act: "execute", risk: "high", reason: "name too long to read" };
const NOT_PLAIN: ToolClass = { act: "send", risk: "medium", reason: "name is not plain letters" };

/** Of words written without a break: `lsdir` is the shortest, and no verb has more than twelve letters. */
const MIN_GLUED_WORD = 5;
const MAX_GLUED_TAIL = 9;
const MAX_GLUED_WORD = 12 + MAX_GLUED_TAIL;

/**
 * The class of a tool by its name: the most dangerous verb wins, and what it acts on can only raise the class.
 * Total, deterministic, linear in the name's length. Callers that ask often keep the answers.
 */
export function classifyTool(tool: string): ToolClass {
  if (tool.length > MAX_CLASSIFIED_NAME) return TOO_LONG;
  const name = splitName(tool);
  const classes = classesOf(name);
  if (classes.length === 0) classes.push(UNKNOWN);
  if (!isPlainName(tool)) classes.push(NOT_PLAIN);
  const found = worst(classes);
  const lifts = liftsOf(name.words, found.act);
  return worst([found, ...lifts.map(({ act = found.act, risk, why }) => ({ act, risk, reason: why }))]);
}

const OF_SYSCALL: Readonly<Record<Exclude<SyscallName, "tool.invoke">, ToolClass>> = {
  "model.call": { act: "send", risk: "medium", reason: "hands text to a model" },
  "context.read": { act: "read", risk: "low", reason: "reads" },
  "memory.read": { act: "read", risk: "low", reason: "reads" },
  "memory.write": { act: "write", risk: "medium", reason: "changes what is stored" },
  "tool.describe": { act: "read", risk: "low", reason: "reads" },
  "tool.response": { act: "read", risk: "low", reason: "reads" },
  "resource.describe": { act: "read", risk: "low", reason: "reads" },
  "resource.read": { act: "read", risk: "low", reason: "reads" },
  "resource.response": { act: "read", risk: "low", reason: "reads" },
  "prompt.describe": { act: "read", risk: "low", reason: "reads" },
  "prompt.get": { act: "read", risk: "low", reason: "reads" },
  "prompt.response": { act: "read", risk: "low", reason: "reads" },
  "secret.open": { act: "read", risk: "high", reason: "touches credentials" },
  "network.send": { act: "send", risk: "medium", reason: "carries data to others" },
  "file.patch": { act: "write", risk: "high", reason: "changes files" },
  "human.approve": { act: "read", risk: "low", reason: "asks a human" },
  "agent.spawn": { act: "execute", risk: "high", reason: "starts another agent" },
};

/** Classes found before. A run calls few tools often; when a hostile client fills it, it starts anew. */
const KNOWN = new Map<string, ToolClass>();
const MAX_KNOWN = 1024;

/** The class of any call. A tool call without a tool is of unknown kind. */
export function classifySyscall(kind: SyscallName, tool = ""): ToolClass {
  if (kind !== "tool.invoke") return OF_SYSCALL[kind];
  const known = KNOWN.get(tool);
  if (known !== undefined) return known;
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  const found = classifyTool(tool);
  KNOWN.set(tool, found);
  return found;
}

/** The highest act and the highest risk of all, which need not be of one verb; the reason names both. */
function worst(classes: readonly ToolClass[]): ToolClass {
  const [first = UNKNOWN, ...others] = classes;
  let byAct = first;
  let byRisk = first;
  for (const one of others) {
    if (ACTS.indexOf(one.act) > ACTS.indexOf(byAct.act)) byAct = one;
    if (one.risk !== byRisk.risk && higherRisk(one.risk, byRisk.risk) === one.risk) byRisk = one;
  }
  const isOne = byAct.reason === byRisk.reason || byAct.risk === byRisk.risk;
  const reason = isOne ? byAct.reason : `${byAct.reason}, ${byRisk.reason}`;
  return { act: byAct.act, risk: byRisk.risk, reason };
}

function classOfVerb({ act, risk, why }: Verb): ToolClass {
  return { act, risk, reason: why };
}

/** Words that are nouns as well are verbs only where a verb stands: as the first word known, or after an `and`. */
function classesOf({ words, start, uncut }: NameWords): ToolClass[] {
  const classes: ToolClass[] = [];
  let awaitsVerb = false;
  words.forEach((word, index) => {
    if (JOINS.has(word) && awaitsVerb) classes.push(UNKNOWN);
    awaitsVerb ||= index === start || JOINS.has(word);
    const verb = verbAt(words, index, start);
    if (verb === undefined || (verb.mayBeNoun && !awaitsVerb)) return;
    classes.push(classOfVerb(verb));
    awaitsVerb = false;
  });
  for (const word of uncut) {
    const verb = VERBS.get(word);
    if (verb !== undefined && !verb.mayBeNoun) classes.push(classOfVerb(verb));
  }
  return classes;
}

function verbAt(words: readonly string[], index: number, start: number): Verb | undefined {
  const word = words[index] ?? "";
  if (REACHES.has(word) && words.slice(index + 1).some((next) => STORED.has(next))) return VERBS.get("get");
  const verb = VERBS.get(word) ?? gluedVerb(word);
  return verb?.act === "read" && mayBeObject(words, index, start, verb) ? undefined : verb;
}

/** `obliterate_list`, `obliterate_count`: behind a word that nobody knows, a word for reading may be its object. */
function mayBeObject(words: readonly string[], index: number, start: number, { mayBeNoun }: Verb): boolean {
  const word = words[index] ?? "";
  const before = words[index - 1] ?? "";
  if (index <= start || JOINS.has(before) || SYSTEMS.has(before)) return false;
  return mayBeNoun || !VERBS.has(word) || (word === "list" && index === words.length - 1);
}

function gluedVerb(word: string): Verb | undefined {
  if (word.length < MIN_GLUED_WORD || word.length > MAX_GLUED_WORD) return undefined;
  for (let tail = 3; tail <= MAX_GLUED_TAIL && tail <= word.length - 2; tail++)
    if (GLUED.has(word.slice(-tail))) return VERBS.get(word.slice(0, -tail));
  return undefined;
}
