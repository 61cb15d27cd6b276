/** A story from its folder, played by each kind of client, without agentk and with it; and what of that is not as told. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { ClientKind, StepSeen, StorySeen, Trial } from "../../abi/story.js";
import { AgentkError } from "../../base/errors.js";
import { newRunId, nonce } from "../../host/entropy.js";
import { pointLatest, prepareRunPath } from "../../host/run-folder.js";
import { parseScenario } from "../../policy/scenario.js";
import { shippedFile } from "../package-info.js";
import { PolicyInvalid } from "../policy/file.js";
import { readTextFile } from "../text-file.js";
import { faultsOf } from "./faults.js";
import { withLifetime, type Lifetime } from "./lifetime.js";
import { lookAtLog } from "./log.js";
import { playRun, type Story } from "./play.js";

const MAX_SCENARIO_BYTES = 128 * 1024;
const SCENARIO = "scenario.toml";
const LOG_ENDING = ".jsonl";

/** The stories that ship with the package, by name, in order. */
export function shippedStories(): readonly string[] {
  const folder = shippedFile("examples");
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, SCENARIO)))
    .sort();
}

/**
 * The folder that a story is given by: a path with a slash, or the name of a shipped story.
 * @throws AgentkError `usage` for a name that none has.
 */
export function storyFolder(name: string, cwd: string): string {
  if (/[/\\]/.test(name)) return resolve(cwd, name);
  const names = shippedStories();
  if (names.includes(name)) return shippedFile(`examples/${name}`);
  throw new AgentkError("usage", `no story is called \`${name}\``, {
    hint: `the stories are ${names.join(", ")}; a folder of your own is written with a slash`,
  });
}

/** @throws AgentkError `file-unreadable`; PolicyInvalid with every fault of the scenario */
export function readStory(folder: string): Story {
  const file = join(folder, SCENARIO);
  const parsed = parseScenario(readTextFile(file, MAX_SCENARIO_BYTES));
  if (!parsed.ok) throw new PolicyInvalid(file, parsed.error);
  return {
    name: basename(folder),
    scenario: parsed.value,
    policyFile: join(folder, "policy.toml"),
    serverFile: join(folder, "server.mjs"),
  };
}

export interface StoryOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clients: readonly ClientKind[];
  /** The log of the last client; the others' have their kind before the ending. Default: the runs folder. */
  readonly traceOut?: string | undefined;
  /** In the runs folder, what the newest log of this story is called beside its own name. */
  readonly logName: string;
  readonly onProgress?: ((told: Progress) => void) | undefined;
}

/** What is going on, for a human who waits. */
export interface Progress {
  readonly client: ClientKind;
  readonly isGuarded: boolean;
  readonly step: StepSeen;
}

/**
 * Plays a story. What went otherwise than told is in `faults`.
 * @throws AgentkError when it cannot be played: `internal`, `file-exists` for a log that is there, `unsafe-file`
 */
export function playStory(story: Story, options: StoryOptions): Promise<StorySeen> {
  const logs = logPaths(options);
  return withLifetime(async (life) => {
    const trials: Trial[] = [];
    const parts = options.clients.map((kind, index) => ({ life, kind, log: logs[index] ?? "" }));
    // Two clients at a time: each has three processes.
    for (let at = 0; at < parts.length; at += 2)
      trials.push(...(await Promise.all(parts.slice(at, at + 2).map((part) => playTrial(story, part, options)))));
    const last = logs.at(-1);
    if (options.traceOut === undefined && last !== undefined) publish(last, options.logName);
    const { name, scenario } = story;
    return { story: name, about: scenario.about, trials, faults: faultsOf(scenario, trials) };
  });
}

async function playTrial(
  story: Story,
  { life, kind, log }: { readonly life: Lifetime; readonly kind: ClientKind; readonly log: string },
  { cwd, env, onProgress }: StoryOptions,
): Promise<Trial> {
  const told = (isGuarded: boolean) => (step: StepSeen) => onProgress?.({ client: kind, isGuarded, step });
  // Each has a world of its own, so neither waits for the other.
  const [bare, guarded] = await Promise.all([
    playRun(story, { life, kind, onStep: told(false) }),
    playRun(story, { life, kind, guard: { env, log }, onStep: told(true) }),
  ]);
  return { client: kind, bare, guarded, log: { ...(await lookAtLog(log, env)), path: shown(log, cwd) } };
}

/** The paths of the logs, which nothing may have yet: a log is evidence, and is not written over. */
function logPaths({ cwd, clients, traceOut, logName }: StoryOptions): readonly string[] {
  const stamp = newRunId(new Date(), nonce(6));
  const paths = clients.map((kind, index) => {
    if (traceOut === undefined) return prepareRunPath(cwd, `${logName}-${stamp}-${kind}`).log;
    const isLast = index === clients.length - 1;
    return prepareRunPath(cwd, "", isLast ? traceOut : besidesLast(traceOut, kind)).log;
  });
  for (const path of paths) {
    if (existsSync(path))
      throw new AgentkError("file-exists", `\`${path}\` exists already`, {
        place: { file: path },
        hint: "name another with --trace-out, or leave it out",
      });
  }
  return paths;
}

function besidesLast(traceOut: string, kind: ClientKind): string {
  const stem = traceOut.endsWith(LOG_ENDING) ? traceOut.slice(0, -LOG_ENDING.length) : traceOut;
  return `${stem}.${kind}${LOG_ENDING}`;
}

/** `latest.jsonl` and the story's own name are links to the last log, as the proxy does it: both change in one step. */
function publish(last: string, logName: string): void {
  const folder = dirname(last);
  pointLatest(folder, basename(last));
  pointLatest(folder, basename(last), `${logName}${LOG_ENDING}`);
}

function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith("..") ? path : short;
}
