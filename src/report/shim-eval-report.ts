/** The scorecard of `mcp-shim-eval`: each row was observed twice in this run, without agentk and with it. */
import type { HarmSeen, StorySeen, Trial } from "../abi/story.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { logMembers, verdictText } from "./story-report.js";
import { wrap } from "./style.js";
import { layOut, type Column } from "./table.js";
import type { ReportLook } from "./verify-report.js";

/** A harm, in both runs of one client. */
interface Row {
  readonly client: Trial["client"];
  readonly without: HarmSeen;
  readonly with: HarmSeen;
  /** It happened, and no longer does. What never happened, or could not be looked for, is no improvement. */
  readonly isImproved: boolean;
}

function rowsOf({ trials }: StorySeen): readonly Row[] {
  return trials.flatMap(({ client, bare, guarded }) =>
    bare.harms.flatMap((without, index) => {
      const guardedHarm = guarded.harms[index];
      if (guardedHarm === undefined) return [];
      return [{ client, without, with: guardedHarm, isImproved: isImproved(without, guardedHarm) }];
    }),
  );
}

export function shimEvalJson(seen: StorySeen): string {
  const rows = rowsOf(seen);
  const shown = rows.map(({ client, without, with: guarded, isImproved }) => ({
    id: without.id,
    client,
    says: without.says,
    without: { happened: without.happened, could_look: without.couldLook, found: without.found },
    with: { happened: guarded.happened, could_look: guarded.couldLook, found: guarded.found },
    improved: isImproved,
  }));
  return `${reportJson({
    format: "agentk-shim-eval/1",
    about: seen.about,
    ok: seen.faults.length === 0,
    improved: rows.filter(({ isImproved }) => isImproved).length,
    rows: shown,
    // Not rows: that there is a log is no improvement by itself.
    logs: seen.trials.map(({ client, log }) => ({ client, ...logMembers(log) })),
    faults: seen.faults,
  })}\n`;
}

const COLUMNS: readonly Column[] = [
  { title: "row" },
  { title: "client" },
  { title: "without agentk" },
  { title: "with agentk" },
  { title: "" },
];

export function shimEvalText(seen: StorySeen, look: ReportLook): string {
  const { paint } = look;
  const rows = rowsOf(seen);
  const cells = rows.map((row) => cellsOf(row));
  const table = layOut(COLUMNS, cells, Infinity);
  const improved = rows.filter(({ isImproved }) => isImproved).length;
  const marks = (index: number) => (cell: string, column: number) =>
    column < 4 ? cell : rows[index]?.isImproved === true ? paint.good(cell) : paint.bad(cell);
  return [
    paint.title(seen.about),
    "",
    table.head(paint.dim),
    ...cells.map((row, index) => table.row(row, marks(index))),
    "",
    `${String(improved)} of ${String(rows.length)} rows improved`,
    "",
    paint.title("What was looked for, and what was found"),
    ...rows.flatMap((row) => foundText(row, look)),
    "",
    paint.title("What is left afterwards, with agentk (this counts for no row)"),
    ...seen.trials.map(logText),
    "",
    ...verdictText(seen, paint),
    "",
  ].join("\n");
}

function isImproved(without: HarmSeen, guarded: HarmSeen): boolean {
  return without.happened && !guarded.happened && guarded.couldLook;
}

function foundText({ client, without, with: guarded }: Row, { paint, width }: ReportLook): readonly string[] {
  const line = (who: string, { happened, found }: HarmSeen): string => {
    const mark = happened ? paint.bad("✗") : paint.good("✓");
    return `    ${mark} ${who.padEnd(8)} ${wrap(visible(found), width, " ".repeat(15))}`;
  };
  return [`  ${without.says} (${client} client)`, line("without", without), line("with", guarded)];
}

function cellsOf({ client, without, with: guarded, isImproved }: Row): readonly string[] {
  const word = ({ happened }: HarmSeen): string => (happened ? "happened" : "did not happen");
  return [without.id, client, word(without), word(guarded), isImproved ? "improved" : "not improved"];
}

function logText({ log }: Trial): string {
  const { path, lines, denied, isVerified, isReplayed, depth } = log;
  const state = isVerified ? "verifies" : "does not verify";
  const replay = isReplayed ? `replays to the same bytes (${depth})` : "does not replay";
  return `  ${visible(path)}: ${String(lines)} lines, ${String(denied)} denied; it ${state} and ${replay}`;
}
