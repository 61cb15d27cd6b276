// What a page costs when it arrives, what it weighs, what a look-up costs, and how often unrelated text is found by chance.
import { hash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { canonicalJson } from "../../dist/base/canonical.js";
import { labelPage } from "../../dist/kernel/arrival.js";
import { newContext } from "../../dist/kernel/context.js";
import { signsOf } from "../../dist/mmu/detectors.js";
import { OUTSIDE } from "../../dist/mmu/lattice.js";
import { Memory, settleMemory } from "../../dist/mmu/memory.js";
import { provenanceOf, tokenProvenance } from "../../dist/mmu/provenance.js";
import { interleaved, quantile, short, summary, table } from "../lib/measure.mjs";
import { byPackage, cut, dice, invented, pagesOf, PROSE, shapes } from "../lib/pages.mjs";

export const title = "Pages and provenance";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** The pages are texts of one half of the packages and scopes, unrelated arguments are cut from those of the other. */
const all = byPackage(PROSE);
const owners = [...new Set(all.map(({ owner }) => owner))];
const isOwn = ({ owner }) => owners.indexOf(owner) % 2 === 0;
const own = all.filter(isOwn).map(({ text }) => text);
const others = all.filter((one) => !isOwn(one)).map(({ text }) => text);
const random = dice(1);

export async function run({ rounds = 5, scale = 1, say = () => {} }) {
  const arrival = await arrivals(rounds, scale, say);
  const sizes = [0.001, 0.01, 0.1, 1, 10, 100].filter((megabytes) => scale >= 1 || megabytes <= 10);
  const memory = [];
  for (const megabytes of sizes) memory.push(await lookUps(megabytes, { rounds, scale, say }));
  return { arrival, memory, chance: chance(Math.round(2000 * scale)) };
}

function cpuMicros(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const ARRIVED = { method: "tools/call#result", server: "bench", session: "s", call: "c" };
const BASELINE = "parse and SHA-256";

/** What the kernel does with a page beside the policy and the log: signs, leaves with labels, and the memory. */
async function arrivals(rounds, scale, say) {
  const made = shapes();
  const rows = [];
  for (const size of [256, 10_240, 1_048_576]) {
    const count = Math.max(1, Math.min(400, Math.round((2e6 * scale) / size)));
    const pages = (shape) => Array.from({ length: count }, () => canonicalJson(made[shape](random, size)));
    const baseline = pages("README prose");
    const cases = { [BASELINE]: () => plain(baseline, count) };
    for (const shape of Object.keys(made)) cases[shape] = arriving(pages(shape), count);
    // A round that does not count: the first pages are read by code that is not yet compiled.
    if (size < 1e6) await interleaved(cases, 1);
    const found = await interleaved(cases, rounds, (round) => say(`pages of ${size}: round ${round}`));
    rows.push({ size, pages: count, rows: summary(found, BASELINE) });
  }
  return rows;
}

function plain(pages, count) {
  const cpu = cpuMicros(() => {
    for (const page of pages) {
      JSON.parse(page);
      hash("sha256", page);
    }
  });
  return { cpu_us: cpu / count, signs_us: 0, labels_us: 0, index_us: 0 };
}

function arriving(pages, count) {
  const values = pages.map((page) => JSON.parse(page));
  return () => {
    let context = newContext([]);
    let signs;
    let labelled;
    const signs_us = cpuMicros(() => (signs = pages.map(signsOf))) / count;
    const labels_us =
      cpuMicros(() => {
        labelled = values.map((value, i) =>
          labelPage({ page: ARRIVED, value, tool: "t", base: OUTSIDE, signs: signs[i], sources: undefined, context }),
        );
      }) / count;
    const index_us =
      cpuMicros(() => {
        let { memory } = context;
        labelled.forEach(({ leaves }, i) => {
          memory = memory.add(`p${i}`, leaves);
          settleMemory(memory);
        });
        context = { ...context, memory };
      }) / count;
    return { cpu_us: signs_us + labels_us + index_us, signs_us, labels_us, index_us };
  };
}

/** A session's own bound, and more where the pages would not fit. */
function filled(pages, bytes) {
  let memory = bytes > 30e6 ? Memory.empty({ maxBytes: 2 * bytes }) : Memory.empty();
  pages.forEach((text, i) => {
    memory = memory.add(`p${i}`, [{ path: "/text", text, isText: true, labels: OUTSIDE, classes: ["untrusted"] }]);
  });
  settleMemory(memory);
  return memory;
}

const base64 = (text) => Buffer.from(text).toString("base64");
const percent = (text) => `%${Buffer.from(text).toString("hex").match(/../g).join("%")}`;

/** Arguments of so many characters: of the pages, of other texts, of no text, and encoded ones of the pages. */
const ARGUMENTS = {
  present: (length, pages) => cut(random, pages, length),
  "absent, prose": (length) => cut(random, others, length),
  "absent, invented": (length) => invented(random, length),
  "present, base64": (length, pages) => base64(cut(random, pages, Math.floor(length * 0.75))).slice(0, length),
  "present, percent": (length, pages) => percent(cut(random, pages, Math.floor(length / 3))).slice(0, length),
};
const LENGTHS = [40, 200, 2000];
/** Most of this one's cost is fetching the pages from memory. */
const SCAN = "String.includes";

async function lookUps(megabytes, { rounds, scale, say }) {
  const bytes = megabytes * 1e6;
  const pages = pagesOf(own, bytes);
  gc();
  const before = process.memoryUsage();
  // Small sizes several times over.
  const times = Math.max(1, Math.min(1000, Math.ceil(2 / megabytes)));
  let memory;
  const builds = Array.from({ length: Math.min(rounds, megabytes > 10 ? 1 : 3) }, () => {
    memory = undefined;
    const cpu = cpuMicros(() => {
      for (let i = 0; i < times; i++) memory = filled(pages, bytes);
    });
    return (bytes * times) / cpu;
  });
  gc();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  const whole = pages.map((page) => page.toLowerCase());
  const from = pages.filter((page) => page.length > 2 * Math.min(2000, bytes / 8));
  const results = [];
  for (const length of LENGTHS.filter((length) => 4 * length <= bytes)) {
    const count = Math.max(40, Math.round(200 * scale));
    const args = (make) => Array.from({ length: count }, () => make(length, from));
    const cases = {
      [SCAN]: () =>
        timed(args(ARGUMENTS["absent, prose"]).slice(0, 10), (arg) => whole.some((page) => page.includes(arg))),
    };
    for (const [name, make] of Object.entries(ARGUMENTS))
      cases[name] = () => timed(args(make), (arg) => asked(memory, arg));
    if (megabytes <= 1) await interleaved(cases, 1);
    const found = await interleaved(cases, rounds, (round) =>
      say(`${megabytes} MB, ${length} characters: round ${round}`),
    );
    results.push({ length, rows: summary(found, SCAN) });
  }
  return {
    megabytes,
    build_mb_s: quantile(builds, 0.5),
    index_bytes_a_byte: memory.indexBytes / bytes,
    all_bytes_a_byte: grown / bytes,
    look_ups: results,
  };
}

/** As a decision asks: the provenance of the value, and of the links, addresses and accounts in it. */
function asked(memory, arg) {
  provenanceOf(memory, arg, OUTSIDE);
  tokenProvenance(memory, arg, OUTSIDE);
}

function timed(args, ask) {
  const times = args.map((arg) => {
    const began = performance.now();
    ask(arg);
    return (performance.now() - began) * 1000;
  });
  return { p50_us: quantile(times, 0.5), p99_us: quantile(times, 0.99) };
}

/**
 * Shares of unrelated windows that match 7 MB of pages. `endorsing` are the matches by which a rule that demands an origin
 * lets a value pass; `decoded` ones only join labels.
 */
function chance(count) {
  const memory = filled(pagesOf(own, 7e6), 7e6);
  return [40, 200, 1000].map((length) => {
    const seen = { exact: 0, contained: 0, decoded: 0, covered: 0, nowhere: 0 };
    for (let i = 0; i < count; i++) seen[provenanceOf(memory, cut(random, others, length), OUTSIDE).match]++;
    const share = Object.fromEntries(Object.entries(seen).map(([match, n]) => [match, n / count]));
    return { length, of: count, ...share, endorsing: share.exact + share.contained };
  });
}

export function text({ arrival, memory, chance }) {
  return [
    "CPU of a page that arrives",
    ...arrival.map(
      ({ size, pages, rows }) => `${short(size)} characters, ${pages} pages a round\n${arrivalTable(size, rows)}`,
    ),
    "Memory",
    table(memory, {
      "pages, MB": (row) => String(row.megabytes),
      "indexed MB/s": (row) => short(row.build_mb_s),
      "index, B a byte": (row) => short(row.index_bytes_a_byte),
      "all, B a byte": (row) => short(row.all_bytes_a_byte),
    }),
    "Look-ups, µs, wall clock: provenance of an argument and of the tokens in it",
    ...memory.flatMap(({ megabytes, look_ups }) =>
      look_ups.map(({ length, rows }) => `${megabytes} MB, ${length} characters\n${lookUpTable(rows)}`),
    ),
    "Matches of unrelated prose with 7 MB of pages, % of arguments",
    table(chance, {
      characters: (row) => String(row.length),
      ...Object.fromEntries(
        ["exact", "contained", "decoded", "covered", "nowhere", "endorsing"].map((match) => [
          match,
          (row) => short(100 * row[match]),
        ]),
      ),
    }),
  ].join("\n\n");
}

function arrivalTable(size, rows) {
  return table(rows, {
    page: (row) => row.case,
    "CPU µs": (row) => short(row.cpu_us.median),
    "low..high": (row) => `${short(row.cpu_us.low)}..${short(row.cpu_us.high)}`,
    "ns a char": (row) => short((row.cpu_us.median * 1000) / size),
    "x parse+hash": (row) => short(row.cpu_us.ratio),
    signs: (row) => short(row.signs_us.median),
    labels: (row) => short(row.labels_us.median),
    index: (row) => short(row.index_us.median),
  });
}

function lookUpTable(rows) {
  return table(rows, {
    argument: (row) => row.case,
    p50: (row) => short(row.p50_us.median),
    "low..high": (row) => `${short(row.p50_us.low)}..${short(row.p50_us.high)}`,
    p99: (row) => short(row.p99_us.median),
    "x includes": (row) => short(row.p50_us.ratio),
  });
}
