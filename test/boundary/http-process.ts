/** The built `agentk mcp-proxy-http` as a real process, spoken to in raw requests. */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AGENTK, fixture, testFolder, type Ended, type LoggedEvent, type Reply } from "./proxy-process.js";

export interface HttpSetup {
  readonly flags?: readonly string[];
  readonly server?: readonly string[];
  readonly policy?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

type Headers = Readonly<Record<string, string | undefined>>;

export class HttpProcess {
  readonly cwd = testFolder("http");
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  url = new URL("http://127.0.0.1:0");
  token = "";
  stderr = "";
  private next = 1;

  constructor(setup: HttpSetup = {}) {
    const server = setup.server ?? [process.execPath, fixture("servers/scripted.mjs"), join(this.cwd, "seen")];
    const flags = ["--json", "--policy", setup.policy ?? fixture("policies/by-session.toml"), ...(setup.flags ?? [])];
    const words = [AGENTK, "mcp-proxy-http", ...flags, "--", ...server];
    this.process = spawn(process.execPath, words, { cwd: this.cwd });
    this.process.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString("utf8")));
    this.ended = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  /** Settles when clients may come. */
  async ready(): Promise<this> {
    const [line] = (await Promise.race([
      once(createInterface({ input: this.process.stdout }), "line"),
      this.ended.then(() => {
        throw new Error(this.stderr);
      }),
    ])) as [string];
    const told = JSON.parse(line) as { url: string; token?: string; token_file?: string };
    this.url = new URL(told.url);
    this.token = told.token ?? readFileSync(told.token_file ?? "", "utf8").trim();
    return this;
  }

  /** Begins a request with what every client sends, changed by `headers`; undefined leaves one out. */
  begin(method: string, headers: Headers = {}, path = "/mcp"): ClientRequest {
    const common = {
      authorization: `Bearer ${this.token}`,
      accept: "application/json, text/event-stream",
      ...(method === "POST" ? { "content-type": "application/json" } : {}),
    };
    const all = Object.entries<string | undefined>({ ...common, ...headers }).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    );
    const { hostname, port } = this.url;
    const request = httpRequest({ host: hostname, port, method, path, headers: Object.fromEntries(all), agent: false });
    request.on("error", () => undefined);
    return request;
  }

  async send(method: string, body?: string | object, headers: Headers = {}, path?: string): Promise<Answer> {
    const request = this.begin(method, headers, path);
    request.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    let text = "";
    response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    await once(response, "close");
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  /** A legacy session, ready for calls: its header. */
  async session(capabilities: object = {}): Promise<{ readonly "mcp-session-id": string }> {
    const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "t", version: "1" } };
    const { headers } = await this.send("POST", { jsonrpc: "2.0", id: 0, method: "initialize", params });
    const named = { "mcp-session-id": String(headers["mcp-session-id"]) };
    await this.send("POST", { jsonrpc: "2.0", method: "notifications/initialized" }, named);
    return named;
  }

  callBody(name: string, args: object = {}, more: object = {}, id: string | number = this.next++): object {
    return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, ...more } };
  }

  async call(session: Headers, name: string, args: object = {}): Promise<Reply> {
    const { text } = await this.send("POST", this.callBody(name, args), session);
    return JSON.parse(text) as Reply;
  }

  get log(): string {
    const runs = join(this.cwd, ".agentk", "runs");
    return join(runs, readdirSync(runs).find((file) => /^\d.*\.jsonl$/.test(file)) ?? "no log");
  }

  events(): readonly LoggedEvent[] {
    const lines = readFileSync(this.log, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LoggedEvent);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.process.kill(signal);
    return this.ended;
  }
}
