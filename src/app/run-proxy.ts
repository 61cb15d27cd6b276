/** Runs the proxy on this process: its stdin, stdout and signals, and a word on stderr when it is over. */
import { resolve } from "node:path";
import { CHILD_GRACE_MS } from "../base/limits.js";
import { createClientStream } from "./client-stream.js";
import { readPolicy } from "./policy-file.js";
import { Proxy, type ProxyEnd, type ProxyOptions } from "./proxy.js";
import { pinsOfRun } from "./run-pins.js";

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
    createClientStream(process.stdin, process.stdout, options.maxLineBytes),
  );
  for (const { what, path } of proxy.newKeys) say(`agentk: a key for ${what} was made at ${path}\n`);
  const status = proxy.serve().then((end) => {
    say(summaryOf(end));
    return statusOf(end);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      proxy.stop(signal === "SIGINT" ? "sigint" : "sigterm");
      void status.then(leave, () => undefined);
    });
  }
  // The one signal that ends nothing: the operator has put the next key in place of the last one.
  process.on("SIGHUP", () => {
    void proxy.rekey().then(say);
  });
  return status;
}

/** The process ends when its output is read; after a signal it does not wait long for a client that reads nothing. */
function leave(status: 0 | 1): void {
  setTimeout(() => process.exit(status), CHILD_GRACE_MS).unref();
}

function statusOf({ fault, reason }: ProxyEnd): 0 | 1 {
  return fault === undefined && ["eof", "sigint", "sigterm"].includes(reason) ? 0 : 1;
}

function summaryOf(end: ProxyEnd): string {
  const { run, allowed, denied, log, reason, exit, fault } = end;
  const lines = [
    `agentk: run ${run} ended (${reason}): ${String(allowed)} allowed, ${String(denied)} denied; log ${log}`,
  ];
  if (exit.spawnError !== undefined) lines.push(`agentk: the server could not be started (${exit.spawnError})`);
  else if (exit.lost !== undefined) lines.push(`agentk: the server was given up: ${exit.lost.says}`);
  else if (reason === "child-exited") {
    lines.push(`agentk: the server ended by itself (${exit.signal ?? `exit status ${String(exit.code)}`})`);
  }
  if (fault !== undefined) lines.push(`agentk: recording failed, and everything after it was denied: ${fault.message}`);
  return `${lines.join("\n")}\n`;
}
