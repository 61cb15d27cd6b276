/** A run as a process: which signals end it, how soon it leaves, and the first line of what it says when it is over. */
import { CHILD_GRACE_MS } from "../../base/limits.js";
import { visible } from "../../evidence/visible.js";
import type { RunEnd } from "./mediated-run.js";

export interface RunProcess {
  readonly stop: (reason: "sigint" | "sigterm") => void;
  /** Signs with the operator's key as it is now. Tells in words what it did. */
  readonly rekey: () => Promise<string>;
}

/** SIGINT and SIGTERM end the run; SIGHUP ends nothing: the operator has put the next key in place of the last one. */
export function heedSignals(run: RunProcess, status: Promise<0 | 1>, say: (text: string) => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      run.stop(signal === "SIGINT" ? "sigint" : "sigterm");
      void status.then(leave, () => undefined);
    });
  }
  process.on("SIGHUP", () => {
    void run.rekey().then(say);
  });
}

/** The process ends when its output is read; it does not wait long for a reader that reads nothing. */
export function leave(status: 0 | 1): void {
  setTimeout(() => process.exit(status), CHILD_GRACE_MS).unref();
}

/** 0 when the client or a signal ended the run and all of it was recorded. */
export function statusOf({ fault, reason }: Pick<RunEnd, "fault" | "reason">): 0 | 1 {
  return fault === undefined && ["eof", "sigint", "sigterm"].includes(reason) ? 0 : 1;
}

/** What the operator reads on stderr, with what only this kind of run can tell in between. */
export function summaryOf({ run, allowed, denied, log, reason, fault }: RunEnd, more: readonly string[] = []): string {
  const lines = [
    `agentk: run ${run} ended (${reason}): ${String(allowed)} allowed, ${String(denied)} denied; log ${visible(log)}`,
    ...more.map((line) => `agentk: ${line}`),
  ];
  if (fault !== undefined) lines.push(`agentk: recording failed, and everything after it was denied: ${fault.message}`);
  return `${lines.join("\n")}\n`;
}
