// Calls through a proxy: one and 32 in flight, small and large results, against the server alone, a bare pipe and the SDK.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { interleaved, median, quantile, short, summary, table } from "../lib/measure.mjs";
import { Session } from "../lib/session.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const SERVER = [process.execPath, here("../peers/echo-server.mjs")];
const AGENTK = here("../../bin/agentk.js");

export const title = "Proxy: echo calls over stdio";

/** What stands between, by name. Each gets a folder of its own; agentk's log is measured there. */
const FRONTS = {
  direct: () => SERVER,
  "byte pipe": () => [process.execPath, here("../peers/byte-pipe.mjs"), ...SERVER],
  "SDK proxy": () => [process.execPath, here("../peers/sdk-proxy.mjs"), ...SERVER],
  "agentk, buffered": (folder) => agentk(folder, "never"),
  "agentk, durable": (folder) => agentk(folder, "medium"),
};

function agentk(folder, durable) {
  const flags = ["--server-id", "bench", "--durable", durable, "--max-client-messages", "999999999"];
  return [
    process.execPath,
    AGENTK,
    "mcp-proxy-stdio",
    ...flags,
    "--trace-out",
    join(folder, "run.jsonl"),
    "--",
    ...SERVER,
  ];
}

/** `warm`: calls before those that are measured. `think_ms`: what a client does between an answer and its next call. */
const SHAPES = [
  { size: 256, inFlight: 1, calls: 1500 },
  { size: 256, inFlight: 32, calls: 4000 },
  { size: 10_240, inFlight: 1, calls: 600 },
  { size: 10_240, inFlight: 32, calls: 1000 },
  { size: 1_048_576, inFlight: 1, calls: 30 },
  { size: 256, inFlight: 1, calls: 1500, warm: 3000 },
  { size: 256, inFlight: 32, calls: 4000, warm: 6000 },
  { size: 10_240, inFlight: 1, calls: 300, think_ms: 5 },
  { size: 1_048_576, inFlight: 1, calls: 12, think_ms: 200 },
];
const WARM = 100;

export async function run({ rounds = 5, scale = 1, say = () => {} }) {
  const results = [];
  for (const { size, inFlight, calls, warm = WARM, think_ms = 0 } of SHAPES) {
    const count = Math.max(10, Math.round(calls * scale));
    const shape = { size, inFlight, count, warm: warm === WARM ? Math.min(warm, count) : warm, think_ms };
    const cases = Object.fromEntries(Object.entries(FRONTS).map(([name, front]) => [name, () => play(front, shape)]));
    const floors = [];
    const found = await interleaved(cases, rounds, (round) => {
      floors.push(flushFloor());
      say(`${size} B, ${inFlight} in flight: round ${round}`);
    });
    const rows = summary(found, "direct");
    const facts = { size, in_flight: inFlight, calls: count, warm: shape.warm, think_ms };
    results.push({ ...facts, flush_floor_us: median(floors), rows });
  }
  return results;
}

const FLUSHES = 200;
const LINE = Buffer.alloc(430, 0x61);

/** What a line of the log costs at least when it must be on the disk: one write and one fdatasync, p50 in microseconds. */
function flushFloor() {
  const folder = mkdtempSync(join(tmpdir(), "agentk-bench-"));
  const fd = openSync(join(folder, "floor"), "a");
  const times = [];
  for (let i = 0; i < FLUSHES; i++) {
    const began = performance.now();
    writeSync(fd, LINE);
    fdatasyncSync(fd);
    times.push((performance.now() - began) * 1000);
  }
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
  return median(times);
}

const rowOf = ({ rows }, name) => rows.find((row) => row.case === name);

/** p50 that a proxy adds to the server alone, in microseconds. */
function added(shape, name) {
  return rowOf(shape, name).p50_us.median - rowOf(shape, "direct").p50_us.median;
}

/**
 * Bounds on ratios of one run (`--gate`): what the next change must not make worse, with room for a busy machine. `reach` is
 * what we want.
 */
