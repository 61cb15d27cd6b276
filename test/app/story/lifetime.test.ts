/** A demo that is interrupted leaves no process and no folder; one that is killed leaves no process. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Lifetime } from "../../../src/app/story/lifetime.js";
import { ProxyProcess, testFolder } from "../../boundary/proxy-process.js";
import { isAlive } from "../../boundary/watch.js";

/** Other people's processes and files: nothing tells us of them, so they are looked at again and again. */
async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    await pause(20);
  }
}

/** A demo whose servers both hang: one directly below it, the other below a proxy. */
async function hungDemo(
  name: string,
): Promise<{ demo: ProxyProcess; worlds: () => readonly string[]; pids: readonly number[] }> {
  const cwd = testFolder(name);
  const words = { command: "demo", flags: ["timeout", "--client", "silent"], server: [] };
  const demo = new ProxyProcess({ cwd, ...words, env: { TMPDIR: cwd } });
  const worlds = (): readonly string[] => readdirSync(cwd).filter((entry) => entry.startsWith("agentk-world-"));
  const pids = await eventually(() => {
    const hung = worlds().filter((world) => textOf(join(cwd, world, "calls.ndjson")).includes("get_report"));
    return hung.length === 2 ? hung.flatMap((world) => processesOf(join(cwd, world))) : undefined;
  });
  return { demo, worlds, pids: pids.filter((pid) => pid !== demo.process.pid) };
}

function processesOf(world: string): readonly number[] {
  const { pid, parent } = JSON.parse(textOf(join(world, "server.json"))) as { pid: number; parent: number };
  return [pid, parent];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

describe.concurrent("a demo that does not come to its end", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s: status 1, and nothing is left", async (signal) => {
    const { demo, worlds, pids } = await hungDemo("demo-signal");
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    demo.process.kill(signal);
    expect(await demo.ended).toEqual({ code: 1, signal: null });
    expect(worlds()).toEqual([]);
    // The proxy's own server goes with it, or when its input ends.
    await eventually(() => (pids.some(isAlive) ? undefined : true));
  });

  test("SIGKILL: its children go by themselves", async () => {
    const { demo, pids } = await hungDemo("demo-killed");
    demo.process.kill("SIGKILL");
    await demo.ended;
    await eventually(() => (pids.some(isAlive) ? undefined : true));
  });
});

test("what is begun after the end is taken back at once, and one that fails keeps no other", async () => {
  const life = new Lifetime();
  const undone: string[] = [];
  life.holds(() => void undone.push("first"));
  life.holds(() => Promise.reject(new Error("cannot")));
  const last = life.holds(() => void undone.push("last"));
  await last();
  await life.end();
  life.holds(() => void undone.push("late"));
  await pause(0);
  expect(undone).toEqual(["last", "first", "late"]);
});
