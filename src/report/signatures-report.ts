/** The report of `verify-signatures`: that of `verify`, and who signed, and who cosigned. */
import type { WitnessReport } from "../evidence/quorum.js";
import type { SignerRow } from "../evidence/signers.js";
import type { VerifyReport } from "../evidence/verify.js";
import { visible } from "../evidence/visible.js";
import { isoTime } from "./instant.js";
import { reportJson } from "./json.js";
import { verifyMembers, verifyText, type ReportLook } from "./verify-report.js";

/** Of a fingerprint, what is enough to recognise a key by. */
const SHOWN = "sha256:".length + 16;

export function signaturesJson(log: string, report: VerifyReport, witnesses: WitnessReport | undefined): string {
  const members = { ...verifyMembers(report), ok: isOk(report, witnesses) };
  return `${reportJson({
    format: "agentk-verify-signatures/1",
    log,
    ...members,
    signed: report.signed,
    signers: (report.signers ?? []).map((row) => ({ ...row, fingerprint: short(row), standing: row.standing ?? null })),
    witnesses: witnesses === undefined ? null : witnessMembers(witnesses),
  })}\n`;
}

export function isOk(report: VerifyReport, witnesses: WitnessReport | undefined): boolean {
  return report.ok && witnesses?.isMet !== false;
}

function witnessMembers({ required, quorum, isMet, because }: WitnessReport): Readonly<Record<string, unknown>> {
  const { cosigned, forged } = quorum;
  const by = cosigned.map(({ witness, time }) => ({ ...witness, time }));
  return { required, met: isMet, cosigned: by, forged, because: because ?? null };
}

export function signaturesText(
  log: string,
  report: VerifyReport,
  { witnesses, look }: { readonly witnesses: WitnessReport | undefined; readonly look: ReportLook },
): string {
  const { paint } = look;
  const rows = report.signers ?? [];
  return [
    verifyText(log, report, look).trimEnd(),
    "",
    paint.title("Signatures"),
    ...(rows.length === 0 ? ["  none"] : rows.map((row) => `  ${signerLine(row, look)}`)),
    ...(witnesses === undefined ? [] : ["", paint.title("Witnesses"), ...witnessLines(witnesses, look)]),
    "",
  ].join("\n");
}

function short({ fingerprint }: SignerRow): string {
  return fingerprint.slice(0, SHOWN);
}

function signerLine(row: SignerRow, { paint }: ReportLook): string {
  const { signed, label, standing, from_ms, to_ms } = row;
  const items = Object.entries(signed).filter(([, count]) => count > 0);
  const what = items.map(([item, count]) => `${item} ${String(count)}`).join(", ");
  const judged = standing === undefined ? paint.warn("nobody's pin") : standingWords(standing, paint);
  const named = label === undefined ? "" : ` ${visible(label)}`;
  return `${short(row)}${named}  ${judged}  ${what}  ${paint.dim(`${isoTime(from_ms)} to ${isoTime(to_ms)}`)}`;
}

function standingWords(standing: NonNullable<SignerRow["standing"]>, paint: ReportLook["paint"]): string {
  return standing === "trusted" ? paint.good(standing) : paint.bad(standing);
}

function witnessLines({ required, quorum, isMet, because }: WitnessReport, { paint }: ReportLook): readonly string[] {
  const count = `${String(quorum.cosigned.length)} of ${String(required)} needed have cosigned the last head`;
  return [
    `  ${isMet ? paint.good("✓") : paint.bad("✗")} ${count}${because === undefined ? "" : `: ${visible(because)}`}`,
    ...quorum.cosigned.map(({ witness, time }) => `    ${visible(witness.name)} at ${isoTime(time * 1000)}`),
    ...quorum.forged.map((name) => `    ${paint.bad(`a line of ${visible(name)} is not its own`)}`),
  ];
}
