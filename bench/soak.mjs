// `npm run soak`: sessions under a mixed load for an hour, with kills and restarts of proxies and servers and clients that
// vanish; then every log must verify and replay, and memory and latency of the sessions that stayed must be flat.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, median, quantile, short, table } from "./lib/measure.mjs";
import { accountOf } from "./soak/account.mjs";
import { chances, cpuOfAll, drift, Pace, residentMib } from "./soak/gauges.mjs";
import { Seat } from "./soak/seat.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    pace: { type: "string", default: "0.35" },
    seats: { type: "string", default: "3" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean" },
    keep: { type: "boolean" },
  },
});
const [minutes, share, seed] = [Number(values.minutes), Number(values.pace), Number(values.seed)];
const AGENTK = fileURLToPath(new URL("../bin/agentk.js", import.meta.url));

/** 1 MB pages that fill a session's memory (64 Mi characters) beyond its bound: from there on it evicts. */
const FILLING = 72;
/** What a session's memory and latency may have grown by, from the first to the last quarter, in a run that is long enough to say. */
const MAX_MEMORY_GROWTH = 1.25;
const MAX_LATENCY_GROWTH = 2;
const LONG_ENOUGH_MINUTES = 20;

const say = (text) => (values.json ? process.stderr : process.stdout).write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), "agentk-soak-"));
const env = { ...process.env, AGENTK_DATA_DIR: join(folder, "data") };
mkdirSync(env.AGENTK_DATA_DIR, { mode: 0o700 });
const { public_key: publicKey } = JSON.parse(
  execFileSync(process.execPath, [AGENTK, "keygen", "--json", "--out", join(env.AGENTK_DATA_DIR, "signing.key")], {
    env,
  }),
);

const random = chances(seed);
const began = performance.now();
const faults = [];
const checked = { logs: 0, lines: 0 };
const fault = (text) => {
  faults.push(text);
  say(`FAULT ${text}`);
};
/** Sessions that are over are looked at one after another. */
let checking = Promise.resolve();
let waiting = 0;
const pace = new Pace(share, random);
const soak = {
  ...{ folder, env, random, pace, fault },
  meanSessionMs: Math.max(15_000, Math.min(60_000, minutes * 7_500)),
  meanRestMs: 250,
  serverKillShare: 0.005,
  isOver: () => performance.now() - began > minutes * 60_000,
  over: (session) => {
    waiting++;
    checking = checking.then(() => check(session)).finally(() => waiting--);
  },
};

async function check(session) {
  try {
    const found = await accountOf({ ...session, agentk: AGENTK, publicKey, env });
    checked.logs += found.lines > 0 ? 1 : 0;
    checked.lines += found.lines;
    for (const text of found.faults) fault(`${session.name} (ended with ${session.code}): ${text}`);
    if (found.faults.length === 0 && !values.keep) rmSync(session.cwd, { recursive: true, force: true });
  } catch (error) {
    fault(`${session.name}: ${error.stack}`);
  }
}

const stayers = { "from empty": new Seat("empty", soak), "memory full": new Seat("full", soak) };
const seats = Array.from({ length: Number(values.seats) }, (_, i) => new Seat(`seat${i}`, soak));
const all = [...Object.values(stayers), ...seats];

say(
  Object.entries({ ...machine(), seed })
    .map(([name, value]) => `${name} ${value}`)
    .join(", "),
);
const sampling = setInterval(sample, Math.max(500, Math.min(5000, minutes * 250)));
const telling = setInterval(() => tell(), 60_000);
await Promise.all([
  stayers["from empty"].stay(),
  stayers["memory full"].stay({ fill: Math.round(FILLING * Math.min(1, minutes / 10)) }),
  ...seats.map((seat) => seat.comeAndGo()),
]);
clearInterval(sampling);
say(`load over after ${minute()} min; ${waiting} logs are still to be checked`);
await checking;
clearInterval(telling);
report();

function sample() {
  pace.adjust();
  for (const seat of Object.values(stayers)) {
    if (seat.isFilled === true) seat.memory.push({ at: performance.now(), value: residentMib(seat.client.pid) });
  }
}

function minute() {
  return ((performance.now() - began) / 60_000).toFixed(1);
}

