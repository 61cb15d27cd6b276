/** `agentk fork-replay` and `agentk fork-replay-behavior`: recorded runs decided again under another policy, or with other outputs. */
import { relative, resolve } from "node:path";
import { Option, type Command } from "commander";
import { AgentkError } from "../base/errors.js";
import type { LogFork } from "../app/replay/fork-replay.js";
import type { Gate } from "../report/fork-report.js";
import { lookFor, mayRedraw, type ExitStatus, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

const FAIL_ON = ["widen", "narrow", "any", "none"] as const;
type FailOn = (typeof FAIL_ON)[number];

interface ForkOptions {
  readonly policy: string;
  readonly failOn?: FailOn;
  readonly allowIndeterminate?: true;
  readonly json?: true;
}

const FORK_HELP = `
History stays as it was recorded: what was read, done and answered. Each decision alone is asked for again.
Exit status: 0 nothing to fail on, 1 a log cannot be read or does not verify and replay, 2 --fail-on found something;
a decision that cannot be known counts as found, unless --allow-indeterminate.

Example:
  agentk fork-replay .agentk/runs --policy policies/next.toml --fail-on widen`;

const BEHAVIOR_HELP = `
FILE is JSON: {"format":"agentk-behavior/1","outputs":[{"seq":12,"labels":["poisoned-suspect","external"]}]}.
Exit status: 0 done, 1 the log or the file cannot be read, or they do not fit.

Example:
  agentk fork-replay-behavior run.jsonl --behavior changed.json`;

export function registerForkReplay(program: Command, io: Io): void {
  program
    .command("fork-replay")
    .summary("ask another policy about recorded runs")
    .description("Asks another policy what it would have decided in a recorded run, or in all below a folder.")
    .argument("[log]", "a flight log, or a folder of them", LATEST_LOG)
    .requiredOption("--policy <policy>", "a policy file, or the name of a shipped policy")
    .addOption(new Option("--fail-on <drift>", "default: none for a log, widen for a folder").choices(FAIL_ON))
    .option("--allow-indeterminate", "decisions that cannot be known fail nothing")
    .option("--json", "print JSON")
    .addHelpText("after", FORK_HELP)
    .action((log: string, options: ForkOptions) => forkReplay(log, options, io));
}

export function registerForkReplayBehavior(program: Command, io: Io): void {
  program
    .command("fork-replay-behavior")
    .summary("decide a recorded run again with other outputs")
    .description("Changes outputs of a recorded run and decides everything after them again, by the run's own policy.")
    .argument("<log>", "the flight log")
    .requiredOption("--behavior <file>", "the changed outputs: digests and labels")
    .option("--json", "print JSON")
    .addHelpText("after", BEHAVIOR_HELP)
    .action((log: string, options: { behavior: string; json?: true }) => behavior(log, options, io));
}

async function forkReplay(named: string, options: ForkOptions, io: Io): Promise<void> {
  const [{ forkLog, forkPolicy, isFolder, logsBelow }, { forkJson, forkText }] = await Promise.all([
    import("../app/replay/fork-replay.js"),
    import("../report/fork-report.js"),
  ]);
  const path = resolve(io.cwd, named);
  const isCorpus = isFolder(path);
  const failOn = options.failOn ?? (isCorpus ? "widen" : "none");
  const given = /[/\\]|\.toml$/.test(options.policy) ? resolve(io.cwd, options.policy) : options.policy;
  const { name, source } = await forkPolicy(given);
  const forkOne = (log: string): Promise<LogFork> => forkLog(log, { policy: source, env: io.env, shrinks: isCorpus });
  const { logs, errors } = isCorpus
    ? await forkAll(logsBelow(path), forkOne, io)
    : { logs: [{ ...(await forkOne(path)), log: named }], errors: [] };
  const gate = gateOf(failOn, options.allowIndeterminate === true, logs);
  const report = { policy: name, isCorpus, logs, errors, gate };
  io.stdout(options.json === true ? forkJson(report) : forkText(report, await lookFor(io)));
  io.exit(statusOf(gate, errors.length));
}

/** INVARIANT: what the gate was asked for was found, whatever else could not be read. */
function statusOf({ ok }: Gate, errors: number): ExitStatus {
  if (!ok) return 2;
  return errors > 0 ? 1 : 0;
}

interface Corpus {
  readonly logs: readonly LogFork[];
  readonly errors: readonly { readonly log: string; readonly problem: string }[];
}

/** One log after the other; one that cannot be read stops no other. */
async function forkAll(paths: readonly string[], forkOne: (log: string) => Promise<LogFork>, io: Io): Promise<Corpus> {
  const logs: LogFork[] = [];
  const errors: { log: string; problem: string }[] = [];
  for (const [index, path] of paths.entries()) {
    if (mayRedraw(io)) io.stderr(`\rforking log ${String(index + 1)} of ${String(paths.length)}`);
    const log = relative(io.cwd, path);
    try {
      logs.push({ ...(await forkOne(path)), log });
    } catch (error) {
      if (!(error instanceof AgentkError)) throw error;
      const { message, place } = error;
      errors.push({ log, problem: place?.line === undefined ? message : `line ${String(place.line)} ${message}` });
    }
  }
  if (mayRedraw(io)) io.stderr("\r\u001b[2K");
  return { logs, errors };
}

function counted(count: number, name: string): string {
  return `${String(count)} ${name}${count === 1 ? "" : "s"}`;
}

function gateOf(failOn: FailOn, mayBeUnknown: boolean, logs: readonly LogFork[]): Gate {
  if (failOn === "none") return { failOn, ok: true, because: [] };
  const add = (of: (log: LogFork) => number): number => logs.reduce((sum, log) => sum + of(log), 0);
  const found = {
    widen: add((log) => log.widened),
    narrow: add((log) => log.narrowed),
    any: add((log) => log.changed),
  };
  const words = { widen: "widened", narrow: "narrowed", any: "changed" };
  const unknown = mayBeUnknown ? 0 : add((log) => log.indeterminate);
  const because = [
    ...(found[failOn] === 0 ? [] : [`${counted(found[failOn], "decision")} ${words[failOn]}`]),
    ...(unknown === 0 ? [] : [`${counted(unknown, "decision")} cannot be known, which is not safe`]),
  ];
  return { failOn, ok: because.length === 0, because };
}

async function behavior(log: string, options: { behavior: string; json?: true }, io: Io): Promise<void> {
  const [{ forkBehavior }, { behaviorJson, behaviorText }] = await Promise.all([
    import("../app/replay/fork-behavior.js"),
    import("../report/fork-behavior-report.js"),
  ]);
  const file = options.behavior;
  const report = { ...(await forkBehavior(resolve(io.cwd, log), resolve(io.cwd, file), io.env)), log };
  io.stdout(options.json === true ? behaviorJson(file, report) : behaviorText(file, report, await lookFor(io)));
  io.exit(0);
}
