/** The reports of `fork-replay` and `fork-replay-behavior`. Attacker-controlled: every name and target of a log. */
import { decisionName } from "../abi/decision.js";
import type { FlightLine } from "../abi/event.js";
import { visible, visibleTarget } from "../evidence/visible.js";
import { MISSING, type Forked, type Missing, type MissingWhy } from "../replay/drift.js";
import type { Fewest } from "../replay/fewest.js";
import { addSummaries, type ForkChange, type ForkReport } from "../replay/fork-tally.js";
import { reportJson } from "./json.js";
import { wrap, type Paint } from "./style.js";
import type { ReportLook } from "./verify-report.js";

export interface ShrunkFlip {
  readonly change: ForkChange;
  readonly needs: Fewest<FlightLine> | undefined;
}

export interface ForkedLog extends ForkReport {
  readonly log: string;
  readonly depth: "deep" | "shallow";
  readonly shallowBecause: string | undefined;
  readonly shrunk: readonly ShrunkFlip[];
}

export interface ForkedLogs {
  /** The policy that was asked. */
  readonly policy: string;
  readonly isCorpus: boolean;
  readonly logs: readonly ForkedLog[];
  readonly errors: readonly { readonly log: string; readonly problem: string }[];
  readonly gate: Gate;
}

/** What the gate was told to fail on, and why it failed. */
export interface Gate {
  readonly failOn: string;
  readonly ok: boolean;
  readonly because: readonly string[];
}

function changeJson(forked: Forked & { readonly drift?: string }): object {
  const { seq, on, session, syscall, target, original, fork, drift, missing } = forked;
  return {
    seq,
    on,
    session,
    syscall,
    target: visibleTarget(target),
    original_verdict: original.decision.verdict,
    original_rule: original.decision.rule,
    ...(fork && { fork_verdict: fork.decision.verdict, fork_rule: fork.decision.rule }),
    ...(drift !== undefined && { drift }),
    ...(missing.length > 0 && { missing: missing.map(({ why, at }) => ({ why, at: at ?? null })) }),
  };
}

function totalsJson(report: ForkReport): object {
  const { replayed, changed, widened, narrowed, indeterminate, summary, missing } = report;
  return {
    events_replayed: replayed,
    changed,
    widened,
    narrowed,
    indeterminate,
    indeterminate_because: missing,
    decision_summary: summary,
  };
}

export function forkedLogJson(report: ForkedLog): object {
  const { log, depth, shallowBecause, changes, unknown, shrunk } = report;
  return {
    log,
    depth,
    shallow_because: shallowBecause ?? null,
    ...totalsJson(report),
    changes: changes.map(changeJson),
    indeterminate_events: unknown.map(changeJson),
    ...(shrunk.length > 0 && {
      counterexamples: shrunk.map(({ change, needs }) => ({
        seq: change.seq,
        is_minimal: needs?.isMinimal ?? false,
        needs: needs === undefined ? null : needs.items.map(({ seq, type }) => ({ seq, type })),
      })),
    }),
  };
}

export function forkJson({ policy, isCorpus, logs, errors, gate }: ForkedLogs): string {
  const head = { format: "agentk-fork-replay/1", policy, fail_on: gate.failOn, ok: gate.ok, failed_on: gate.because };
  const [only] = logs;
  if (!isCorpus && only !== undefined) return `${reportJson({ ...head, ...forkedLogJson(only) })}\n`;
  return `${reportJson({ ...head, ...totalsJson(sumOf(logs)), logs: logs.map(forkedLogJson), errors })}\n`;
}

function sumOf(logs: readonly ForkReport[]): ForkReport {
  const add = (of: (log: ForkReport) => number): number => logs.reduce((sum, log) => sum + of(log), 0);
  return {
    replayed: add(({ replayed }) => replayed),
    changed: add(({ changed }) => changed),
    widened: add(({ widened }) => widened),
    narrowed: add(({ narrowed }) => narrowed),
    indeterminate: add(({ indeterminate }) => indeterminate),
    summary: addSummaries(logs.map(({ summary }) => summary)),
    missing: addSummaries(logs.map(({ missing }) => missing as Readonly<Record<string, number>>)),
    changes: [],
    unknown: [],
  };
}

