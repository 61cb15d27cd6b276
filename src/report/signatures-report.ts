/** The report of `verify-signatures`: that of `verify`, and who signed, and who cosigned. */
import type { WitnessReport } from "../evidence/quorum.js";
import type { SignerRow } from "../evidence/signers.js";
import { UNDETECTABLE } from "../evidence/undetectable.js";
import type { VerifyReport } from "../evidence/verify.js";
import { visible } from "../evidence/visible.js";
import { isoTime } from "./instant.js";
import { reportJson } from "./json.js";
import { wrap } from "./style.js";
import { verifyMembers, verifyText, type ReportLook } from "./verify-report.js";

/** Prose is not wrapped wider than this, however wide the terminal. */
const MAX_PROSE = 100;

export function signaturesJson(log: string, report: VerifyReport, witnesses: WitnessReport | undefined): string {
  return `${reportJson({
    format: "agentk-verify-signatures/1",
    log,
    ...verifyMembers(report),
    signed: report.signed,
    signers: (report.signers ?? []).map((row) => ({ ...row, standing: row.standing ?? null })),
    witnesses: witnesses === undefined ? null : witnessMembers(witnesses),
    undetectable: UNDETECTABLE.map(({ attack, how, reason, wouldDetect }) => ({
      ...{ attack, how, reason },
      would_detect: wouldDetect,
    })),
  })}\n`;
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
  const width = Math.min(look.width, MAX_PROSE);
  const rows = report.signers ?? [];
  return [
    verifyText(log, report, look).trimEnd(),
    "",
    paint.title("Signatures"),
    ...(rows.length === 0 ? ["  none"] : rows.flatMap((row) => signerLines(row, look))),
    ...(witnesses === undefined ? [] : ["", paint.title("Witnesses"), ...witnessLines(witnesses, look)]),
    "",
    paint.title("What no check can tell"),
    ...UNDETECTABLE.map(({ how, reason }) => `  ${paint.dim("·")} ${wrap(`${how}: ${reason}`, width, "    ")}`),
    "",
  ].join("\n");
}

function signerLines(row: SignerRow, { paint }: ReportLook): readonly string[] {
  const { signed, label, standing, from_ms, to_ms } = row;
  const items = Object.entries(signed).filter(([, count]) => count > 0);
  const what = items.map(([item, count]) => `${item} ${String(count)}`).join(", ");
  const judged = standing === undefined ? paint.warn("nobody's pin") : standingWords(standing, paint);
  const named = label === undefined ? "" : ` ${visible(label)}`;
  const when = paint.dim(`${isoTime(from_ms)} to ${isoTime(to_ms)}`);
  return [`  ${row.fingerprint}${named}`, `    ${judged}  ${what}  ${when}`];
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
