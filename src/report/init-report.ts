/** What `agentk init` made, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { DraftTool, Treatment } from "./draft-tools.js";
import { TRUST_LINE } from "./init-policy.js";
import { reportJson } from "./json.js";

const FORMAT = "agentk-init/1";

export interface InitReport {
  readonly file: string;
  readonly serverId: string;
  readonly tools: readonly DraftTool[];
  /** How many of the last tools the file has no room for. */
  readonly leftOut: number;
}

/** For stderr: that the draft lets nothing be written yet, and the line that changes it; undefined when it does not matter. */
export function initWarning({ file, tools, leftOut }: InitReport): string | undefined {
  const closed = tools.slice(0, tools.length - leftOut).filter(({ treatment }) => treatment === "vouch").length;
  if (closed === 0) return undefined;
  const count = closed === 1 ? "1 tool that writes or sends is" : `all ${String(closed)} tools that write or send are`;
  return [
    `agentk: ${count} denied until the policy says who speaks for the user`,
    `  in ${visible(file)}, under \`#[trust]\`: take the # marks from \`[trust]\` and ${TRUST_LINE}`,
    "",
  ].join("\n");
}

/** `effect` of a tool: allow, vouch (allowed when what it acts on is vouched for), ask, or deny. */
export function initJson({ file, serverId, tools, leftOut }: InitReport): string {
  const kept = tools.length - leftOut;
  const rows = tools.map(({ tool, class: found, treatment }, index) => ({
    name: tool.name,
    ...found,
    effect: treatment === "omit" || index >= kept ? "deny" : treatment,
  }));
  return `${reportJson({ format: FORMAT, file, server: serverId, tools: rows, left_out: leftOut })}\n`;
}

export function initText({ file, serverId, tools, leftOut }: InitReport): string {
  const kept = tools.slice(0, tools.length - leftOut);
  const count = (treatment: Treatment): string => String(kept.filter((tool) => tool.treatment === treatment).length);
  const denied = kept.filter((tool) => tool.treatment === "omit").length + leftOut;
  return [
    `${visible(file)}: a policy for ${String(tools.length)} tools of ${visible(serverId)}`,
    `  ${count("allow")} read and are allowed`,
    `  ${count("vouch")} write or send: allowed when what they act on was named by the user or something trusted`,
    `  ${count("ask")} ask a human`,
    `  ${String(denied)} are denied`,
    "It is a draft: read it before you use it.",
    "",
  ].join("\n");
}
