/**
 * What the Context MMU costs: index build, memory, look-ups and chance hits, on README prose. Run after a build:
 * `node bench/provenance.mjs [--to MB] [--dist FOLDER] [--json]`; --to 100 goes on to 100 MB, 10 is the default.
 * Build speed is of processor time; look-ups are wall clock, each one measured alone. Figures are of one machine: the
 * ratio to `scan`, a pass over the same characters that only adds them up, is what carries over.
 */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    to: { type: "string", default: "10" },
    dist: { type: "string", default: "dist" },
    json: { type: "boolean", default: false },
  },
});
const dist = pathToFileURL(join(process.cwd(), options.dist) + "/");
const { Memory } = await import(new URL("mmu/memory.js", dist));
const { provenanceOf, tokenProvenance } = await import(new URL("mmu/provenance.js", dist));
const { OUTSIDE } = await import(new URL("mmu/lattice.js", dist));

const SIZES_MB = [0.01, 1, 10, 100].filter((size) => size <= Number(options.to));
const LOOKUPS = 1000;
const CHANCE_WINDOWS = 1000;

function readmes(folder, found = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) readmes(path, found);
    else if (/^(?:readme|changelog|history).*\.md$/i.test(entry.name)) found.push(readFileSync(path, "utf8"));
  }
  return found;
}

let seed = 1;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};

// Half of the texts are the pages, the other half is where unrelated arguments are cut from.
const texts = [...new Set(readmes("node_modules"))].sort((a, b) => (a < b ? -1 : 1));
const own = texts.filter((_, i) => i % 2 === 0);
const others = texts.filter((_, i) => i % 2 === 1);

/** Pages of `bytes` in all; where the prose does not suffice, it comes again with a third of its words changed. */
function pagesOf(bytes) {
  const pages = [];
  for (let size = 0, round = 0; size < bytes; round++) {
    for (const text of own) {
      const page =
        round === 0 ? text : text.replaceAll(/\b\w{4,7}\b/g, (word, at) => (at % 3 === 0 ? word + round : word));
      const cut = page.slice(0, bytes - size);
      pages.push(cut);
      size += cut.length;
      if (size >= bytes) break;
    }
  }
  return pages;
}

/** So many characters of one of the texts, from a word's start. */
function cut(from, length) {
  for (;;) {
    const text = from[random(from.length)];
    const at = random(Math.max(1, text.length - 2 * length));
    const words = text.slice(at, at + 2 * length).replace(/^\S*\s+/, "");
    if (words.length >= length) return words.slice(0, length);
  }
}

/** Words that stand nowhere. */
function invented(length) {
  let text = "";
  while (text.length < length) {
    const word = Array.from({ length: 3 + random(7) }, () => "bcdfghjklmnpqrstvwxzaeiou"[random(25)]).join("");
    text += `${word}${random(9) === 0 ? "," : ""} `;
  }
  return text.slice(0, length);
}

const ARGUMENTS = {
  "nowhere 40": () => invented(40),
  "nowhere 500": () => invented(500),
  "nowhere 2000": () => invented(2000),
  "unrelated 40": () => cut(others, 40),
  "unrelated 500": () => cut(others, 500),
  "unrelated 2000": () => cut(others, 2000),
  "from pages 500": (pages) => cut(pages, 500),
  "encoded 500": (pages) => Buffer.from(cut(pages, 375)).toString("base64").slice(0, 500),
  "e-mail": () => `bob.smith${random(999)}@acme.example`,
  URL: () => `https://acme.example/docs/${random(9999)}?ref=x`,
  id: () => `msg_${random(99999)}ab`,
  name: () => "Mark Black",
};

const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const round = (value, digits = 1) => Number(value.toFixed(digits));

/** Microseconds of one look-up as a decision makes it: the provenance of the value, and of the tokens in it. */
function timesOf(memory, args) {
  const ask = (arg) => {
    provenanceOf(memory, arg, OUTSIDE);
    tokenProvenance(memory, arg, OUTSIDE);
  };
  args.slice(0, 200).forEach(ask);
  const times = args.map((arg) => {
    const from = process.hrtime.bigint();
    ask(arg);
    return Number(process.hrtime.bigint() - from) / 1e3;
  });
  times.sort((a, b) => a - b);
  return { p50: round(share(times, 0.5)), p99: round(share(times, 0.99)) };
}

