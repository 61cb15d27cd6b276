// Starts: how long until a command has done its least, against a Node that does nothing, taken in turn in the same rounds.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { benchFolder, makeLog } from "../lib/log-maker.mjs";
import { interleaved, short, summary, table } from "../lib/measure.mjs";
import { AGENTK, measured, peer } from "../lib/process.mjs";
import { Session } from "../lib/session.mjs";

export const title = "Starts: processes from their first moment to their last";

const POLICY = fileURLToPath(new URL("../../policies/guard.toml", import.meta.url));
const EMPTY = "node -e 0";

export async function run({ rounds = 5, scale = 1, say = () => {} }) {
  const place = benchFolder();
  try {
    say("making a small log");
    // One call at a time: what is under way when the last line comes is recorded, too.
    const log = await makeLog(place, "small", 58, 1);
    const lines = readFileSync(log, "utf8").split("\n").length - 1;
    const commands = {
      [EMPTY]: ["-e", "0"],
      "agentk --version": [AGENTK, "--version"],
      "agentk --help": [AGENTK, "--help"],
      [`agentk verify, ${lines} lines`]: [AGENTK, "verify", log],
      "agentk policy-check": [AGENTK, "policy-check", POLICY],
    };
    const cases = Object.fromEntries(
      Object.entries(commands).map(([name, args]) => [name, () => started(args, place)]),
    );
    cases["proxy, to its first result"] = () => firstResult(place, proxied(place));
    cases["the server alone, to its first result"] = () => firstResult(place, [peer("echo-server.mjs")]);
    const count = Math.max(6, Math.round(rounds * 4 * scale));
    const found = await interleaved(cases, count, (round) => say(`start: round ${round} of ${count}`));
    const files = {};
    for (const [name, args] of Object.entries(commands)) files[name] = await filesLoaded(args, place);
    files["proxy, to its first result"] = await filesLoaded(proxied(place), place, true);
    return { rounds: count, rows: summary(found, EMPTY), files };
  } finally {
    place.remove();
  }
}

/** Nothing is preloaded, which would be a start of its own: the shell's `time` tells CPU time to the millisecond. */
async function started(args, { folder, env }) {
  const began = performance.now();
  const timed = 'TIMEFORMAT="%U %S"; { time "$0" "$@" >/dev/null 2>&1; } 2>&1';
  const child = spawn("bash", ["-c", timed, process.execPath, ...args], {
    cwd: folder,
    env: { ...env, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  const status = await new Promise((settle) => child.on("close", settle));
  const wall_ms = performance.now() - began;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  const [user, system] = said.trim().split(" ").map(Number);
  return { wall_ms, cpu_ms: (user + system) * 1000 };
}

function proxied({ folder }) {
  const flags = [
    "--server-id",
    "bench",
    "--trace-out",
    join(folder, `start-${Math.random().toString(36).slice(2)}.jsonl`),
  ];
  return [AGENTK, "mcp-proxy-stdio", ...flags, "--", process.execPath, peer("echo-server.mjs")];
}

async function firstResult({ folder, env }, args) {
  const session = new Session(process.execPath, args, { cwd: folder, env });
  await session.open();
  await session.call(256);
  const wall_ms = performance.now() - session.began;
  const cpu_ms = session.usage().cpu_s * 1000;
  await session.close();
  return { wall_ms, cpu_ms };
}

/** How many files of modules a command reads, by what V8 has seen of it. */
async function filesLoaded(args, { folder, env }, isServer = false) {
  const coverage = join(folder, "coverage");
  const options = { cwd: folder, env: { ...env, NODE_V8_COVERAGE: coverage } };
  if (isServer) {
    const session = new Session(process.execPath, args, options);
    await session.open();
    await session.close();
  } else await measured(args, { ...options, isBare: true });
  const scripts = !existsSync(coverage)
    ? []
    : readdirSync(coverage).flatMap((name) => JSON.parse(readFileSync(join(coverage, name), "utf8")).result);
  rmSync(coverage, { recursive: true, force: true });
  return new Set(scripts.map(({ url }) => url).filter((url) => url.startsWith("file:") && !url.includes("/bench/")))
    .size;
}

export function text({ rounds, rows, files }) {
  return [
    `${rounds} rounds, each case once a round`,
    table(rows, {
      case: (row) => row.case,
      "wall ms": (row) => short(row.wall_ms.median),
      "low..high": (row) => `${short(row.wall_ms.low)}..${short(row.wall_ms.high)}`,
      "x empty": (row) => short(row.wall_ms.ratio),
      "CPU ms": (row) => short(row.cpu_ms.median),
      "x empty ": (row) => short(row.cpu_ms.ratio),
      "files loaded": (row) => String(files[row.case] ?? "-"),
    }),
  ].join("\n");
}
