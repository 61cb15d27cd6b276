/** A proxy before a server that dies on request, and what each of its lives has seen. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { fixture, ProxyProcess, testFolder } from "./proxy-process.js";
import { verifyFile } from "./recorded.js";
import { isAlive } from "./watch.js";

/** How the server is in one life; the last one stands for all after it. */
export type Life = Readonly<Record<string, unknown>>;

export interface Mortal {
  readonly proxy: ProxyProcess;
  /** The messages that the server has got in a life, the first of which is 0. */
  readonly seen: (life: number) => readonly Seen[];
  /** Its process in each of its lives. */
  readonly pids: () => readonly number[];
}

export interface Seen {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly protocolVersion?: string };
}

export interface MortalSetup {
  readonly lives?: readonly Life[];
  readonly flags?: readonly string[];
  /** The text of a policy file; without it, one that asks what the session has read. */
  readonly policy?: string;
}

export function startMortal(name: string, { lives = [{}], flags = [], policy }: MortalSetup = {}): Mortal {
  const cwd = testFolder(name);
  const transcript = join(cwd, "seen");
  const policyFile = policy === undefined ? fixture("policies/by-session.toml") : join(cwd, "policy.toml");
  if (policy !== undefined) writeFileSync(policyFile, policy);
  const server = [process.execPath, fixture("servers/mortal.mjs"), transcript, JSON.stringify(lives)];
  const proxy = new ProxyProcess({ cwd, server, flags: ["--policy", policyFile, ...flags] });
  return { proxy, ...livesIn(transcript) };
}

/** What a server that dies has written to its file. */
export function livesIn(transcript: string): Pick<Mortal, "seen" | "pids"> {
  const lines = (): readonly string[] => readFileSync(transcript, "utf8").split("\n").slice(0, -1);
  return {
    seen: (life) =>
      lines()
        .filter((line) => line.startsWith(`${String(life)} {`))
        .map((line) => JSON.parse(line.slice(line.indexOf("{"))) as Seen),
    pids: () => lines().flatMap((line) => /^\d+ start (\d+)$/.exec(line)?.slice(1).map(Number) ?? []),
  };
}

/** The tools that the server was called for in a life. */
export function toolsCalled({ seen }: Mortal, life: number): readonly unknown[] {
  return seen(life)
    .filter(({ method }) => method === "tools/call")
    .map(({ params }) => params?.name);
}

/** What every run is held to when it is over: nobody is left behind, and the log is sealed and replays in full. */
export async function leftWell({ proxy, pids }: Pick<Mortal, "proxy" | "pids">): Promise<void> {
  expect(pids().filter(isAlive)).toEqual([]);
  expect(verifyFile(proxy.log)).toMatchObject({ ok: true, ending: "sealed" });
  expect(await replayLog(proxy.log, process.env)).toMatchObject({ ok: true, depth: "deep" });
}
