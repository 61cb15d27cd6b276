/** The report on a proof bundle, as text and as JSON. */
import { PROOF_FAULTS, type ProofReport } from "../evidence/proof-bundle.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import type { ReportLook } from "./verify-report.js";

export function proofJson(file: string, report: ProofReport): string {
  const { ok, kind, faults, run, publicKey, isPinned } = report;
  return `${reportJson({
    format: "agentk-proof-report/1",
    bundle: file,
    ok,
    kind,
    faults,
    run: run ?? null,
    public_key: publicKey,
    pinned: isPinned,
  })}\n`;
}

export function proofText(file: string, report: ProofReport, { paint }: ReportLook): string {
  const row = (name: string, value: string): string => `  ${paint.dim(name.padEnd(6))}${value}`;
  const claim = report.kind === "inclusion" ? "the line stands in the log" : "the head goes on from the old one";
  const lines = [
    `${paint.title("proof")}  ${visible(file)}`,
    "",
    report.ok ? paint.good(`✓ proved: ${claim}`) : paint.bad(`✗ not proved: ${claim}`),
    ...report.faults.map((fault) => `  ${paint.bad(fault)}  ${PROOF_FAULTS[fault]}`),
    "",
    row("run", report.run === undefined ? "not named by any checkpoint" : visible(report.run)),
    row("key", report.publicKey),
  ];
  if (!report.isPinned)
    lines.push(row("", paint.warn("the bundle's own key: whose it is, it cannot say; give yours with --public-key")));
  return [...lines, ""].join("\n");
}
