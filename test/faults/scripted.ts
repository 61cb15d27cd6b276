/** A small session with the proxy as it is, in this process: what its client was told, what its server was asked to do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ClientHandlers } from "../../src/app/run/client-stream.js";
import { readPolicy } from "../../src/app/policy/file.js";
import { serverSource } from "../../src/app/run/server-link.js";
import { Proxy, type ProxyEnd, type ProxyOptions } from "../../src/app/run/stdio-proxy.js";
import { recoverLog } from "../../src/app/log/recover.js";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { statusOf } from "../../src/app/run/process.js";
import { testFolder, type LoggedEvent, type Reply } from "../boundary/proxy-process.js";
import { readRun, verifyFile } from "../boundary/recorded.js";

const POLICY = `[[rules]]
id = "never"
effect = "deny"
when = { syscalls = ["tool.invoke"], tool = "forbid" }
[[rules]]
id = "work"
effect = "allow"
when = { syscalls = ["tool.describe", "tool.invoke", "tool.response"] }
[[rules]]
id = "default-deny"
effect = "deny"
`;

/** Nonces, in the order in which they are asked for; those of a line at once. */
const CALLS: readonly (readonly (readonly [tool: string, nonce: string])[])[] = [
  [["do", "n1"]],
  [["forbid", "n2"]],
  [
    ["do", "n3"],
    ["do", "n4"],
  ],
];

export interface Played {
  readonly log: string;
  /** How it ended, or why it did not begin. */
  readonly end: ProxyEnd | Error;
  /** The calls that were asked for. */
  readonly asked: readonly string[];
  readonly replies: readonly Reply[];
}

/** A folder for one case, and the server's own journal in it. */
export function newCase(name: string): { readonly cwd: string; readonly journal: string } {
  // What a fault leaves is damaged on purpose until it is recovered, here; nothing is left to be replayed after all tests.
  const cwd = join(testFolder(name), "tampered");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "policy.toml"), POLICY);
  return { cwd, journal: join(cwd, "journal") };
}

/** What the server wrote down, one nonce a line. */
export function carriedOut(journal: string): readonly string[] {
  return existsSync(journal) ? readFileSync(journal, "utf8").split("\n").slice(0, -1) : [];
}

/** Plays the session to its end. `server` is a command line; unused where the server is in this process. */
export async function playSession(cwd: string, server: readonly string[]): Promise<Played> {
  const log = join(cwd, "run.jsonl");
  const client = new ScriptedClient();
  const [command = "none", ...args] = server;
  try {
    const options: ProxyOptions = {
      ...{ cwd, env: process.env, traceOut: log, payloads: "sealed", durableFrom: "low", command, args, allowEnv: [] },
      ...{ policy: await readPolicy(join(cwd, "policy.toml")), agentId: "agent://test", serverId: "server" },
      ...{ responseTimeoutMs: 30_000, maxClientMessages: 1000, maxInFlight: 16, maxLineBytes: 1_048_576 },
    };
    const proxy = new Proxy(options, await serverSource(options), client.stream);
    const ended = proxy.serve();
    void ended.then(
      () => {
        client.over();
      },
      () => {
        client.over();
      },
    );
    await client.play();
    return { log, end: await ended, asked: client.asked, replies: client.replies };
  } catch (error) {
    const end = error instanceof Error ? error : new Error(String(error));
    return { log, end, asked: client.asked, replies: client.replies };
  }
}

/** Asks one thing after another, each when the last has been answered or never will be. */
class ScriptedClient {
  readonly replies: Reply[] = [];
  readonly asked: string[] = [];
  private handlers: ClientHandlers | undefined;
  private isOver = false;
  private wake: () => void = () => undefined;

  readonly stream = {
    start: (handlers: ClientHandlers): void => {
      this.handlers = handlers;
      this.wake();
    },
    send: (line: string): boolean => {
      this.replies.push(JSON.parse(line) as Reply);
      this.wake();
      return true;
    },
    afterSent: setImmediate,
    pause: (): void => undefined,
    resume: (): void => undefined,
    stop: (): void => undefined,
  };

  over(): void {
    this.isOver = true;
    this.wake();
  }

