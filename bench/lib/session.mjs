// One MCP session with a process, in raw lines: as cheap a client as can be, so that what is measured is the other side.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Ticks of /proc/PID/stat a second on Linux (sysconf _SC_CLK_TCK is 100 on every common build). */
const TICKS = 100;

export class Session {
  #waiting = new Map();
  #parts = [];
  #next = 1;
  #child;

  constructor(command, args, options = {}) {
    this.began = performance.now();
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], ...options });
    this.#child.stdout.on("data", (chunk) => this.#take(chunk));
    this.ended = new Promise((settle) => this.#child.on("exit", settle));
    void this.ended.then((code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the process ended with status ${code}`));
    });
  }

  /** The handshake; gives the milliseconds from the start of the process to the answer. */
  async open() {
    const clientInfo = { name: "bench", version: "1.0.0" };
    await this.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    this.#child.stdin.write(`{"jsonrpc":"2.0","method":"notifications/initialized"}\n`);
    return performance.now() - this.began;
  }

  request(method, params) {
    const id = this.#next++;
    return new Promise((settle, reject) => {
      this.#waiting.set(id, { settle, reject });
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  call(size) {
    return this.request("tools/call", { name: "read_echo", arguments: { size, note: "what is asked for" } });
  }

  /** CPU seconds and peak resident MiB of the process itself, where /proc says so. */
  usage() {
    try {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8").split(") ")[1].split(" ");
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8"))[1];
      return { cpu_s: (Number(stat[11]) + Number(stat[12])) / TICKS, rss_mib: Number(peak) / 1024 };
    } catch {
      return { cpu_s: NaN, rss_mib: NaN };
    }
  }

  async close() {
    this.#child.stdin.end();
    await this.ended;
  }

  #take(chunk) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#parts.push(chunk.subarray(from, at));
      this.#answer(this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts));
      this.#parts = [];
      from = at + 1;
    }
    if (from < chunk.length) this.#parts.push(chunk.subarray(from));
  }

  /** The id stands first or last in a line, by whoever wrote it; a large result is not parsed for it. */
  #answer(line) {
    const ends = line.length > 4096 ? Buffer.concat([line.subarray(0, 200), line.subarray(-200)]) : line;
    const id = Number(/"id":(\d+)/.exec(ends.toString("latin1"))?.[1]);
    if (line.includes('"isError":true') || line.includes('"error":{')) throw new Error(line.toString().slice(0, 300));
    this.#waiting.get(id)?.settle(line);
    this.#waiting.delete(id);
  }
}
