/** A proxy before the hostile server, and what must be true of every run with it, however it went. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { fixture, ProxyProcess, testFolder, type Ended } from "./proxy-process.js";
import { verifyFile } from "./recorded.js";
import { isAlive } from "./watch.js";

/** An idle proxy takes some 70 MiB, and none of the attacks took it over 115; 100 MiB that were kept would show. */
export const MEMORY_BOUND_MIB = 250;

/** A policy that lets all pass but tools that are not what the server first listed them as. */
export const AS_LISTED = readFileSync(fixture("policies/as-listed.toml"), "utf8");

export interface HostileSetup {
  readonly flags?: readonly string[];
  readonly words?: readonly string[];
  /** The text of a policy file; without it everything that has a contract is allowed. */
  readonly policyText?: string;
}

export function startHostile(name: string, setup: HostileSetup = {}): ProxyProcess {
  const cwd = testFolder(name);
  const policy = setup.policyText === undefined ? fixture("policies/allow-all.toml") : join(cwd, "policy.toml");
  if (setup.policyText !== undefined) writeFileSync(policy, setup.policyText);
  return new ProxyProcess({
    cwd,
    server: [process.execPath, fixture("servers/hostile.mjs"), ...(setup.words ?? [])],
    flags: ["--policy", policy, ...(setup.flags ?? [])],
  });
}

/** The most memory that a process has had so far, in MiB. Linux only, as the tests of processes are. */
export function peakMemory(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  if (found === null) throw new Error("the kernel does not say how much memory a process has had");
  return Number(found[1]) / 1024;
}

/** The processes that a process has started and that are still there. */
export function childrenOf(pid: number): readonly number[] {
  const listed = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").trim();
  return listed === "" ? [] : listed.split(" ").map(Number);
}

export function pidOf(proxy: ProxyProcess): number {
  const { pid } = proxy.process;
  if (pid === undefined) throw new Error("the proxy was not started");
  return pid;
}

/** Another call gets its answer: whatever happened, the session lives on. */
export async function livesOn(proxy: ProxyProcess): Promise<void> {
  const { result } = await proxy.call("ask", { text: "still there" });
  expect(result).toEqual({ content: [{ type: "text", text: "still there" }] });
}

/**
 * Ends the run (by the end of input unless told otherwise), and holds it to what every run is held to: bounded memory,
 * no process left behind, and a log that verifies and replays in full.
 */
export async function endsWell(proxy: ProxyProcess, end: () => Promise<Ended> = () => proxy.close()): Promise<Ended> {
  const isRunning = proxy.process.exitCode === null && proxy.process.signalCode === null;
  const children = isRunning ? childrenOf(pidOf(proxy)) : [];
  if (isRunning) expect(peakMemory(pidOf(proxy))).toBeLessThan(MEMORY_BOUND_MIB);
  const ended = await end();
  expect(children.filter(isAlive)).toEqual([]);
  expect(verifyFile(proxy.log)).toMatchObject({ ok: true });
  expect(await replayLog(proxy.log, process.env)).toMatchObject({ ok: true, depth: "deep" });
  return ended;
}