  async play(): Promise<void> {
    await this.until(() => this.handlers !== undefined);
    const clientInfo = { name: "test", version: "1" };
    this.say({
      id: "i",
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo },
    });
    await this.answered(["i"]);
    this.say({ method: "notifications/initialized" });
    for (const calls of CALLS) {
      if (this.isOver) break;
      for (const [name, nonce] of calls) {
        this.asked.push(nonce);
        this.say({ id: nonce, method: "tools/call", params: { name, arguments: { nonce } } });
      }
      await this.answered(calls.map(([, nonce]) => nonce));
    }
    this.handlers?.onEnd();
  }

  private say(message: object): void {
    this.handlers?.onLine(Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message })));
  }

  private answered(ids: readonly string[]): Promise<void> {
    return this.until(() => ids.every((id) => this.replies.some((reply) => reply.id === id)));
  }

  private async until(isReached: () => boolean): Promise<void> {
    while (!isReached() && !this.isOver) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

export interface Recount {
  readonly done: readonly string[];
  readonly refused: readonly string[];
}

/** Why a call may be refused, in the words of the answers. */
const NAMED = /recorder-fault|run-closed|policy-deny|lifecycle|receipt-[a-z]+|server|child/;

/** Each call that was asked for has one answer, with a reason where it is no result. */
export function recount({ asked, replies }: Played): Recount {
  const done: string[] = [];
  const refused: string[] = [];
  for (const nonce of asked) {
    const answers = replies.filter(({ id }) => id === nonce);
    expect(answers).toHaveLength(1);
    const content = answers[0]?.result?.["content"] as readonly { readonly text?: string }[] | undefined;
    const isDone = answers[0]?.result?.["isError"] !== true && content?.[0]?.text === nonce;
    if (!isDone) expect(JSON.stringify(answers[0])).toMatch(NAMED);
    (isDone ? done : refused).push(nonce);
  }
  return { done, refused };
}

/** What the log says was meant to be done, by the nonces of the calls. */
export interface Recorded {
  readonly intents: readonly string[];
  readonly receipted: readonly string[];
  readonly ok: readonly string[];
}

export function recordedIn(log: string): Recorded {
  const { events, value, close } = readRun(log);
  const allowed = events.filter(
    ({ type, value: { kind, decision } }) =>
      type === "syscall" && kind === "tool.invoke" && decision?.verdict === "allow",
  );
  const nonces = new Map(
    allowed.map((event) => [event.value.call ?? "", (value(event, "arguments") as { nonce: string }).nonce]),
  );
  close();
  const named = (calls: readonly string[]): readonly string[] => calls.flatMap((call) => nonces.get(call) ?? []);
  const outcomes = events.filter(({ type, value: { status } }) => type === "outcome" && status === "ok");
  return {
    intents: [...nonces.values()],
    receipted: named(events.flatMap(receiptedIn)),
    ok: named(outcomes.map(({ value: { call } }) => call ?? "")),
  };
}

function receiptedIn({ type, value }: LoggedEvent): readonly string[] {
  if (type !== "receipts") return [];
  return (value["receipts"] as readonly { readonly call: string }[]).map(({ call }) => call);
}

/** The log as it was left holds, once its end is supplied where that is missing. */
export async function expectWholeLog(log: string, isReplayed = true): Promise<"sealed" | "recovered" | "none"> {
  if (!existsSync(log) || !readFileSync(log).includes(0x0a)) return "none";
  const { findings } = verifyFile(log);
  const faults = findings.filter(({ severity }) => severity === "failure").map(({ code }) => code);
  expect(["", "unsealed", "torn-tail,unsealed", "unsealed,torn-tail"]).toContain(faults.join(","));
  if (faults.length > 0) await recoverLog(log);
  const ending = faults.length > 0 ? "recovered" : "sealed";
  expect(verifyFile(log)).toMatchObject({ ok: true, ending });
  if (isReplayed) expect(await replayLog(log, process.env)).toMatchObject({ ok: true });
  return ending;
}

/** Nothing was done that the log does not say, and nothing was told that it does not hold. */
export function expectAccounted(played: Played, effects: readonly string[]): void {
  if (!existsSync(played.log) || !readFileSync(played.log).includes(0x0a)) {
    expect(effects).toEqual([]);
    return;
  }
  const { done } = recount(played);
  const { intents, receipted, ok } = recordedIn(played.log);
  expect(intents).toEqual(expect.arrayContaining([...effects]));
  expect(receipted).toEqual(expect.arrayContaining([...effects]));
  expect(effects).toEqual(expect.arrayContaining([...done]));
  expect(ok).toEqual(expect.arrayContaining([...done]));
  expect(effects).not.toContain("n2");
  expect(new Set(effects).size).toBe(effects.length);
}

/** The exit status that the process would have. */
export function exitOf({ end }: Played): number {
  return end instanceof Error ? 1 : statusOf(end);
}
