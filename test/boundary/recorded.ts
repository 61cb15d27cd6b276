/** What a run has left on the disk, read without a process. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { verifyLog } from "../../src/cli/flight-log.js";
import type { VerifyReport } from "../../src/evidence/verify.js";
import { openPayloadStore } from "../../src/host/payload-reader.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { loadOperatorKey } from "../../src/host/operator-key.js";
import type { LoggedEvent } from "./proxy-process.js";

export interface Recorded {
  /** The whole lines of the log, in order. */
  readonly events: readonly LoggedEvent[];
  /** A value from the payload journal. */
  readonly value: (event: LoggedEvent, slot: "arguments" | "content") => unknown;
  readonly close: () => void;
}

/** Opens a log and its journal. */
export function readRun(log: string): Recorded {
  const events = wholeLines(log).map((line) => JSON.parse(line) as LoggedEvent);
  const key = loadOperatorKey(process.env);
  if (key === undefined) throw new Error("there is no operator key");
  const opened = openPayloadStore(payloadPathOf(log), String(events[0]?.value["run"]), key);
  if (!opened.ok) throw new Error(opened.error.detail);
  const { get, close } = opened.value;
  return { events, value: ({ seq }, slot) => JSON.parse(get(seq, slot) ?? "null") as unknown, close };
}

/** The logs of the runs in a working folder, `latest.jsonl` not among them. */
export function logsIn(cwd: string): readonly string[] {
  const runs = join(cwd, ".agentk", "runs");
  return readdirSync(runs)
    .filter((file) => file.endsWith(".jsonl") && file !== "latest.jsonl")
    .map((file) => join(runs, file));
}

export function wholeLines(log: string): readonly string[] {
  return readFileSync(log, "utf8").split("\n").slice(0, -1);
}

/** The verifier's report on a log, without a process. */
export function verifyFile(log: string): VerifyReport {
  const silent = (): void => undefined;
  return verifyLog(log, {
    ...{ stdout: silent, stderr: silent, exit: silent },
    ...{ env: {}, cwd: "/", isTty: false, columns: 80 },
  });
}
