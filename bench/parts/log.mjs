// The log: appending and sealing lines, and reading them again in every way, against the plain way and the floors.
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BareRun } from "../../dist/app/policy/bare-run.js";
import { readPolicy } from "../../dist/app/policy/file.js";
import { checkpointOf } from "../../dist/evidence/checkpoint.js";
import { encodeLine, GENESIS } from "../../dist/evidence/codec.js";
import { EMPTY_TREE, grown, leafHash, rootOf } from "../../dist/evidence/merkle.js";
import { nodeDigests } from "../../dist/host/digests.js";
import { createJournalFile } from "../../dist/host/journal-file.js";
import { newSigningKey } from "../../dist/host/signing-key.js";
import { benchFolder, makeLog } from "../lib/log-maker.mjs";
import { interleaved, short, summary, table } from "../lib/measure.mjs";
import { AGENTK, measured, peer } from "../lib/process.mjs";

export const title = "The log: writing it and reading it";

const RUN = "20260101T120000Z-000000000000";
const CHECKPOINT_LINES = 256;

export async function run({ rounds = 5, scale = 1, say = () => {} }) {
  const place = benchFolder();
  try {
    say("making a log of 10 000 lines");
    const first = { lines: 10_000, log: await makeLog(place, "l4", 10_000) };
    const results = {
      append: await append(place, first.log, { rounds, scale, say }),
      seal: await seal({ rounds, scale, say }),
      read: [await read(place, first, { rounds, say, replays: true })],
    };
    for (const lines of scale < 1 ? [100_000] : [100_000, 1_000_000]) {
      say(`making a log of ${lines} lines`);
      const log = await makeLog(place, `l${lines}`, lines);
      const few = Math.min(rounds, lines > 100_000 ? 3 : 5, scale < 1 ? 1 : 5);
      results.read.push(await read(place, { lines, log }, { rounds: few, say, replays: scale === 1 }));
    }
    return results;
  } finally {
    place.remove();
  }
}

/** How the lines of a real log get to the disk again. */
async function append({ folder }, log, { rounds, scale, say }) {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  const cases = {
    "writeSync, unsynced": (file) => eachLine(file, lines, 20_000 * scale, (fd, line) => writeSync(fd, line)),
    "write + fdatasync, each": (file) => eachLine(file, lines, 400 * scale, writeAndSync),
    "append, recorded": (file) => inFlight(file, lines, 20_000 * scale, { width: 1, durable: false }),
    "append, durable, 1 in flight": (file) => inFlight(file, lines, 400 * scale, { width: 1, durable: true }),
    "append, durable, 32 in flight": (file) => inFlight(file, lines, 8000 * scale, { width: 32, durable: true }),
    "append, durable, 256 in flight": (file) => inFlight(file, lines, 40_000 * scale, { width: 256, durable: true }),
  };
  const file = join(folder, "append.jsonl");
  const timed = Object.fromEntries(
    Object.entries(cases).map(([name, work]) => [
      name,
      async () => {
        const lines_s = await work(file);
        rmSync(file, { force: true });
        rmSync(`${file}.lock`, { force: true });
        return { lines_s };
      },
    ]),
  );
  return summary(await interleaved(timed, rounds, (round) => say(`append: round ${round}`)), "writeSync, unsynced");
}

function writeAndSync(fd, line) {
  writeSync(fd, line);
  fdatasyncSync(fd);
}

function eachLine(file, lines, count, write) {
  const fd = openSync(file, "ax");
  const began = performance.now();
  for (let i = 0; i < count; i++) write(fd, `${lines[i % lines.length]}\n`);
  const seconds = (performance.now() - began) / 1000;
  closeSync(fd);
  return count / seconds;
}

async function inFlight(file, lines, count, { width, durable }) {
  const journal = createJournalFile(file);
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const written = journal.append([lines[next++ % lines.length]], durable);
      if (written !== undefined) await written;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  const seconds = (performance.now() - began) / 1000;
  await journal.close();
  return count / seconds;
}

/** What makes an event a line of the log, with its place in the tree and a signed head from time to time. */
async function seal({ rounds, scale, say }) {
  const events = await kernelEvents(Math.round(4000 * scale));
  const { key } = newSigningKey();
  const per = (work) => () => {
    const cpu = process.cpuUsage();
    const began = performance.now();
    work();
    const ms = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    return { us: (ms * 1000) / events.length, cpu_us: (user + system) / events.length };
  };
  const cases = {
    "JSON.stringify": per(() => events.forEach(stringified)),
    "line: canonical text and chain": per(() => sealed(events, undefined)),
    "line, tree, a signed head every 256": per(() => sealed(events, key)),
  };
  // The first round of all is not measured: the functions are compiled then.
  await interleaved(cases, 2);
  return summary(await interleaved(cases, rounds * 3, (round) => say(`seal: round ${round}`)), "JSON.stringify");
}

