// What the soak is steered and judged by: chance from a seed, CPU time and memory of processes, a pace, slopes.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { median } from "../lib/measure.mjs";

/** Ticks of /proc/PID/stat a second on Linux (sysconf _SC_CLK_TCK is 100 on every common build). */
const TICKS = 100;

/** Numbers in [0, 1) from a seed (mulberry32, public domain). */
export function chances(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Resident MiB of a process; NaN where /proc does not say. */
export function residentMib(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** CPU seconds of a process and of its children that have ended, and the parent that it has now. */
function statOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), cpu: (user + system + childUser + childSystem) / TICKS };
}

/** CPU seconds of this process and all below it, those that have ended among them. Without /proc: of this one alone. */
export function cpuOfAll() {
  try {
    const all = new Map(
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap(entryOf),
    );
    const isOurs = (pid) => pid === process.pid || (all.has(pid) && isOurs(all.get(pid).parent));
    return [...all].reduce((sum, [pid, { cpu }]) => (isOurs(pid) ? sum + cpu : sum), 0);
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}

function entryOf(name) {
  try {
    return [[Number(name), statOf(name)]];
  } catch {
    return []; // It has ended meanwhile.
  }
}

/** Keeps the whole soak at a share of one core: waits grow while it uses more, and shrink while it uses less. */
export class Pace {
  #share;
  #random;
  #stretch = 1;
  #last = { at: performance.now(), cpu: cpuOfAll() };

  constructor(share, random) {
    this.#share = share;
    this.#random = random;
  }

  /** Looks at what was used since it last looked; gives that share. */
  adjust() {
    const now = { at: performance.now(), cpu: cpuOfAll() };
    const used = (now.cpu - this.#last.cpu) / ((now.at - this.#last.at) / 1000);
    this.#last = now;
    if (used > this.#share) this.#stretch = Math.min(50, this.#stretch * 1.25);
    else if (used < 0.8 * this.#share) this.#stretch = Math.max(0.1, this.#stretch * 0.9);
    return used;
  }

  /** Waits about `ms`, as stretched. */
  async rest(ms) {
    await wait(Math.min(30_000, -Math.log(1 - this.#random()) * ms * this.#stretch));
  }
}

/** First and last quarter of samples `{ at, value }` by time, and the slope a minute (least squares). */
export function drift(samples) {
  const good = samples.filter(({ value }) => Number.isFinite(value));
  if (good.length < 8) return { samples: good.length, first: NaN, last: NaN, growth: NaN, slope_a_minute: NaN };
  const from = good[0].at;
  const span = good.at(-1).at - from;
  const quarter = (low, high) =>
    median(good.filter(({ at }) => at - from >= low * span && at - from <= high * span).map(({ value }) => value));
  const [first, last] = [quarter(0, 0.25), quarter(0.75, 1)];
  return { samples: good.length, first, last, growth: last / first, slope_a_minute: slopeOf(good) * 60_000 };
}

function slopeOf(samples) {
  const mean = (of) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [at, value] = [mean((sample) => sample.at), mean((sample) => sample.value)];
  const above = mean((sample) => (sample.at - at) * (sample.value - value));
  return above / mean((sample) => (sample.at - at) ** 2);
}