const cpuSeconds = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

function filled(pages, bytes) {
  let memory = Memory.empty({ maxBytes: 2 * bytes + 1e6 });
  pages.forEach((text, i) => {
    memory = memory.add(`p${i}`, [{ path: "/text", text, isText: true, labels: OUTSIDE, classes: ["untrusted"] }]);
  });
  return memory;
}

/** Nanoseconds a character of a pass that only adds character codes up: how fast this machine is right now. */
function scanSpeed(pages) {
  let sum = 0;
  let characters = 0;
  const started = process.cpuUsage();
  for (const text of pages) {
    for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
    characters += text.length;
  }
  return { ns: (cpuSeconds(started) * 1e9) / characters, sum };
}

function measure(megabytes) {
  const bytes = megabytes * 1e6;
  const pages = pagesOf(bytes);
  // Small sizes several times over: the first pages are indexed by code that is not yet compiled.
  const rounds = Math.max(1, Math.ceil(1 / megabytes));
  let memory = filled(pages, bytes);
  const started = process.cpuUsage();
  for (let i = 0; i < rounds; i++) memory = filled(pages, bytes);
  const build = (megabytes * rounds) / cpuSeconds(started);
  const lookups = {};
  for (const [name, make] of Object.entries(ARGUMENTS)) {
    const args = Array.from({ length: LOOKUPS }, () => make(pages));
    lookups[name] = timesOf(memory, args);
  }
  return { megabytes, build_mb_s: round(build), index_bytes_per_byte: round(memory.indexBytes / bytes, 2), lookups };
}

/** Shares of unrelated windows that match; `enforcing` are the matches that can endorse or that name a source. */
function chanceHits() {
  const bytes = 7e6;
  const memory = filled(pagesOf(bytes), bytes);
  return [40, 200, 1000].map((length) => {
    const counts = { exact: 0, contained: 0, decoded: 0, covered: 0, nowhere: 0 };
    for (let i = 0; i < CHANCE_WINDOWS; i++) counts[provenanceOf(memory, cut(others, length), OUTSIDE).match]++;
    const shares = Object.fromEntries(
      Object.entries(counts).map(([match, n]) => [match, round(n / CHANCE_WINDOWS, 3)]),
    );
    return { length, ...shares, enforcing: round(shares.exact + shares.contained + shares.decoded, 3) };
  });
}

filled(pagesOf(1e6), 1e6);
scanSpeed(own);
const machine = {
  cpu: cpus()[0].model,
  threads: availableParallelism(),
  node: process.version,
  load_before: round(loadavg()[0]),
  scan_ns_per_character: round(scanSpeed(own).ns, 2),
};
const sizes = SIZES_MB.map(measure);
const chance = chanceHits();
machine.load_after = round(loadavg()[0]);

if (options.json) console.log(JSON.stringify({ machine, sizes, chance }, null, 2));
else print();

function print() {
  const { cpu, threads, node, load_before, load_after, scan_ns_per_character } = machine;
  console.log(
    `${cpu}, ${threads} threads, node ${node}, load ${load_before} to ${load_after}, scan ${scan_ns_per_character} ns/character`,
  );
  console.log(`pages: ${own.length} texts of ${round(own.join("").length / 1e6)} MB, then again with words changed\n`);
  console.log(["pages".padEnd(26), ...sizes.map(({ megabytes }) => `${megabytes} MB`.padStart(16))].join(""));
  const row = (name, cell) => console.log([name.padEnd(26), ...sizes.map((size) => cell(size).padStart(16))].join(""));
  row("build MB/s (processor)", ({ build_mb_s }) => String(build_mb_s));
  row("index bytes a byte", ({ index_bytes_per_byte }) => String(index_bytes_per_byte));
  for (const name of Object.keys(ARGUMENTS))
    row(`${name}, p50/p99 us`, ({ lookups }) => `${lookups[name].p50}/${lookups[name].p99}`);
  console.log("\nshare of windows of unrelated README prose that match 7 MB of pages by chance");
  for (const { length, ...shares } of chance) {
    console.log(
      `${length} characters:`,
      Object.entries(shares)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    );
  }
}
