// One MCP client of the soak, in raw lines: what it has asked for, and what it was told.
import { spawn } from "node:child_process";

export class Client {
  /** Nonce -> `{ tool, told }`; `told` is `done`, `refused` or undefined while nothing has been said. */
  calls = new Map();
  /** Characters of text that it was handed. */
  read = 0;
  stderr = "";
  #child;
  #waiting = new Map();
  #next = 1;
  #rest = [];
  #decline;

  constructor([command, ...args], { cwd, env, decline }) {
    this.#decline = decline;
    this.#child = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.on("data", (chunk) => this.#take(chunk)).on("error", () => undefined);
    this.#child.stderr.on("data", (chunk) => (this.stderr = (this.stderr + chunk).slice(-4000)));
    this.ended = new Promise((settle) => this.#child.on("close", (code, signal) => settle({ code, signal })));
    void this.ended.then(() => {
      for (const settle of this.#waiting.values()) settle(undefined);
      this.#waiting.clear();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get isOver() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The handshake. False when the proxy has ended instead. */
  async open() {
    const params = { protocolVersion: "2025-11-25", capabilities: { elicitation: { form: {} } } };
    const clientInfo = { name: "soak", version: "1.0.0" };
    const answer = await this.#request("initialize", { ...params, clientInfo });
    this.#write({ method: "notifications/initialized" });
    return answer?.result !== undefined;
  }

  /** Calls a tool; gives the milliseconds to its answer, or undefined when there was none. */
  async call(tool, args) {
    const call = { tool, told: undefined };
    this.calls.set(args.nonce, call);
    const began = performance.now();
    const answer = await this.#request("tools/call", { name: tool, arguments: args });
    if (answer === undefined) return undefined;
    const text = answer.result?.content?.[0]?.text ?? "";
    this.read += text.length;
    const isDone = answer.result?.isError !== true && text.startsWith(`${args.nonce} `);
    call.told = isDone ? "done" : "refused";
    if (!isDone) call.why = JSON.stringify(answer.error ?? answer.result).slice(0, 300);
    return performance.now() - began;
  }

  /** No more input. */
  leave() {
    this.#child.stdin.end();
  }

  /** Gone from one moment to the next: neither writes nor reads any more. */
  vanish() {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  #request(method, params) {
    if (this.isOver || !this.#child.stdin.writable) return Promise.resolve(undefined);
    const id = this.#next++;
    return new Promise((settle) => {
      this.#waiting.set(id, settle);
      this.#write({ id, method, params });
    });
  }

  #write(message) {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #take(chunk) {
    const lines = Buffer.concat([...this.#rest, chunk])
      .toString("latin1")
      .split("\n");
    const rest = lines.pop();
    this.#rest = rest === "" ? [] : [Buffer.from(rest, "latin1")];
    for (const line of lines) this.#hear(JSON.parse(Buffer.from(line, "latin1").toString("utf8")));
  }

  #hear(message) {
    if (message.method !== undefined) {
      if (message.id === undefined) return;
      const result = this.#decline() ? { action: "decline" } : { action: "accept", content: { sure: true } };
      this.#write({ id: message.id, result });
      return;
    }
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }
}