export function gates(results) {
  const [one, many, tenKb, , oneMb] = results;
  const p50 = (shape, name, base) => rowOf(shape, name).p50_us.median / rowOf(shape, base).p50_us.median;
  const calls = (name, base) => rowOf(many, name).calls_s.median / rowOf(many, base).calls_s.median;
  return [
    most("256 B: p50 added, over the byte pipe's", added(one, "agentk, buffered") / added(one, "byte pipe"), 60, 2.2),
    most("256 B: p50 added, over the SDK proxy's", added(one, "agentk, buffered") / added(one, "SDK proxy"), 10, 0.7),
    most("256 B, durable: p50 added, over one flush", added(one, "agentk, durable") / one.flush_floor_us, 30, 3),
    least("32 in flight: calls/s over the SDK proxy's", calls("agentk, buffered", "SDK proxy"), 0.07, 3),
    least("32 in flight, durable: calls/s over direct", calls("agentk, durable", "direct"), 0.005, 0.3),
    most("10 KB: p50 over the byte pipe's", p50(tenKb, "agentk, buffered", "byte pipe"), 40, 1.6),
    most("1 MB: p50 over the byte pipe's", p50(oneMb, "agentk, buffered", "byte pipe"), 40, 1.6),
    most(
      "peak memory over the byte pipe's",
      rowOf(one, "agentk, durable").rss_mib.median / rowOf(one, "byte pipe").rss_mib.median,
      4,
      1.3,
    ),
  ];
}

const most = (what, value, bound, reach) => ({ what, value, bound, reach, holds: value <= bound, sign: "<=" });
const least = (what, value, bound, reach) => ({ what, value, bound, reach, holds: value >= bound, sign: ">=" });

async function play(front, shape) {
  const { size, count, warm } = shape;
  const folder = mkdtempSync(join(tmpdir(), "agentk-bench-"));
  const [command, ...args] = front(folder);
  const session = new Session(command, args, {
    cwd: folder,
    env: { ...process.env, AGENTK_DATA_DIR: join(folder, "data") },
  });
  const start = await session.open();
  const began = performance.now();
  await session.call(size);
  const first = start + performance.now() - began;
  for (let i = 0; i < warm; i++) await session.call(size);
  const measured = await measure(session, shape);
  await session.close();
  const bytes = readdirSync(folder).reduce(
    (sum, name) => (name === "data" ? sum : sum + statSync(join(folder, name)).size),
    0,
  );
  rmSync(folder, { recursive: true, force: true });
  return { ...measured, first_result_ms: first, log_bytes_a_call: bytes / (count + warm + 1) };
}

async function measure(session, { size, inFlight, count, think_ms }) {
  const before = session.usage();
  const began = performance.now();
  const times = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const at = performance.now();
      await session.call(size);
      times.push((performance.now() - at) * 1000);
      if (think_ms > 0) await new Promise((resolve) => setTimeout(resolve, think_ms));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - began) / 1000;
  const after = session.usage();
  return {
    p50_us: median(times),
    p99_us: quantile(times, 0.99),
    calls_s: count / seconds,
    cpu_us_a_call: ((after.cpu_s - before.cpu_s) * 1e6) / count,
    rss_mib: after.rss_mib,
  };
}

export function text(results) {
  return results
    .map(({ size, in_flight, calls, warm, think_ms, flush_floor_us, rows }) => {
      const direct = rows[0];
      const pipe = rows.find((row) => row.case === "byte pipe");
      return [
        [
          `${short(size)} B, ${in_flight} in flight, ${calls} calls a round after ${warm}`,
          ...(think_ms > 0 ? [`a client that thinks for ${think_ms} ms between them`] : []),
          `one write and fdatasync: ${short(flush_floor_us)} µs`,
        ].join("; "),
        table(rows, {
          case: (row) => row.case,
          "p50 µs": (row) => short(row.p50_us.median),
          "low..high": (row) => `${short(row.p50_us.low)}..${short(row.p50_us.high)}`,
          "x direct": (row) => short(row.p50_us.ratio),
          "added, x pipe's": (row) =>
            short((row.p50_us.median - direct.p50_us.median) / (pipe.p50_us.median - direct.p50_us.median)),
          "p99 µs": (row) => short(row.p99_us.median),
          "calls/s": (row) => short(row.calls_s.median),
          "x direct ": (row) => short(row.calls_s.ratio),
          "CPU µs": (row) => short(row.cpu_us_a_call.median),
          "RSS MiB": (row) => short(row.rss_mib.median),
          "first ms": (row) => short(row.first_result_ms.median),
          "log B": (row) => short(row.log_bytes_a_call.median),
        }),
      ].join("\n");
    })
    .join("\n\n");
}