export function forkText({ policy, isCorpus, logs, errors, gate }: ForkedLogs, look: ReportLook): string {
  const { paint } = look;
  const lines = [`${paint.title("fork-replay")}  under ${visible(policy)}`];
  for (const log of logs) {
    lines.push("", `${paint.title("flight log")}  ${visible(log.log)}  ${paint.dim(log.depth)}`);
    if (log.shallowBecause !== undefined) lines.push(paint.dim(`  no values: ${visible(log.shallowBecause)}`));
    lines.push(...forkedLogLines(log, look));
  }
  for (const { log, problem } of errors) lines.push("", paint.bad(`✗ ${visible(log)}: ${visible(problem)}`));
  if (isCorpus) {
    lines.push("", paint.title(`in all, ${counted(logs.length, "log")}`), ...totalLines(sumOf(logs), look));
  }
  lines.push("", gateLine(gate, paint), "");
  return lines.join("\n");
}

/** Totals, summary, each change, each unknown decision and each counterexample of one log. */
export function forkedLogLines(log: ForkedLog, look: ReportLook): readonly string[] {
  const { paint } = look;
  const unknown = log.unknown.map(
    (one) => `  ${place(one)}  ${paint.warn("indeterminate")}  ${one.missing.map(missingWords).join(", ")}`,
  );
  return [
    ...totalLines(log, look),
    ...log.changes.map((change) => `  ${place(change)}  ${arrow(change, paint)}`),
    ...unknown,
    ...log.shrunk.flatMap((flip) => shrunkLines(flip, paint)),
  ];
}

function totalLines(
  { replayed, changed, widened, narrowed, ...more }: ForkReport,
  look: ReportLook,
): readonly string[] {
  const { paint, width } = look;
  const counts = `  ${counted(replayed, "decision")}, ${String(changed)} changed: ${String(widened)} widened, ${String(narrowed)} narrowed; ${String(more.indeterminate)} indeterminate`;
  const summary = Object.entries(more.summary).map(([name, times]) => `  ${visible(name)}  ${String(times)}`);
  const missing = (Object.entries(more.missing) as [MissingWhy, number][]).map(
    ([why, times]) => `  ${paint.warn(`${why}  ${String(times)}`)}  ${wrap(MISSING[why], width, "      ")}`,
  );
  return [counts, ...summary, ...missing];
}

/** `1 log`, `2 logs`. */
export function counted(count: number, name: string): string {
  return `${String(count)} ${name}${count === 1 ? "" : "s"}`;
}

function place({ seq, on, syscall, target }: Forked): string {
  return `#${String(seq)} ${on} ${visible(syscall)} ${visibleTarget(target)}`;
}

function arrow({ original, fork, drift }: ForkChange, paint: Paint): string {
  const after = fork === undefined ? "indeterminate" : visible(decisionName(fork.decision));
  const text = `${visible(decisionName(original.decision))} -> ${after}`;
  return drift === "widen" ? `${paint.bad(text)}  ${paint.bad("widens")}` : text;
}

function missingWords({ why, at }: Missing): string {
  return at === undefined ? why : `${why} of ${visible(at)}`;
}

function shrunkLines({ change, needs }: ShrunkFlip, paint: Paint): readonly string[] {
  const head = `  ${paint.title(`#${String(change.seq)} widens`)}`;
  if (needs === undefined) return [`${head}, and was not shrunk: too much stands before it`];
  const { items, isMinimal } = needs;
  if (items.length === 0) return [`${head} on its own, whatever came before`];
  const how = isMinimal ? "none of them can be left out" : "perhaps not all of them";
  return [`${head} after (${how}):`, ...items.map((line) => `    ${eventWords(line)}`)];
}

function eventWords({ seq, type, value }: FlightLine): string {
  const said = "target" in value ? visibleTarget(value.target) : "method" in value ? visible(value.method) : "";
  const labels = "labels" in value ? value.labels.map(visible).join(", ") : "";
  return [`#${String(seq)} ${type}`, said, labels].filter((part) => part !== "").join("  ");
}

function gateLine({ failOn, ok, because }: Gate, paint: Paint): string {
  if (failOn === "none") return paint.dim("nothing fails: --fail-on none");
  if (ok) return paint.good(`✓ nothing to fail on (--fail-on ${failOn})`);
  return paint.bad(`✗ ${because.join("; ")} (--fail-on ${failOn})`);
}
