/** One session with the agentk under audit: a client's raw lines, a hostile server's transcript, and the run's log. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runCommand, type CommandEnd } from "../../../host/run-command.js";
import { shippedFile } from "../../package-info.js";
import type { AuditWorld } from "../world.js";

/** What the server tells, and nobody else may. */
export const SERVER_CANARY = "canary-of-the-server";
/** A variable of ours that is no business of the server's, and its value. */
export const ENV_CANARY = { name: "AGENTK_AUDIT_CANARY", value: "canary-of-the-environment" };

export interface Reply {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface SessionSetup {
  readonly flags?: readonly string[];
  /** Words of the hostile server. */
  readonly server?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where it runs; a fresh folder without it. */
  readonly cwd?: string;
}

/** The environment of everything that is started: a key and a data folder of the audit's own. */
export function auditEnvironment(world: AuditWorld, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH } = world.env;
  const home = world.data;
  return { PATH, HOME: home, AGENTK_DATA_DIR: join(home, "data"), [ENV_CANARY.name]: ENV_CANARY.value, ...more };
}

/** The hostile server's command line. */
export function hostileServer(seen: string, words: readonly string[] = []): readonly string[] {
  return [process.execPath, shippedFile("examples/hostile-server/server.mjs"), "--seen", seen, ...words];
}

export class AuditSession {
  readonly cwd: string;
  /** Every line that the client got, parsed; `unparsed` has what is no JSON. */
  readonly replies: Reply[] = [];
  readonly unparsed: string[] = [];
  stderr = "";
  readonly ended: Promise<number | null>;
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly seenFile: string;
  private readonly answerMs: number;
  private waiters: (() => void)[] = [];
  private isOver = false;
  private nextId = 1;

  constructor(world: AuditWorld, name: string, setup: SessionSetup = {}) {
    this.answerMs = world.answerMs;
    this.cwd = setup.cwd ?? world.folder(name);
    this.seenFile = join(this.cwd, "seen.jsonl");
    const [command, ...first] = world.agentk;
    const server = hostileServer(this.seenFile, setup.server);
    const args = [...first, "mcp-proxy-stdio", ...(setup.flags ?? []), "--", ...server];
    this.process = spawn(command, args, { cwd: this.cwd, env: auditEnvironment(world, setup.env), detached: true });
    this.process.stderr.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString("utf8");
    });
    this.process.stdin.on("error", () => undefined);
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      this.take(line);
    });
    this.ended = new Promise((resolve) => {
      const over = (code: number | null): void => {
        this.isOver = true;
        this.wake();
        resolve(code);
      };
      this.process.on("error", () => {
        over(null);
      });
      this.process.on("close", over);
    });
  }

  /** One raw line, or a message. */
  send(line: string | object): void {
    this.process.stdin.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  }

  /** Sends a request. @throws Error when no answer comes. */
  async request(method: string, params?: object, id: string | number = `a${String(this.nextId++)}`): Promise<Reply> {
    this.send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
    return this.answer(id, method);
  }

  async answer(id: string | number | null, what = "a message"): Promise<Reply> {
    const deadline = Date.now() + this.answerMs;
    for (;;) {
      const found = this.replies.find((reply) => reply.id === id && reply.method === undefined);
      if (found !== undefined) return found;
      if (this.isOver)
        throw new Error(`agentk ended without an answer to ${what}: ${this.stderr.trim().slice(0, 200)}`);
      if (Date.now() >= deadline)
        throw new Error(`there was no answer to ${what} in ${String(this.answerMs / 1000)} s`);
      await this.news(deadline - Date.now());
    }
  }

  async handshake(): Promise<Reply> {
    const clientInfo = { name: "agentk-audit", version: "1" };
    const reply = await this.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    this.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return reply;
  }

  call(name: string, args: object = {}, more: object = {}): Promise<Reply> {
    return this.request("tools/call", { name, arguments: args, ...more });
  }

  /** Ends the client's side; agentk is to end by itself. */
  async close(): Promise<number | null> {
    this.process.stdin.end();
    const timer = setTimeout(() => {
      this.kill();
    }, this.answerMs);
    const code = await this.ended;
    clearTimeout(timer);
    this.kill();
    return code;
  }

  /** The whole process group, at once. */
  kill(): void {
    if (this.process.pid === undefined) return;
    try {
      process.kill(-this.process.pid, "SIGKILL");
    } catch {
      // Nobody is left.
    }
  }

  /** The lines that reached the server. */
  get seen(): readonly string[] {
    return existsSync(this.seenFile) ? readFileSync(this.seenFile, "utf8").split("\n").slice(0, -1) : [];
  }

  get log(): string {
    return join(this.cwd, ".agentk", "runs", "latest.jsonl");
  }

  /** Everything that came to the client, as one text. */
  get told(): string {
    return [...this.unparsed, ...this.replies.map((reply) => JSON.stringify(reply))].join("\n");
  }

  private take(line: string): void {
    try {
      this.replies.push(JSON.parse(line) as Reply);
    } catch {
      this.unparsed.push(line);
    }
    this.wake();
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  private news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** The text of a tool's result. */
export function textOf({ result }: Reply): string {
  const content = result?.["content"];
  if (!Array.isArray(content)) return "";
  return content.map((block) => String((block as { text?: unknown }).text)).join("\n");
}

/** A command of the agentk under audit, run to its end. */
export function runAgentk(
  world: AuditWorld,
  words: readonly string[],
  { cwd, env = {}, input }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly input?: string },
): Promise<CommandEnd> {
  const [command, ...first] = world.agentk;
  const args = [...first, ...words];
  const setup = { command, args, cwd, env: auditEnvironment(world, env), timeoutMs: 60_000 };
  return runCommand(input === undefined ? setup : { ...setup, input });
}
