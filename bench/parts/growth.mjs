// One session of very many calls: what a call costs, and what the process holds, in each tenth of it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { benchFolder, call, openRun } from "../lib/log-maker.mjs";
import { short, table } from "../lib/measure.mjs";

export const title = "Growth: one session of many calls";

// What is only not collected yet is no growth.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const TENTHS = 10;
const IN_FLIGHT = 8;

/**
 * In this process, over the kernel, the recorder, the journal and the session's memory that the proxy has; the relay and
 * the pipes, which keep nothing of a call that is over, are left to `npm run bench -- proxy`.
 */
export async function run({ scale = 1, say = () => {} }) {
  const place = benchFolder();
  const calls = scale < 1 ? 10_000 : 100_000;
  try {
    const live = await openRun(place, "growth");
    const session = live.sessionOf("agent://bench");
    const rows = [];
    let number = 0;
    // The first calls are slower, as nothing is compiled yet: they belong to no tenth.
    for (; number < 500; number++) await call(live, session, number);
    for (let tenth = 1; tenth <= TENTHS; tenth++) {
      const end = 500 + (calls / TENTHS) * tenth;
      const cpu = process.cpuUsage();
      const began = performance.now();
      const worker = async () => {
        while (number < end) await call(live, session, number++);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      const wall_us = ((performance.now() - began) * 1000) / (calls / TENTHS);
      const { user, system } = process.cpuUsage(cpu);
      collectGarbage();
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      const pages = live.run.dispatch.current.contexts.get(session)?.memory.bytes ?? 0;
      rows.push({ tenth, wall_us, cpu_us: (user + system) / (calls / TENTHS), rss, heapUsed, arrayBuffers, pages });
      say(`growth: ${number} calls`);
    }
    const { fault } = await live.close("eof");
    if (fault !== undefined) throw fault;
    return { calls, in_flight: IN_FLIGHT, rows };
  } finally {
    place.remove();
  }
}

export function text({ calls, in_flight, rows }) {
  const [first] = rows;
  const mib = (bytes) => short(bytes / 2 ** 20);
  return [
    `${short(calls)} calls of one session, ${in_flight} in flight`,
    table(rows, {
      tenth: (row) => String(row.tenth),
      "CPU µs a call": (row) => short(row.cpu_us),
      "x first": (row) => short(row.cpu_us / first.cpu_us),
      "wall µs a call": (row) => short(row.wall_us),
      "RSS MiB": (row) => mib(row.rss),
      "heap MiB": (row) => mib(row.heapUsed),
      "buffers MiB": (row) => mib(row.arrayBuffers),
      "pages remembered, MiB": (row) => mib(row.pages),
    }),
  ].join("\n");
}
