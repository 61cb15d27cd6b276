/** Where the logs of runs lie: `.agentk/runs` under the working folder, and `latest.jsonl` in it. */
import { lstatSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { nonce } from "./entropy.js";
import { payloadPathOf } from "./payload-store.js";
import { assertPrivateFolder, besides, makePrivateFolder, systemCode, unsafe } from "./private-folder.js";

export const LATEST = "latest.jsonl";

export interface RunPaths {
  readonly log: string;
  readonly payloads: string;
}

export function runsFolder(cwd: string): string {
  return join(cwd, ".agentk", "runs");
}

/**
 * Where a run writes: the operator's `traceOut`, or a file of the run's name in the runs folder, which is made 0700.
 * @throws AgentkError `unsafe-file` when a folder that is there (perhaps checked out with somebody's project) is a
 * link, another user's, or open to others.
 */
export function prepareRunPath(cwd: string, run: string, traceOut?: string): RunPaths {
  if (traceOut !== undefined) return pathsOf(resolve(cwd, traceOut));
  const runs = runsFolder(cwd);
  for (const folder of [join(cwd, ".agentk"), runs]) {
    makePrivateFolder(folder);
    assertPrivateFolder(folder);
  }
  return pathsOf(join(runs, `${run}.jsonl`));
}

/**
 * Points a name, `latest.jsonl` unless told otherwise, at a log of the folder, in one step, so that a reader finds the old one or the new one.
 * False when something other than a link has that name: it is somebody's file and is left alone.
 * @throws AgentkError `unsafe-file` when the link cannot be made.
 */
export function pointLatest(folder: string, fileName: string, name = LATEST): boolean {
  const latest = join(folder, name);
  const fresh = besides(latest, `${name}.${nonce(8)}`);
  try {
    if (lstatSync(latest, { throwIfNoEntry: false })?.isSymbolicLink() === false) return false;
    symlinkSync(fileName, fresh);
    renameSync(fresh, latest);
    return true;
  } catch (error) {
    rmSync(fresh, { force: true });
    throw unsafe(latest, `cannot be made (${systemCode(error) ?? "unknown"})`, { cause: error });
  }
}

function pathsOf(log: string): RunPaths {
  return { log, payloads: payloadPathOf(log) };
}
