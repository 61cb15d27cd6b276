/**
 * `npm run bench:decision [-- --to MB] [--json]`: what a decision costs, by how much the session has read. A decision is
 * one `step` of the kernel: provenance of every argument, the policy, the commitment, the line and its hash.
 * Pages are README files of installed packages; the arguments are prose from other ones.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { arch, cpus, loadavg, platform } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BareRun } from "../dist/app/bare-run.js";
import { compileSource } from "../dist/app/policy-file.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const flag = (name) => process.argv.includes(name);
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const CALLS = 2000;
/** Not counted: the first calls are run by code that is not yet compiled. */
const WARM_UP = 1000;
const SIZES = [0.01, 0.1, 1, 10, 100].filter((mb) => mb <= option("--to", 10));

function readmes(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /(^|\/)readme\.md$/i.test(name))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort()
    .map((file) => readFileSync(file, "utf8"))
    .filter((text) => text.length > 2000);
}

const texts = readmes(here("../node_modules"));
const [pages, others] = [texts.filter((_, i) => i % 5 > 0), texts.filter((_, i) => i % 5 === 0)];
const source = readFileSync(here("agentdojo/policies/workspace.toml"), "utf8");
const compiled = compileSource(source);

/** Arguments of four sizes, none of which stands in a page. */
const KINDS = {
  "an id and an address": (text) => ({
    tool: "share_file",
    args: { file_id: "26", email: `u${text.length}@acme.example` },
  }),
  "a mail of 40 + 100 characters": (text) => mail(text.slice(200, 240), text.slice(400, 500)),
  "a mail of 40 + 500 characters": (text) => mail(text.slice(200, 240), text.slice(400, 900)),
  "a mail of 40 + 2000 characters": (text) => mail(text.slice(200, 240), text.slice(0, 2000)),
};
function mail(subject, body) {
  return { tool: "send_email", args: { recipients: ["bob@acme.example"], subject, body } };
}

function session(megabytes) {
  const run = new BareRun(source, () => compiled);
  run.user("Please send a mail to bob@acme.example, and share file 26 with him.");
  const begin = process.cpuUsage();
  let size = 0;
  for (let i = 0; size < megabytes * 1e6; i++) {
    // Each copy differs, as pages do.
    const text = `${i} ${pages[i % pages.length]}`;
    const call = run.call({ kind: "tool.invoke", server: "bench", subject: { tool: "get_received_emails" }, args: {} });
    run.answer(call, { content: [{ type: "text", text }] });
    size += text.length;
  }
  const { user, system } = process.cpuUsage(begin);
  return { run, ingest: size / (user + system) };
}

function measure(run, make) {
  const micros = [];
  for (let i = 0; i < CALLS + WARM_UP; i++) {
    const { tool, args } = make(others[i % others.length]);
    const call = { kind: "tool.invoke", server: "bench", subject: { tool }, args };
    const start = process.hrtime.bigint();
    const made = run.call(call);
    const took = Number(process.hrtime.bigint() - start) / 1000;
    if (i >= WARM_UP) micros.push(took);
    if (["allow", "ask"].includes(made.decision.verdict)) run.answer(made, { content: [] });
  }
  micros.sort((a, b) => a - b);
  return { p50: micros[CALLS >> 1], p99: micros[Math.floor(CALLS * 0.99)] };
}

const rows = SIZES.map((mb) => {
  const { run, ingest } = session(mb);
  const kinds = Object.fromEntries(Object.entries(KINDS).map(([name, make]) => [name, measure(run, make)]));
  return { mb, ingest, kinds };
});

const machine = `${cpus()[0]?.model} x${cpus().length}, ${platform()} ${arch()}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`;
if (flag("--json")) process.stdout.write(`${JSON.stringify({ machine, calls: CALLS, rows }, null, 1)}\n`);
else {
  console.log(`${machine}\nmicroseconds a decision, p50 / p99 of ${CALLS}; pages taken in, MB a CPU second\n`);
  console.log(`| pages | taken in | ${Object.keys(KINDS).join(" | ")} |`);
  console.log(
    `|---|---|${Object.keys(KINDS)
      .map(() => "---|")
      .join("")}`,
  );
  for (const { mb, ingest, kinds } of rows) {
    const cells = Object.values(kinds).map(({ p50, p99 }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`);
    console.log(`| ${mb} MB | ${ingest.toFixed(1)} | ${cells.join(" | ")} |`);
  }
}
