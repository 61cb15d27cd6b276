/** The report on a log of the Rust AgentK, as text and as JSON. */
import { LEGACY_FINDINGS, type LegacyFindingCode } from "../evidence/legacy/legacy-findings.js";
import type { LegacySigner } from "../evidence/legacy/signers.js";
import type { LegacyReport } from "../evidence/legacy/verify.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { wrap, type Paint } from "./style.js";
import type { ReportLook } from "./verify-report.js";

const MAX_PROSE = 100;

export function importJson(log: string, report: LegacyReport): string {
  const { counts } = report;
  const members = {
    format: "agentk-import/1",
    log,
    ok: report.ok,
    pinned: report.isPinned,
    weak: true,
    version: report.version ?? null,
    agent: report.agent ?? null,
    lines: report.lines,
    events: counts.events,
    allowed: counts.allowed,
    denied: counts.denied,
    receipts: counts.receipts,
    handles: counts.handles,
    head: report.head ?? null,
    signers: report.signers.map(signerMembers),
    other_signatures: report.otherSignatures,
    decisions: report.decisions,
    syscalls: report.syscalls,
    finding_count: report.findingCount,
    findings: report.findings,
    weaknesses: report.weaknesses,
    proved: report.proved,
  };
  return `${reportJson(members)}\n`;
}

function signerMembers(signer: LegacySigner): Readonly<Record<string, unknown>> {
  const { fingerprint, legacyFingerprint, isDevelopmentKey, isTrusted, receipts, handles } = signer;
  return {
    fingerprint,
    rust_fingerprint: legacyFingerprint,
    development_key: isDevelopmentKey,
    trusted: isTrusted ?? null,
    receipts,
    handles,
  };
}

/** The whole report as text, for a terminal. */
export function importText(log: string, report: LegacyReport, look: ReportLook): string {
  const { paint } = look;
  const width = Math.min(look.width, MAX_PROSE);
  return [
    `${paint.title("Rust AgentK log")}  ${visible(log)}`,
    "",
    headline(report, paint),
    "",
    ...facts(report, paint),
    ...decisionsText(report, paint),
    ...findingsText(report, { paint, width }),
    ...section("What this proves", report.proved, { paint, width, mark: paint.good("✓") }),
    ...section(
      "Why it is weak",
      report.weaknesses.map(({ code, seen, means }) => `${code} (${seen}): ${means}`),
      { paint, width, mark: paint.warn("!") },
    ),
    "",
  ].join("\n");
}

function headline({ ok, findings, findingCount, noteCount }: LegacyReport, paint: Paint): string {
  if (ok) {
    const doubt = noteCount === 0 ? "" : `, and ${plural(noteCount, "place")} that no honest writer writes`;
    return paint.warn(`! weak: its own rules hold${doubt}; what these do not cover is below`);
  }
  const failures = findings.filter(({ severity }) => severity === "failure").length;
  const more = findingCount > findings.length ? "more than " : "";
  return paint.bad(`✗ not verified: ${more}${plural(failures, "check")} failed`);
}

function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function facts(report: LegacyReport, paint: Paint): readonly string[] {
  const { counts, version, agent, head, signers } = report;
  const pairs: (readonly [string, string])[] = [
    ["version", version ?? "unknown"],
    ["agent", agent ?? "not stated"],
    ["lines", `${String(report.lines)} (${plural(counts.events, "event")})`],
    ["calls", `${String(counts.allowed)} allowed, ${String(counts.denied)} denied`],
    ["signed", `${plural(counts.receipts, "receipt")}, ${plural(counts.handles, "secret handle")}`],
  ];
  for (const signer of signers.slice(0, 10)) pairs.push(["signer", signerText(signer)]);
  const more = signers.slice(10).reduce((sum, s) => sum + s.receipts + s.handles, report.otherSignatures);
  if (more > 0) pairs.push(["", `and ${plural(more, "signature")} by further keys`]);
  if (head !== undefined) pairs.push(["last hash", head]);
  return pairs.map(([name, value]) => `  ${paint.dim(name.padEnd(10))}${value}`);
}

function signerText({ fingerprint, receipts, handles, isDevelopmentKey, isTrusted }: LegacySigner): string {
  const trust = isTrusted === undefined ? "" : isTrusted ? ", trusted" : ", not trusted";
  const known = isDevelopmentKey ? ", the published development key" : "";
  return `${fingerprint} (${String(receipts + handles)} valid${trust}${known})`;
}

function decisionsText({ decisions, syscalls }: LegacyReport, paint: Paint): readonly string[] {
  if (decisions.length === 0) return [];
  const rows = (list: LegacyReport["decisions"]): readonly string[] =>
    list.map(({ name, count }) => `  ${String(count).padStart(6)}  ${name}`);
  return ["", paint.title("Decisions"), ...rows(decisions), "", paint.title("Syscalls"), ...rows(syscalls)];
}

function findingsText(report: LegacyReport, { paint, width }: ReportLook): readonly string[] {
  const { findings, findingCount } = report;
  if (findings.length === 0) return [];
  const lines = ["", paint.title("Findings")];
  for (const { line, code, detail, severity } of findings) {
    const mark = severity === "failure" ? paint.bad("✗") : paint.warn("!");
    const place = line === undefined ? "the file" : `line ${String(line)}`;
    lines.push(`  ${mark} ${wrap(`${place}  ${code}: ${detail}`, width, "    ")}`);
  }
  if (findingCount > findings.length) lines.push(`  and ${String(findingCount - findings.length)} more`);
  lines.push("", paint.title("What they mean"));
  for (const code of new Set<LegacyFindingCode>(findings.map((finding) => finding.code))) {
    const { means, theirs } = LEGACY_FINDINGS[code];
    const own = theirs === "caught" ? "the Rust AgentK finds it as well" : "the Rust AgentK lets it pass";
    lines.push(`  ${code}`, `    ${paint.dim(wrap(`${means}; ${own}`, width, "    "))}`);
  }
  return lines;
}

function section(title: string, items: readonly string[], look: ReportLook & { mark: string }): readonly string[] {
  if (items.length === 0) return [];
  const { paint, width, mark } = look;
  return ["", paint.title(title), ...items.map((item) => `  ${mark} ${wrap(item, width, "    ")}`)];
}