function totals() {
  const sum = (name) => all.reduce((total, { counts }) => total + counts[name], 0);
  const ends = {};
  for (const { counts } of all) for (const [way, n] of Object.entries(counts.ends)) ends[way] = (ends[way] ?? 0) + n;
  const names = ["sessions", "calls", "done", "refused", "unanswered", "servers_killed"];
  return { ...Object.fromEntries(names.map((name) => [name, sum(name)])), ends };
}

function cores() {
  return cpuOfAll() / ((performance.now() - began) / 1000);
}

function tell() {
  const { sessions, calls, servers_killed } = totals();
  const mib = Object.values(stayers).map(({ memory }) => short(memory.at(-1)?.value ?? NaN));
  const ms = Object.values(stayers).map(({ latency }) => short(median(latency.slice(-50).map(({ value }) => value))));
  const so = `${sessions} sessions, ${calls} calls, ${servers_killed} servers killed, ${checked.logs} logs checked`;
  say(
    `${minute()} min: ${so}; ${mib.join(" and ")} MiB, ${ms.join(" and ")} ms; ${short(cores())} of a core; faults ${faults.length}`,
  );
}

/** Of a session that stayed: nothing is said of its first tenth, in which code is compiled and caches fill. */
function staying([name, { memory, latency, client }]) {
  const warm = (samples) => samples.slice(Math.floor(samples.length / 10));
  const times = latency.map(({ value }) => value);
  const both = { memory_mib: drift(warm(memory)), small_call_ms: drift(warm(latency)) };
  return {
    name,
    calls: client.calls.size,
    mchars_read: client.read / 1e6,
    p50_ms: median(times),
    p99_ms: quantile(times, 0.99),
    ...both,
  };
}

function judge(stays) {
  if (minutes < LONG_ENOUGH_MINUTES) return;
  for (const { name, memory_mib, small_call_ms } of stays) {
    // What a session remembers grows with what it reads, up to its bound; beyond it nothing may grow.
    if (name === "memory full" && !(memory_mib.growth < MAX_MEMORY_GROWTH))
      fault(`${name}: memory grew ${memory_mib.growth} times`);
    if (!(small_call_ms.growth < MAX_LATENCY_GROWTH))
      fault(`${name}: calls take ${small_call_ms.growth} times as long`);
  }
}

function report() {
  const stays = Object.entries(stayers).map(staying);
  judge(stays);
  const took = { minutes: Number(minute()), cores: cores() };
  const result = { ok: faults.length === 0, machine: machine(), seed, ...took, ...totals(), checked, stays, faults };
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else show(result);
  if (result.ok && !values.keep) rmSync(folder, { recursive: true, force: true });
  else say(`the runs are in ${folder}`);
  process.exitCode = result.ok ? 0 : 2;
}

function show({ ends, checked: { logs, lines }, stays, ok, ...counts }) {
  const { sessions, calls, done, refused, unanswered, servers_killed } = counts;
  say(`\n${sessions} sessions, ${calls} calls: ${done} done, ${refused} refused, ${unanswered} unanswered`);
  say(
    `ends: ${Object.entries(ends)
      .map(([way, n]) => `${way} ${n}`)
      .join(", ")}; servers killed ${servers_killed}`,
  );
  say(
    `${logs} logs with ${lines} lines verified, signatures too, replayed and held against what clients and servers saw`,
  );
  const drifts = (figure) => ({
    first: (row) => short(row[figure].first),
    last: (row) => short(row[figure].last),
    x: (row) => short(row[figure].growth),
    "a minute": (row) => short(row[figure].slope_a_minute),
  });
  const named = {
    session: (row) => row.name,
    calls: (row) => short(row.calls),
    "Mchars read": (row) => short(row.mchars_read),
  };
  say(`\nMemory of the proxy, MiB: first and last quarter\n${table(stays, { ...named, ...drifts("memory_mib") })}`);
  const times = { p50: (row) => short(row.p50_ms), p99: (row) => short(row.p99_ms) };
  say(`\nA small call, ms\n${table(stays, { ...named, ...times, ...drifts("small_call_ms") })}`);
  say(ok ? "\nno faults" : `\n${faults.length} faults`);
}
