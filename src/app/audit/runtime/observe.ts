/** What several checks look for in an answer or in a log. */
import type { CheckResult } from "../../../abi/audit.js";
import { failed, passed } from "../check.js";
import type { Scenario } from "./scenario.js";
import { SERVER_CANARY, type Reply } from "./session.js";

/** One condition that must hold, and what to say when it does not. */
export type Demand = readonly [holds: boolean, otherwise: string];

/** Passed when all hold; else failed with the first that does not. */
export function demand(ok: string, ...demands: readonly Demand[]): CheckResult {
  const broken = demands.find(([holds]) => !holds);
  return broken === undefined ? passed(ok) : failed(broken[1]);
}

/** An answer of agentk's own with one of its codes, and nothing of the server's words. */
export function isRedacted({ error }: Reply, ...codes: readonly number[]): boolean {
  return error !== undefined && codes.includes(error.code) && !JSON.stringify(error).includes(SERVER_CANARY);
}

export function isDenied({ result }: Reply): boolean {
  const meta = result?.["_meta"] as Readonly<Record<string, unknown>> | undefined;
  const decision = meta?.["agentk/decision"] as { readonly verdict?: unknown } | undefined;
  return result?.["isError"] === true && typeof decision?.verdict === "string" && decision.verdict !== "allow";
}

/** The decision that the log has for the last call of a tool. */
export function loggedDecision(run: Scenario, tool: string): string | undefined {
  const lines = run.lines.filter(({ type, value }) => type === "syscall" && value.target === `audit/${tool}`);
  const decision = lines.at(-1)?.value.decision;
  return decision === undefined ? undefined : `${decision.verdict}:${decision.rule}`;
}

export function saysCanary(reply: Reply): boolean {
  return JSON.stringify(reply).includes(SERVER_CANARY);
}

/** The methods of what reached the server, in order. */
export function methodsSeen(run: Scenario): readonly (string | undefined)[] {
  return run.session.seen.map((line) => (JSON.parse(line) as { readonly method?: string }).method);
}
