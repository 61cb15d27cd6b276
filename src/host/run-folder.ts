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
  /** The folder of runs in which the log lies; none when the operator named the file itself. */
  readonly folder: string | undefined;
}

export function runsFolder(cwd: string): string {
  return join(cwd, ".agentk", "runs");
}

/**
 * Where a run writes: the file that `traceOut` names, or a file of the run's name in the folder that it names with a slash
 * at its end, or else in the runs folder. Folders are made 0700.
 * @throws AgentkError `unsafe-file` when a folder that is there (perhaps checked out with somebody's project) is a
 * link, another user's, or open to others.
 */
export function prepareRunPath(cwd: string, run: string, traceOut?: string): RunPaths {
  if (traceOut?.endsWith("/") === false) return pathsOf(resolve(cwd, traceOut), undefined);
  const runs = traceOut === undefined ? runsFolder(cwd) : resolve(cwd, traceOut);
  for (const folder of traceOut === undefined ? [join(cwd, ".agentk"), runs] : [runs]) {
    makePrivateFolder(folder);
    assertPrivateFolder(folder);
  }
  return pathsOf(join(runs, `${run}.jsonl`), runs);
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

function pathsOf(log: string, folder: string | undefined): RunPaths {
  return { log, payloads: payloadPathOf(log), folder };
}
