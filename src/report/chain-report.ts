/** The report of `verify --chain-only`, which says at least as much of what was not looked at as of what was. */
import type { ChainReport } from "../evidence/chain.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { wrap } from "./style.js";
import type { ReportLook } from "./verify-report.js";

const MAX_PROSE = 100;

/** INVARIANT: all that `verify` looks at beyond the chain is named here. */
const NOT_CHECKED = [
  "that the log is whole: lines cut from its end are not missed, nor is a close line, and no seal is checked",
  "who wrote it: no signature of a head, a receipt or the seal is checked, and whoever writes all lines anew makes a good chain",
  "that lines are JSON, in the one canonical form, with the members that their types must have",
  "that sequence numbers and clocks go on, and that the first line opens a run",
  "the account: policies, decisions, receipts, outcomes, counts, and the tree that heads are signed over",
] as const;

export function chainJson(log: string, { ok, lines, head, broken }: ChainReport): string {
  const members = { ok, lines, head: head ?? null, broken: broken ?? null, not_checked: NOT_CHECKED };
  return `${reportJson({ format: "agentk-verify-chain/1", log, ...members })}\n`;
}

export function chainText(log: string, { ok, lines, head, broken }: ChainReport, look: ReportLook): string {
  const { paint } = look;
  const width = Math.min(look.width, MAX_PROSE);
  const count = `${String(lines)} lines`;
  return [
    `${paint.title("flight log")}  ${visible(log)}`,
    "",
    ok
      ? paint.warn(`! chain only: ${count} follow one another; the log is not verified`)
      : paint.bad("✗ the chain is broken"),
    "",
    ...(broken === undefined ? [] : [`  ${paint.bad("✗")} line ${String(broken.line)} ${broken.detail}`]),
    ...(head === undefined ? [] : [`  ${paint.dim("last hash".padEnd(10))}${head}, of line ${String(lines)}`]),
    "",
    paint.title("Not checked (`agentk verify` without --chain-only does)"),
    ...NOT_CHECKED.map((item) => `  ${paint.dim("·")} ${wrap(item, width, "    ")}`),
    "",
  ].join("\n");
}
