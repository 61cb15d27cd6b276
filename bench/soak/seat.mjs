// One place at the table: a session after another, each with its own proxy, server, log and way to end.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "./client.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const AGENTK = here("../../bin/agentk.js");

/** How long a proxy may take to end once it should, before that is a fault. */
const END_MS = 30_000;

/** A tool, its share of the calls, and its arguments beside the nonce. */
const MIX = [
  ["read_small", 40, ({ random }) => ({ page: Math.floor(random() * 50) })],
  ["write_note", 20, () => ({ text: "the usual words of a note that the agent keeps" })],
  ["send_mail", 6, () => ({ to: "team@soak.example", text: "as agreed" })],
  ["send_mail", 6, ({ random }) => ({ to: `reader${Math.floor(random() * 50)}@pages.example`, text: "as agreed" })],
  ["delete_all", 6, () => ({})],
  ["publish_page", 6, () => ({ text: "all of it" })],
  ["ask_user", 6, () => ({})],
  ["slow", 6, ({ random }) => ({ wait: Math.floor(random() * 300) })],
  [
    "read_large",
    4,
    ({ random }) => ({ size: 20_000 + Math.floor(random() * 200_000), page: Math.floor(random() * 20) }),
  ],
];
const SHARES = MIX.reduce((sum, [, share]) => sum + share, 0);

export class Seat {
  /** What it has lived through: sessions, calls, ends by kind, servers killed. */
  counts = { sessions: 0, calls: 0, done: 0, refused: 0, unanswered: 0, servers_killed: 0, ends: {} };
  /** Of a session that stays: `{ at, value }`, milliseconds of a small call, and MiB of its proxy. */
  latency = [];
  memory = [];
  client = undefined;
  #soak;
  #name;

  constructor(name, soak) {
    this.#name = name;
    this.#soak = soak;
  }

  /** Sessions that end one way or another, until the time is over. */
  async comeAndGo() {
    const { random, isOver, meanSessionMs } = this.#soak;
    while (!isOver()) {
      const until = performance.now() - Math.log(1 - random()) * meanSessionMs;
      const session = this.#begin();
      const left = { isDue: () => performance.now() > until || isOver() };
      // A few are killed while they still start.
      if (random() < 0.1) setTimeout(() => session.client.kill("SIGKILL"), random() * 600).unref();
      if (await session.client.open()) await this.#work(session, left);
      await this.#end(session, isOver() ? "leaves" : this.#wayOut());
    }
  }

  /** One session from beginning to end; its server may be killed, its proxy may not. `fill` large pages come first. */
  async stay({ fill = 0 } = {}) {
    const { pace, isOver } = this.#soak;
    const session = this.#begin();
    if (!(await session.client.open())) throw new Error(`a proxy did not start: ${session.client.stderr}`);
    for (let page = 0; page < fill && !isOver(); page++) {
      await this.#call(session, "read_large", { size: 1_000_000, page: 1000 + page });
      await pace.rest(50);
    }
    this.isFilled = true;
    await this.#work(session, { isDue: isOver, isWatched: true });
    await this.#end(session, "leaves");
  }

  /** The last server of a session ends as by an accident. */
  killServer(session = this.session) {
    const starts = /^start (\d+)$/gm;
    const pids = [...readFileSync(session.journal, "utf8").matchAll(starts)].map(([, pid]) => Number(pid));
    try {
      // A number may be another process's by now.
      const isServer = readFileSync(`/proc/${pids.at(-1)}/cmdline`, "utf8").includes(session.journal);
      if (isServer) process.kill(pids.at(-1), "SIGKILL");
      if (isServer) this.counts.servers_killed++;
    } catch {
      // It has ended by itself.
    }
  }

  #begin() {
    const { folder, env, random } = this.#soak;
    const name = `${this.#name}-${this.counts.sessions++}`;
    const cwd = join(folder, name);
    mkdirSync(cwd);
    const [log, journal] = [join(cwd, "run.jsonl"), join(cwd, "journal")];
    const flags = ["--policy", here("policy.toml"), "--trace-out", log, "--server-id", "soak"];
    const bounds = ["--max-client-messages", "999999999", "--restarts", "100000"];
    const command = [process.execPath, AGENTK, "mcp-proxy-stdio", ...flags, ...bounds, "--", process.execPath];
    const client = new Client([...command, here("server.mjs"), journal], { cwd, env, decline: () => random() < 0.3 });
    this.client = client;
    this.session = { client, name, cwd, log, journal, next: 0 };
    return this.session;
  }

  /** Bursts of calls, one to eight at once, with rests between. */
  async #work(session, { isDue, isWatched = false }) {
    const { pace, random, meanRestMs, serverKillShare } = this.#soak;
    while (!isDue() && !session.client.isOver) {
      const took = await this.#call(session, "read_small", { page: Math.floor(random() * 50) });
      if (isWatched && took !== undefined) this.latency.push({ at: performance.now(), value: took });
      const burst = random() < 0.3 ? 1 + Math.floor(random() * 8) : 1;
      const calls = Array.from({ length: burst }, () => this.#any(session));
      if (random() < serverKillShare) setTimeout(() => this.killServer(session), random() * 50).unref();
      await Promise.all(calls);
      await pace.rest(meanRestMs);
    }
  }

  #any(session) {
    const { random } = this.#soak;
    if (random() < 0.002) return this.#call(session, "crash", {});
    let luck = random() * SHARES;
    const [tool, , args] = MIX.find(([, share]) => (luck -= share) < 0) ?? MIX[0];
    return this.#call(session, tool, args({ random }));
  }

  #call(session, tool, args) {
    this.counts.calls++;
    return session.client.call(tool, { nonce: `${session.name}.${session.next++}`, ...args });
  }

  #wayOut() {
    const ways = ["leaves", "leaves in the middle", "vanishes", "SIGTERM", "SIGKILL", "SIGKILL"];
    return ways[Math.floor(this.#soak.random() * ways.length)];
  }

  async #end(session, way) {
    const { client } = session;
    const { random } = this.#soak;
    const calls = way === "leaves" ? [] : Array.from({ length: 6 }, () => this.#any(session));
    if (way !== "leaves") await wait(random() * 30);
    if (way.startsWith("leaves")) client.leave();
    else if (way === "vanishes") client.vanish();
    else client.kill(way);
    const { code, signal } = await this.#ended(session);
    await Promise.all(calls);
    const kind = signal === "SIGKILL" ? "SIGKILL" : way;
    this.counts.ends[kind] = (this.counts.ends[kind] ?? 0) + 1;
    for (const { told } of client.calls.values()) this.counts[told ?? "unanswered"]++;
    this.#soak.over({ ...session, client, wasKilled: signal === "SIGKILL", code });
  }

  async #ended({ client, name }) {
    const stuck = setTimeout(() => {
      this.#soak.fault(`${name}: the proxy did not end within ${END_MS} ms`);
      client.kill("SIGKILL");
    }, END_MS);
    const ended = await client.ended;
    clearTimeout(stuck);
    return ended;
  }
}
