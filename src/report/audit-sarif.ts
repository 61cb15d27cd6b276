/** An audit as SARIF 2.1.0, the form that code scanning services read. */
import {
  countsAgainst,
  type AuditFinding,
  type AuditReport,
  type CheckedFact,
  type CheckStatus,
} from "../abi/audit.js";
import { reportJson } from "./json.js";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** SARIF 2.1.0, section 3.27.9: only a result of kind `fail` has a level. */
const KINDS: Readonly<Record<CheckStatus, string>> = {
  ok: "pass",
  warn: "fail",
  fail: "fail",
  "not-applicable": "notApplicable",
};

export function auditSarif(report: AuditReport): string {
  const { checks, version } = report;
  const rules = checks.map(({ id, title, fails }) => ({
    id,
    shortDescription: { text: title },
    fullDescription: { text: fails },
  }));
  const run = {
    tool: { driver: { name: "agentk", version, rules } },
    invocations: [{ executionSuccessful: true, commandLine: `agentk ${report.command}` }],
    results: checks.flatMap((checked, index) => resultsOf(checked, { index, report })),
  };
  return `${reportJson({ $schema: SCHEMA, version: "2.1.0", runs: [run] })}\n`;
}

interface Where {
  readonly index: number;
  readonly report: AuditReport;
}

/** One result a finding; one for the check when it has none. */
function resultsOf({ id, title, result }: CheckedFact, { index, report }: Where): readonly object[] {
  const { status, detail, findings = [] } = result;
  const level = levelOf(status, countsAgainst(result, report.isStrict));
  const head = { ruleId: id, ruleIndex: index, kind: KINDS[status], level };
  const shown = findings.length === 0 ? [{ text: detail }] : findings;
  return shown.map((finding) => ({
    ...head,
    message: { text: findings.length === 0 ? `${title}: ${detail}` : `${detail}: ${finding.text}` },
    locations: [{ physicalLocation: placeOf(finding, report.home) }],
  }));
}

function levelOf(status: CheckStatus, counts: boolean): string {
  if (counts) return "error";
  return status === "warn" ? "warning" : "none";
}

/** Services refuse a result without a place, so one that has none is put to a file that every project has. */
function placeOf({ file, line }: AuditFinding, home: string): object {
  const artifactLocation = { uri: encodeURI(file ?? home), uriBaseId: "%SRCROOT%" };
  return line === undefined ? { artifactLocation } : { artifactLocation, region: { startLine: line } };
}
