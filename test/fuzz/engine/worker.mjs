// One target in a thread of its own, so that an input that never ends can be told and stopped from outside.
import { parentPort, workerData } from "node:worker_threads";
import { readCorpus, writeCorpus } from "./corpus.mjs";
import { countBranches } from "./coverage.mjs";
import { fuzz } from "./loop.mjs";
import { TARGETS } from "../targets/all.mjs";

const { name, seconds, seed, isKept, shared } = workerData;
const [length, turn] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
const room = new Uint8Array(shared, 8);

const coverage = countBranches();
const target = await TARGETS[name]((path) => import(`../../../dist/${path}.js`));
const corpus = [...readCorpus(name), ...target.seeds];
const found = fuzz(target, {
  corpus,
  coverage,
  seed,
  until: (_, ms) => ms > seconds * 1000,
  before: (input) => {
    length[0] = Math.min(input.length, room.length);
    room.set(input.subarray(0, length[0]));
    turn[0]++;
  },
});
const featuresOf = (input) => {
  coverage.clear();
  target.run(input);
  return coverage.features();
};
// Seeds are made anew each time: only what they do not reach is worth keeping.
const known = new Set(target.seeds.flatMap(featuresOf));
const worth = isKept
  ? writeCorpus(
      name,
      found.kept.filter((each) => !target.seeds.includes(each)),
      (input) => featuresOf(input).filter((feature) => !known.has(feature)),
    )
  : 0;
const findings = found.findings.map(({ input, fault }) => ({ input: input.toString("latin1"), fault }));
parentPort.postMessage({ ...found, kept: worth, findings, total: coverage.total() });
