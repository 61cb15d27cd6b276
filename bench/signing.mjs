// What signing costs: the kernel's lines a second with a head every N lines, and receipts one by one or in groups.
// Ratios are against the same lines unsigned, measured in turn in the same run.
import { cpus, platform, arch } from "node:os";
import { performance } from "node:perf_hooks";
import { nodeDigests } from "../dist/host/digests.js";
import { newSigningKey } from "../dist/host/signing-key.js";
import { verifyEd25519 } from "../dist/host/signer.js";
import { encodeLine, GENESIS } from "../dist/evidence/codec.js";
import { checkpointOf } from "../dist/evidence/checkpoint.js";
import { EMPTY_TREE, grown, leafHash, rootOf } from "../dist/evidence/merkle.js";
import { groupPaths, groupRoot, receiptOf, receiptsStatement } from "../dist/evidence/receipt.js";

const ROUNDS = 7;
const LINES = 4096;
const { key } = newSigningKey();
const run = "20260101T120000Z-000000000000";
const hex = "ab".repeat(32);
const session = (seq) => ({
  type: "session",
  value: { session: "s1", fact: "ping", call: `c${seq}`, fault: "x".repeat(60) },
});

/** Lines with a chain, a tree and a signed head every `every` lines; 0: chain alone. */
function write(every) {
  let prev = GENESIS;
  let tree = EMPTY_TREE;
  for (let seq = 0; seq < LINES; seq++) {
    const line = encodeLine(nodeDigests, session(seq), { seq, prev, time: { mono_us: seq, wall_ms: seq } });
    prev = line.hash;
    if (every === 0) continue;
    tree = grown(nodeDigests, tree, leafHash(nodeDigests, line.text));
    if (seq % every !== every - 1) continue;
    const head = checkpointOf(nodeDigests, {
      publicKey: key.publicKeyHex,
      run,
      size: tree.size,
      root: rootOf(nodeDigests, tree),
    });
    head.note(key.sign(head.statement));
  }
}

/** Receipts for LINES calls, signed and checked in groups of `size`; 0: made, and neither signed nor checked. */
function receipts(size) {
  const intent = {
    agent: "agent://a",
    arguments: hex,
    call: "c1",
    intent: hex,
    kind: "tool.invoke",
    policy: hex,
    server: "s",
    session: "s1",
    target: "s/tool",
  };
  const width = size === 0 ? 1 : size;
  for (let from = 0; from < LINES; from += width) {
    const digests = [];
    for (let i = 0; i < width; i++) {
      const nonce = (from + i).toString(16).padStart(32, "0");
      digests.push(receiptOf(nodeDigests, intent, { nonce, expires_ms: 1, expires_seq: 1, run }).digest);
    }
    if (size === 0) continue;
    const statement = receiptsStatement(run, groupRoot(nodeDigests, digests));
    groupPaths(nodeDigests, digests);
    if (!verifyEd25519(key.publicKeyHex, statement, key.sign(statement))) throw new Error("not signed");
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function table(title, cases, work) {
  const times = new Map(cases.map((one) => [one, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of cases) {
      const start = performance.now();
      work(one);
      times.get(one).push((performance.now() - start) / LINES);
    }
  }
  const base = times.get(0);
  const rows = cases.map((one) => ({
    each: one,
    micros: Number((median(times.get(one)) * 1000).toFixed(2)),
    ratio: Number(median(times.get(one).map((time, round) => time / base[round])).toFixed(2)),
  }));
  return { title, rows };
}

const tables = [
  table("a line, with a signed head every N lines (0: no tree, no head)", [0, 4096, 1024, 256, 64, 16, 1], write),
  table("a receipt, signed and checked in groups of N (0: not signed)", [0, 1, 4, 32, 256], receipts),
];
const machine = {
  cpu: `${cpus()[0]?.model ?? "unknown"} x${cpus().length}`,
  platform: `${platform()} ${arch()}`,
  node: process.version,
};
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ format: "agentk-bench-signing/1", machine, tables }, null, 2));
} else {
  console.log(`${machine.cpu}, ${machine.platform}, Node ${machine.node}; medians of ${ROUNDS} rounds of ${LINES}`);
  for (const { title, rows } of tables) {
    console.log(`\n${title}`);
    for (const { each, micros, ratio } of rows)
      console.log(`  ${String(each).padStart(5)}  ${String(micros).padStart(8)} us  x${ratio}`);
  }
}
