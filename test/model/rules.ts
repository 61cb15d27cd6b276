/** The model's policies: a list of rules as data, the first that holds decides, and none that holds is a denial. From docs/policy.md. */
import { carries, NOTHING, type Labels } from "./labels.js";
import type { Found } from "./memory.js";

/** What a call names. `remember` writes memory, which nothing performs; `drop` stands in no rule. */
export const TOOLS = ["read_crm", "read_vault", "get_page", "pay", "send", "post", "drop", "remember"] as const;
export type Tool = (typeof TOOLS)[number];

/** What the operator says of what a tool brings; of the others nobody speaks. */
export const SOURCES: Partial<Readonly<Record<Tool, Labels>>> = {
  read_crm: { ...NOTHING, secrecy: 1, pii: 1 },
  read_vault: { ...NOTHING, secrecy: 2 },
};

export interface Rule {
  readonly id: string;
  readonly effect: "allow" | "deny" | "ask";
  readonly tools: readonly Tool[];
  /** At least one of these is on the call. */
  readonly labels?: readonly string[];
  /** The argument was found in one of these origins. */
  readonly from?: readonly string[];
  /** None of these is on the argument. */
  readonly without?: readonly string[];
}

export interface Policy {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Pages with one of these labels are withheld. */
  readonly withhold: readonly string[];
}

export interface Decision {
  readonly verdict: "allow" | "deny" | "ask";
  readonly rule: string;
}

export function decide({ rules }: Policy, tool: Tool, labels: Labels, value: Found): Decision {
  const rule = rules.find((one) => holds(one, tool, labels, value));
  if (rule === undefined) return { verdict: "deny", rule: "default-deny" };
  // Nothing in this agentk performs it, whatever a rule says.
  if (tool === "remember" && rule.effect !== "deny") return { verdict: "deny", rule: "no-driver" };
  return { verdict: rule.effect, rule: rule.id };
}

function holds({ tools, labels, from, without }: Rule, tool: Tool, call: Labels, value: Found): boolean {
  return (
    tools.includes(tool) &&
    (labels === undefined || labels.some((name) => carries(call, name))) &&
    (from === undefined || from.some((origin) => value.classes.includes(origin))) &&
    !without?.some((name) => carries(value.labels, name))
  );
}

const ALL = TOOLS;
const READS: readonly Tool[] = ["read_crm", "read_vault", "get_page", "remember"];

const POISONED: Rule = { id: "poisoned", effect: "deny", tools: ALL, labels: ["poisoned-suspect"] };
const ENDORSED: Rule = { id: "endorsed", effect: "allow", tools: ["pay"], from: ["user", "trusted"] };
const UNTAINTED: Rule = { id: "untainted", effect: "allow", tools: ["send"], without: ["untrusted"] };
const HUMAN: Rule = { id: "human", effect: "ask", tools: ["post"] };
const READING: Rule = { id: "reading", effect: "allow", tools: READS };

/** The policies that are explored. Each has an argument that must be endorsed; they differ in what stands above it. */
export const POLICIES: readonly Policy[] = [
  { name: "guarded", rules: [POISONED, ENDORSED, UNTAINTED, HUMAN, READING], withhold: ["secret"] },
  { name: "open", rules: [ENDORSED, UNTAINTED, READING], withhold: [] },
  {
    name: "private",
    rules: [
      { id: "leaks", effect: "deny", tools: ["send", "post"], labels: ["private"] },
      { id: "endorsed", effect: "ask", tools: ["pay", "post"], from: ["user"] },
      {
        id: "clean",
        effect: "allow",
        tools: ["send", "pay"],
        from: ["trusted", "nowhere"],
        without: ["untrusted", "pii"],
      },
      READING,
    ],
    withhold: ["poisoned-suspect"],
  },
];

export const EMPTY_POLICY: Policy = { name: "empty", rules: [], withhold: [] };