function stringified({ type, value }, seq) {
  const time = { mono_us: seq, wall_ms: seq };
  if (JSON.stringify({ hash: GENESIS, prev: GENESIS, seq, time, type, value }) === "") throw new Error("no text");
}

function sealed(events, key) {
  let prev = GENESIS;
  let tree = EMPTY_TREE;
  for (const [seq, event] of events.entries()) {
    const line = encodeLine(nodeDigests, event, { seq, prev, time: { mono_us: seq, wall_ms: seq } });
    prev = line.hash;
    if (key === undefined) continue;
    tree = grown(nodeDigests, tree, leafHash(nodeDigests, line.text));
    if (seq % CHECKPOINT_LINES !== CHECKPOINT_LINES - 1) continue;
    const head = { publicKey: key.publicKeyHex, run: RUN, size: tree.size, root: rootOf(nodeDigests, tree) };
    const { statement, note } = checkpointOf(nodeDigests, head);
    note(key.sign(statement));
  }
}

/** Events as the kernel makes them, members in its own order: calls, pages, outcomes. */
async function kernelEvents(count) {
  const { source } = await readPolicy(undefined);
  const bare = new BareRun(source);
  const events = [];
  for (let i = 0; events.length < count; i++) {
    const made = bare.call({ server: "bench", kind: "tool.invoke", subject: { tool: "read_note" }, args: { id: i } });
    const { event } = bare.answer(made, { content: [{ type: "text", text: `note ${i}` }] });
    const outcome = { call: made.call, page: event.value.page, session: made.session, status: "ok" };
    events.push({ type: "syscall", value: made }, event, { type: "outcome", value: outcome });
  }
  return events;
}

/** Every reader is a process of its own, started anew each time: what somebody who calls it waits for. */
async function read({ folder, env }, { lines, log }, { rounds, say, replays }) {
  const agentk = (...args) => [AGENTK, ...args];
  const commands = {
    "plain way": [peer("naive-verify.mjs"), log],
    "SHA-256 of the bytes": [peer("sha256.mjs"), log],
    verify: agentk("verify", log),
    "verify --chain-only": agentk("verify", log, "--chain-only"),
    "verify-signatures": agentk("verify-signatures", log),
    "trace-inspect": agentk("trace-inspect", log),
    ...(replays ? { replay: agentk("replay", log) } : {}),
  };
  const cases = Object.fromEntries(
    Object.entries(commands).map(([name, args]) => [name, () => measured(args, { cwd: folder, env })]),
  );
  const found = await interleaved(cases, rounds, (round) => say(`reading ${lines} lines: round ${round}`));
  return { lines, bytes: statSync(log).size, rounds, rows: summary(found, "plain way") };
}

export function text({ append: appended, seal: sealedRows, read: reads }) {
  const spread = ({ low, high }) => `${short(low)}..${short(high)}`;
  const writing = table(appended, {
    "appending lines": (row) => row.case,
    "lines/s": (row) => short(row.lines_s.median),
    "low..high": (row) => spread(row.lines_s),
    "x writeSync": (row) => short(row.lines_s.ratio),
  });
  const sealing = table(sealedRows, {
    "sealing an event": (row) => row.case,
    "CPU µs": (row) => short(row.cpu_us.median),
    "low..high": (row) => spread(row.cpu_us),
    "speed, x JSON.stringify": (row) => short(1 / row.cpu_us.ratio),
  });
  const reading = reads.map(({ lines, bytes, rounds, rows }) =>
    [
      `reading ${short(lines)} lines, ${short(bytes / 2 ** 20)} MiB, each in a process of its own, ${rounds} rounds`,
      table(rows, {
        reader: (row) => row.case,
        "wall ms": (row) => short(row.wall_ms.median),
        "CPU ms": (row) => short(row.cpu_ms.median),
        "low..high": (row) => spread(row.cpu_ms),
        "lines/CPU s": (row) => short(lines / (row.cpu_ms.median / 1000)),
        "speed, x plain": (row) => short(1 / row.cpu_ms.ratio),
        "by wall": (row) => short(1 / row.wall_ms.ratio),
        "peak RSS MiB": (row) => short(row.rss_mib.median),
      }),
    ].join("\n"),
  );
  return [writing, sealing, ...reading].join("\n\n");
}
