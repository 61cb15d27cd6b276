/** A played story as text and as JSON. Every line says what was observed in the run that it reports. */
import type { HarmSeen, RunSeen, StepFate, StepSeen, StorySeen, Trial } from "../abi/story.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { fit, wrap, type Paint } from "./style.js";
import { layOut, type Column } from "./table.js";
import type { ReportLook } from "./verify-report.js";

const FATE_WIDTH = 11;
const CALL_WIDTH = 22;

export function storyJson(seen: StorySeen): string {
  const { story, about, trials, faults } = seen;
  const members = { format: "agentk-story/1", story, about, ok: faults.length === 0, faults };
  return `${reportJson({ ...members, clients: trials.map(trialMembers) })}\n`;
}

function trialMembers({ client, bare, guarded, log }: Trial): Readonly<Record<string, unknown>> {
  return { client, without: runMembers(bare), with: runMembers(guarded), log: logMembers(log) };
}

function runMembers({ steps, harms, serverSaw, sinkBytes, exit }: RunSeen): Readonly<Record<string, unknown>> {
  return {
    steps: steps.map(({ does, call, fate, rule, says }) => ({ does, call, fate, rule: rule ?? null, says })),
    harms: harms.map(({ id, says, happened, couldLook, found }) => ({
      id,
      says,
      happened,
      could_look: couldLook,
      found,
    })),
    server_saw: serverSaw,
    sink_bytes: sinkBytes,
    exit,
  };
}

/** Also for other reports that name a log. */
export function logMembers(log: Trial["log"]): Readonly<Record<string, unknown>> {
  const { path, lines, isVerified, isReplayed, depth, allowed, denied, claims } = log;
  return { path, lines, verified: isVerified, replayed: isReplayed, depth, allowed, denied, claims };
}

/** The story of one client in full, the others in a table, and the judgement. */
export function storyText(seen: StorySeen, look: ReportLook): string {
  const { paint } = look;
  // The client that says nothing is the one that everybody has.
  const told = seen.trials.find(({ client }) => client === "silent") ?? seen.trials[0];
  return [
    paint.title(seen.about),
    ...(told === undefined ? [] : trialText(told, look)),
    "",
    ...clientsText(seen.trials, look),
    "",
    ...verdictText(seen, paint),
    ...nextText(seen.trials.at(-1)),
    "",
  ].join("\n");
}

function trialText({ client, bare, guarded }: Trial, look: ReportLook): readonly string[] {
  const { paint } = look;
  return [
    "",
    paint.title(`Without agentk (${client} client)`),
    ...bare.steps.flatMap((step) => stepText(step, look)),
    ...bare.harms.map((harm) => harmText(harm, look)),
    "",
    paint.title("With agentk in between: the same client, the same server, the same calls"),
    ...guarded.steps.flatMap((step) => stepText(step, look)),
    ...guarded.harms.map((harm) => harmText(harm, look)),
  ];
}

const PAINTS: Readonly<Record<StepFate, keyof Paint>> = {
  passed: "good",
  blocked: "bad",
  failed: "warn",
  unanswered: "warn",
  "not-tried": "dim",
};

function stepText({ does, call, fate, rule, says }: StepSeen, { paint, width }: ReportLook): readonly string[] {
  const head = `  ${paint[PAINTS[fate]](fate.padEnd(FATE_WIDTH))}${visible(call).padEnd(CALL_WIDTH)}`;
  const line = rule === undefined ? firstLine(says) : `rule ${rule}`;
  const indent = " ".repeat(2 + FATE_WIDTH);
  return [`${head}${does}`, paint.dim(fit(`${indent}└ ${visible(line)}`, width))];
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1).join("");
}

function harmText({ says, happened, found }: HarmSeen, { paint, width }: ReportLook): string {
  const mark = happened ? paint.bad("✗ happened:") : paint.good("✓ did not happen:");
  return `  ${mark} ${says}\n      ${paint.dim(wrap(visible(found), width, "      "))}`;
}

const CLIENT_COLUMNS: readonly Column[] = [
  { title: "client" },
  { title: "without agentk" },
  { title: "with agentk" },
  { title: "stopped by" },
  { title: "claims" },
  { title: "log" },
];

function clientsText(trials: readonly Trial[], { paint }: ReportLook): readonly string[] {
  const rows = trials.map(clientCells);
  const table = layOut(CLIENT_COLUMNS, rows, Infinity);
  return [table.head(paint.dim), ...rows.map((row) => table.row(row, (cell) => cell))];
}

function clientCells({ client, bare, guarded, log }: Trial): readonly string[] {
  const state = `${log.isVerified ? "verified" : "not verified"}, ${log.isReplayed ? "replayed" : "not replayed"}`;
  return [
    client,
    harmCount(bare),
    harmCount(guarded),
    stoppedBy(guarded),
    String(log.claims),
    `${visible(log.path)} (${state})`,
  ];
}

/** The rules that denied something; where none did, agentk's own handling of errors, timeouts and the like. */
function stoppedBy({ steps, harms }: RunSeen): string {
  const rules = new Set(steps.flatMap(({ rule }) => (rule === undefined ? [] : [rule])));
  if (rules.size > 0) return [...rules].join(", ");
  return harms.some(({ happened }) => happened) ? "nothing" : "the boundary";
}

function harmCount({ harms }: RunSeen): string {
  const count = harms.filter(({ happened }) => happened).length;
  return `${String(count)} of ${String(harms.length)} harms`;
}

/** Also for the scorecard. */
export function verdictText({ faults, trials }: StorySeen, paint: Paint): readonly string[] {
  const alike = trials.length > 1 ? ", and what a client said of itself changed nothing" : "";
  if (faults.length === 0) return [paint.good(`✓ what happened without agentk did not happen with it${alike}`)];
  return [paint.bad("✗ not as it has to be"), ...faults.map((fault) => `  ${paint.bad("·")} ${visible(fault)}`)];
}

function nextText(last: Trial | undefined): readonly string[] {
  if (last === undefined) return [];
  return ["", `Look at what was decided, and why: agentk trace-inspect ${visible(last.log.path)}`];
}
