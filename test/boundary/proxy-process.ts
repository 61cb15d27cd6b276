/** The built `agentk mcp-proxy-stdio` as a real process, spoken to in raw lines. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const AGENTK = fileURLToPath(new URL("../../bin/agentk.js", import.meta.url));

/** What bin/agentk.js runs. */
export const BUNDLE = fileURLToPath(new URL("../../dist/bundle/main.js", import.meta.url));

/** Path of a file under test/fixtures. */
export function fixture(relative: string): string {
  return fileURLToPath(new URL(`../fixtures/${relative}`, import.meta.url));
}

/** A fresh folder under the test root; logs in it are replayed when all tests are done. */
export function testFolder(name: string): string {
  const root = process.env["AGENTK_TEST_ROOT"];
  if (root === undefined) throw new Error("the global setup has not run");
  return mkdtempSync(join(root, `${name}-`));
}

export interface ProxySetup {
  /** The command of agentk's that stands between; mcp-proxy-stdio unless told otherwise. */
  readonly command?: string;
  /** The server's command line; empty when `flags` name it. */
  readonly server: readonly string[];
  /** Flags of mcp-proxy-stdio before `--`. */
  readonly flags?: readonly string[];
  /** A command that runs the proxy, whose own words come after these. */
  readonly launcher?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ProxyProcess {
  readonly cwd: string;
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Every line the client side got, parsed. */
  readonly replies: Reply[] = [];
  stderr = "";
  private waiters: (() => void)[] = [];
  private isOver = false;
  private nextId = 1;

  constructor(setup: ProxySetup) {
    this.cwd = setup.cwd ?? testFolder("run");
    const server = setup.server.length === 0 ? [] : ["--", ...setup.server];
    const words = [process.execPath, AGENTK, setup.command ?? "mcp-proxy-stdio", ...(setup.flags ?? []), ...server];
    const [command = "", ...args] = [...(setup.launcher ?? []), ...words];
    this.process = spawn(command, args, { cwd: this.cwd, env: { ...process.env, ...setup.env } });
    this.process.stderr.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString("utf8");
    });
    this.process.stdin.on("error", () => undefined);
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      this.replies.push(JSON.parse(line) as Reply);
      this.wake();
    });
    this.ended = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        this.isOver = true;
        this.wake();
        resolve({ code, signal });
      });
    });
  }

  /** Sends one raw line, or bytes without a newline added. */
  send(line: string | Buffer | object): void {
    if (Buffer.isBuffer(line)) this.process.stdin.write(line);
    else this.process.stdin.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  }

  /** The first reply, past or future, that fits. Rejects when the proxy ends without one. */
  async reply(fits: (reply: Reply) => boolean): Promise<Reply> {
    for (;;) {
      const found = this.replies.find(fits);
      if (found !== undefined) return found;
      if (this.isOver) throw new Error(`the proxy ended without the reply; stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  /** Sends a request and waits for its answer. */
  request(method: string, params?: object, id: string | number = `t${String(this.nextId++)}`): Promise<Reply> {
    this.send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
    return this.reply((reply) => reply.id === id && reply.method === undefined);
  }

  /** The legacy handshake, with the newest legacy revision unless told otherwise. */
  async handshake(protocolVersion = "2025-11-25"): Promise<Reply> {
    const clientInfo = { name: "test", version: "1" };
    const answer = await this.request("initialize", { protocolVersion, capabilities: {}, clientInfo });
    this.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return answer;
  }

  /** Calls a tool and gives the answer. */
  call(name: string, args: object = {}, id?: string | number): Promise<Reply> {
    return this.request("tools/call", { name, arguments: args }, id);
  }

  /** Ends the client's side and waits for the proxy to end. */
  async close(): Promise<Ended> {
    this.process.stdin.end();
    return this.ended;
  }

  /** The run's log; one run a folder unless the test says otherwise. */
  get log(): string {
    const runs = join(this.cwd, ".agentk", "runs");
    const [name] = readdirSync(runs).filter((file) => file.endsWith(".jsonl") && file !== "latest.jsonl");
    return join(runs, name ?? "no log");
  }

  /** The log's whole lines, parsed. */
  events(): readonly LoggedEvent[] {
    return readFileSync(this.log, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LoggedEvent);
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

export interface LoggedEvent {
  readonly seq: number;
  readonly type: string;
  readonly value: Readonly<Record<string, unknown>> & {
    readonly call?: string;
    readonly kind?: string;
    readonly target?: string;
    readonly status?: string;
    readonly fact?: string;
    readonly reason?: string;
    readonly decision?: { readonly verdict: string; readonly rule: string; readonly reason: string };
  };
}
