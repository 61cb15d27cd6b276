/** What was decided about a request that nothing executes, as text and as JSON. */
import { visible, visibleTarget } from "../evidence/visible.js";
import { reportJson } from "./json.js";

/** As src/app/mediate/mediation.ts makes it. */
export interface Mediated {
  readonly executed: false;
  readonly agent_id: string;
  readonly tool: string;
  readonly decision: string;
  readonly rule: string;
  readonly says: string;
  readonly call?: string;
  readonly log: string;
}

export function mediateJson(report: Mediated): string {
  return `${reportJson(report)}\n`;
}

/** One report a line. */
export function mediateLineJson(report: object): string {
  return `${reportJson(report, 0)}\n`;
}

export function mediateText({ agent_id, tool, decision, rule, says, call, log }: Mediated): string {
  const where = call === undefined ? "" : `; ${call} in ${visible(log)}`;
  const what = `${decision}: ${visibleTarget(tool)} for ${visible(agent_id)}`;
  return `${what} (rule \`${visible(rule)}\`: ${says})\nnothing was executed${where}\n`;
}
