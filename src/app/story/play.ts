/** One run of a scenario in a world of its own: to the server directly, or with the package's own agentk in between. */
import type { ClientKind, RunSeen, Scenario, StepSeen } from "../../abi/story.js";
import { AgentkError } from "../../base/errors.js";
import { isJsonObject, type JsonValue } from "../../base/json.js";
import { visible } from "../../evidence/visible.js";
import { dataFolder } from "../../host/data-folder.js";
import { shippedFile } from "../package-info.js";
import { playSteps } from "./agent.js";
import { StoryClient } from "./client.js";
import type { Lifetime } from "./lifetime.js";
import { lookForHarms } from "./observe.js";
import { openWorld, TOKEN_VARIABLE, type World } from "./world.js";

const JOURNAL = "calls.ndjson";

export interface Story {
  readonly name: string;
  readonly scenario: Scenario;
  /** Absolute paths. */
  readonly policyFile: string;
  readonly serverFile: string;
}

/** Where agentk keeps the log of a guarded run, and the operator's own settings for it. */
export interface Guard {
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
}

export interface PlayOptions {
  readonly life: Lifetime;
  readonly kind: ClientKind;
  /** Without one, nobody stands in between. */
  readonly guard?: Guard;
  readonly onStep?: (step: StepSeen) => void;
}

/**
 * Plays the scenario and looks at what it left.
 * @throws AgentkError `internal` when the other side does not begin, with what it said of that.
 */
export async function playRun(story: Story, options: PlayOptions): Promise<RunSeen> {
  const { life, kind, guard, onStep = () => undefined } = options;
  const world = await openWorld(life);
  const client = new StoryClient({ ...launch(story, world, guard), patienceMs: story.scenario.patience_ms });
  const isOver = life.holds(() => client.abandon());
  if (!(await client.greet())) throw await notBegun(client, guard);
  const given = new Map([
    ["folder", world.folder],
    ["home", world.home],
  ]);
  const words = { kind, isGuarded: guard !== undefined, given };
  const steps = await playSteps(story.scenario, client, words, onStep);
  const { code, signal } = await client.end();
  await isOver();
  const isSinkUp = await world.sink.answers();
  return {
    steps,
    harms: lookForHarms(story.scenario, { world, steps, heard: client.heard, isSinkUp }),
    serverSaw: callsIn(world.now(JOURNAL) ?? ""),
    sinkBytes: world.sink.bytes(),
    exit: signal ?? String(code),
  };
}

interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function launch(story: Story, world: World, guard: Guard | undefined): Launch {
  const server = [story.serverFile, world.folder, world.sink.url];
  const env = clientEnvironment(world);
  if (guard === undefined) return { command: process.execPath, args: server, env };
  return {
    command: process.execPath,
    args: [...proxyWords(story, guard), "--", process.execPath, ...server],
    env: { ...env, ...operatorEnvironment(guard.env) },
  };
}

function proxyWords({ scenario, policyFile }: Story, { log }: Guard): readonly string[] {
  const { server, response_timeout_ms: timeout } = scenario;
  return [
    ...[shippedFile("bin/agentk.js"), "mcp-proxy-stdio", "--policy", policyFile],
    ...["--trace-out", log, "--server-id", server, "--allow-env", "HOME"],
    ...(timeout === undefined ? [] : ["--response-timeout-ms", String(timeout)]),
  ];
}

/** INVARIANT: of the user's own environment a story's server can get `PATH` and no more, with agentk or without it. */
function clientEnvironment(world: World): Readonly<Record<string, string>> {
  const path = process.env["PATH"];
  return {
    ...(path === undefined ? {} : { PATH: path }),
    HOME: world.home,
    [TOKEN_VARIABLE]: world.treasures.token,
  };
}

/** agentk's own variables, and its keys where they always are, though `HOME` is another: the log can be checked later. */
function operatorEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && (name.startsWith("AGENTK_") || name === "XDG_RUNTIME_DIR" || name === "TMPDIR")
      ? [[name, value] as const]
      : [],
  );
  return { ...Object.fromEntries(kept), AGENTK_DATA_DIR: dataFolder(env) };
}

async function notBegun(client: StoryClient, guard: Guard | undefined): Promise<AgentkError> {
  await client.abandon();
  const [line = ""] = client.said().trim().split("\n").slice(-1);
  const who = guard === undefined ? "the story's server" : "agentk's proxy";
  return new AgentkError("internal", `${who} did not begin: ${visible(line === "" ? "it said nothing" : line)}`);
}

/** The names of the tools that the server says it was asked to call; other methods by their own names. */
function callsIn(journal: string): readonly string[] {
  const lines = journal.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const entry = JSON.parse(line) as JsonValue;
    const name = isJsonObject(entry) ? (entry["tool"] ?? entry["method"]) : undefined;
    return typeof name === "string" ? name : "?";
  });
}
