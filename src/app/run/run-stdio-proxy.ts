/** Runs the proxy on this process: its stdin, stdout and signals, and a word on stderr when it is over. */
import { resolve } from "node:path";
import { createClientStream } from "./client-stream.js";
import { readPolicy } from "../policy/file.js";
import { Proxy, type ProxyEnd, type ProxyOptions } from "./stdio-proxy.js";
import { pinsOfRun } from "./pins.js";
import { serverSource } from "./server-link.js";
import { heedSignals, statusOf, summaryOf } from "./process.js";

export interface ProxyCommand extends Omit<ProxyOptions, "policy" | "pins"> {
  /** Undefined: the shipped guard policy. */
  readonly policyFile: string | undefined;
  /** Undefined: `agentk.lock` in the working folder, where it has this server. */
  readonly lockFile: string | undefined;
}

/**
 * Serves until the end and gives the exit status: 0 when the client or a signal ended it, otherwise 1.
 * @throws AgentkError when it cannot begin; then no server was started.
 */
export async function runProxy(command: ProxyCommand, say: (text: string) => void): Promise<0 | 1> {
  const { policyFile, lockFile, ...options } = command;
  const pins = await pinsOfRun(options, lockFile);
  const policy = await readPolicy(policyFile === undefined ? undefined : resolve(options.cwd, policyFile));
  const proxy = new Proxy(
    { ...options, policy, pins },
    await serverSource(options),
    createClientStream(process.stdin, process.stdout, options.maxLineBytes),
  );
  for (const { what, path } of proxy.newKeys) say(`agentk: a key for ${what} was made at ${path}\n`);
  const status = proxy.serve().then((end) => {
    say(summaryOf(end, howServerEnded(end)));
    return statusOf(end);
  });
  heedSignals(proxy, status, say);
  return status;
}

function howServerEnded({ exit, reason }: ProxyEnd): readonly string[] {
  if (exit.spawnError !== undefined) return [`the server could not be started (${exit.spawnError})`];
  if (exit.lost !== undefined) return [`the server was given up: ${exit.lost.says}`];
  if (reason !== "child-exited") return [];
  return [`the server ended by itself (${exit.signal ?? `exit status ${String(exit.code)}`})`];
}
