/** The report of `fork-replay-behavior`: which outputs differ, and which decisions after them. */
import { visible } from "../evidence/visible.js";
import { counted, forkedLogJson, forkedLogLines, type ForkedLog } from "./fork-report.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

export interface ForkedBehavior extends ForkedLog {
  readonly baselineOutputs: number;
  readonly overrideOutputs: number;
  readonly divergences: readonly {
    readonly seq: number;
    readonly call: string | undefined;
    readonly differs: readonly string[];
    readonly labels: { readonly original: readonly string[]; readonly fork: readonly string[] | undefined };
  }[];
}

export function behaviorJson(file: string, report: ForkedBehavior): string {
  const { baselineOutputs, overrideOutputs, divergences } = report;
  return `${reportJson({
    format: "agentk-fork-behavior/1",
    behavior: file,
    baseline_outputs: baselineOutputs,
    override_outputs: overrideOutputs,
    divergences: divergences.map(({ seq, call, differs, labels }) => ({
      seq,
      call: call ?? null,
      differs,
      original_labels: labels.original,
      fork_labels: labels.fork ?? null,
    })),
    ...forkedLogJson(report),
  })}\n`;
}

export function behaviorText(file: string, report: ForkedBehavior, look: ReportLook): string {
  const { paint } = look;
  const { baselineOutputs, overrideOutputs, divergences } = report;
  return [
    `${paint.title("fork-replay-behavior")}  ${visible(report.log)}  with ${visible(file)}`,
    "",
    `  ${counted(baselineOutputs, "output")}, ${String(overrideOutputs)} given, of which ${String(divergences.length)} not as recorded`,
    ...divergences.map(({ seq, differs, labels }) => {
      const given = labels.fork === undefined ? "" : `  ${labelsWords(labels.original)} -> ${labelsWords(labels.fork)}`;
      return `  #${String(seq)}  ${differs.join(", ")}${given}`;
    }),
    ...forkedLogLines(report, look),
    "",
  ].join("\n");
}

function labelsWords(labels: readonly string[]): string {
  return labels.map(visible).join(", ");
}
