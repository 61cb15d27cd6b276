// The fuzzer: `npm run fuzz -- [TARGET...] [--seconds N] [--seed N] [--keep] [--json]`; docs/fuzzing.md.
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { keepFound } from "./engine/corpus.mjs";
import { TARGETS } from "./targets/all.mjs";

/** So long without a new input, and the one at work does not end. */
const STUCK_MS = 30_000;
const ROOM = 1 << 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
const unknown = names.filter((name) => !(name in TARGETS));
if (unknown.length > 0) {
  process.stderr.write(`no such target: ${unknown.join(", ")}; there are ${Object.keys(TARGETS).join(", ")}\n`);
  process.exit(2);
}

const rows = [];
for (const name of names) {
  const row = { target: name, seed: Number(values.seed), ...(await fuzzed(name)) };
  rows.push(row);
  if (!values.json) process.stdout.write(`${lineOf(row)}\n`);
  for (const { fault, input } of row.findings) {
    process.stderr.write(
      `FOUND in ${name} (seed ${values.seed}): ${fault}\n  ${JSON.stringify(input).slice(0, 2000)}\n`,
    );
  }
  // An input that finds something is kept in the repository from the moment it does.
  if (row.findings.length > 0)
    keepFound(
      name,
      row.findings.map(({ input }) => Buffer.from(input, "latin1")),
    );
}
if (values.json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
process.exitCode = rows.some(({ findings }) => findings.length > 0) ? 1 : 0;

function fuzzed(name) {
  const shared = new SharedArrayBuffer(8 + ROOM);
  const worker = new Worker(new URL("./engine/worker.mjs", import.meta.url), {
    workerData: { name, seconds: Number(values.seconds), seed: Number(values.seed), isKept: values.keep, shared },
  });
  return new Promise((resolve, reject) => {
    let last = -1;
    const watch = setInterval(() => {
      const turn = new Int32Array(shared, 4, 1)[0];
      if (turn > 0 && turn === last) void stuck();
      last = turn;
    }, STUCK_MS);
    const stuck = async () => {
      const length = new Int32Array(shared, 0, 1)[0];
      const input = Buffer.from(Buffer.from(shared, 8, length)).toString("latin1");
      await worker.terminate();
      done({
        executions: last,
        seconds: NaN,
        branches: 0,
        total: 0,
        inputs: 0,
        growth: [],
        findings: [{ input, fault: "does not end" }],
      });
    };
    const done = (row) => {
      clearInterval(watch);
      resolve(row);
    };
    worker.once("message", done);
    worker.once("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

function lineOf({ target, executions, seconds, begun, branches, total, inputs, findings }) {
  const rate = Math.round(executions / seconds);
  return `${target.padEnd(18)} ${String(executions).padStart(9)} executions ${String(rate).padStart(6)}/s  branches ${String(begun?.branches ?? 0)} -> ${String(branches)} of ${String(total)}  inputs ${String(begun?.inputs ?? 0)} -> ${String(inputs)}  findings ${String(findings.length)}`;
}
