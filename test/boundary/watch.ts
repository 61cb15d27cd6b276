/** Waiting for what a run leaves behind: lines of its log, lines its server has seen, and its commands' verdicts. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, watch } from "node:fs";
import type { Io } from "../../src/cli/io.js";
import { capture } from "../cli/capture.js";
import { AGENTK, BUNDLE, type LoggedEvent, type ProxyProcess } from "./proxy-process.js";

/** Settles when a file that is there already has become such that `isReached`; asked anew at every write to it. */
export function until(path: string, isReached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!isReached()) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(path, check);
    check();
  });
}

/** Settles when the events of the run's log fit. */
export function untilLogged(proxy: ProxyProcess, fits: (events: readonly LoggedEvent[]) => boolean): Promise<void> {
  return until(proxy.log, () => fits(proxy.events()));
}

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one agentk command with no input and waits for its end. */
export function agentk(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env } };
    const running = execFile(process.execPath, [AGENTK, ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
    running.stdin?.end();
  });
}

/**
 * The same from the built bundle, without a process: for commands that only read files and report. A process costs a
 * hundred times as much, and most tests end with two or three of these.
 */
export async function asked(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandEnd> {
  const { run } = (await import(BUNDLE)) as { readonly run: (argv: readonly string[], io: Io) => Promise<void> };
  const { io, ran } = capture(cwd, { env: { ...process.env, ...env } });
  await run(["node", "agentk", ...args], io);
  return { code: ran.status ?? 0, stdout: ran.stdout, stderr: ran.stderr };
}

/** What `agentk verify --json` says of a run's log. */
export async function verified(proxy: ProxyProcess): Promise<{ readonly code: number; readonly ok: unknown }> {
  const { code, stdout } = await asked(proxy.cwd, ["verify", "--json", proxy.log]);
  return { code, ok: (JSON.parse(stdout) as { ok?: unknown }).ok };
}

/** Every byte that a run has left on the disk and told on stderr, as text to search. */
export function traces(proxy: ProxyProcess): string {
  const payloads = proxy.log.replace(/\.jsonl$/, ".payloads");
  const files = [proxy.log, ...(existsSync(payloads) ? [payloads] : [])];
  return [proxy.stderr, ...files.map((file) => readFileSync(file, "latin1"))].join("\n");
}

/** Whatever has a log. */
interface Logged {
  readonly events: () => readonly LoggedEvent[];
}

/** The events of the log without agentk's own look at the server's list: what the client and the server had to do. */
export function eventsOf(proxy: Logged): readonly LoggedEvent[] {
  const events = proxy.events();
  const own = new Set(events.flatMap(({ value }) => (value["from"] === "agentk" ? [value.call] : [])));
  return events.filter(({ value }) => value.call === undefined || !own.has(value.call)).filter(isNotOf(own));
}

/** Receipts stand in groups: one that is for agentk's own calls alone is left out with them. */
function isNotOf(own: ReadonlySet<string | undefined>): (event: LoggedEvent) => boolean {
  return ({ value }) => {
    const receipts = value["receipts"] as readonly { readonly call: string }[] | undefined;
    return receipts?.every(({ call }) => own.has(call)) !== true;
  };
}

/** The statuses of the outcomes, in the log's order. */
export function outcomes(proxy: Logged): readonly (string | undefined)[] {
  return eventsOf(proxy)
    .filter(({ type }) => type === "outcome")
    .map(({ value }) => value.status);
}

/** The facts of the transport that a log holds, in order, as `fact` or `fact:fault`. */
export function facts(proxy: ProxyProcess): readonly string[] {
  return proxy
    .events()
    .filter(({ type }) => type === "session")
    .map(({ value }) => [value.fact, value["fault"]].filter((part) => typeof part === "string").join(":"));
}

/** The text of a tool's result. */
export function textOf(reply: { readonly result?: Readonly<Record<string, unknown>> }): string {
  const [item] = (reply.result?.["content"] ?? []) as readonly { readonly text?: string }[];
  return item?.text ?? "";
}

/** Whether a process is there and not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return false;
  }
}
