// The official conformance suite with agentk in between and without it: the results must be the same, check by check,
// or stand in residue.json with the reason. See docs/conformance.md.
//   node test/conformance/run.mjs [--revision R]... [--front http|bridge] [--keep FOLDER]
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { replayLog } from "../../dist/app/replay/replay-log.js";
import { verifyLog } from "../../dist/cli/flight-log.js";
import { startPass } from "./pass.mjs";
import { runSuite, suiteTools } from "./suite.mjs";
import { freePort, FRONTS, startTarget } from "./targets.mjs";

/** More scenarios that differ than this are no accident of timing, and running each of them alone takes long. */
const MAX_REPEATED = 5;

/** What a client of agentk's front has to bring. */
const TOKEN = randomBytes(32).toString("hex");

const { values: flags } = parseArgs({
  options: {
    revision: { type: "string", multiple: true },
    front: { type: "string", default: "http" },
    keep: { type: "string" },
  },
});

const say = (line) => process.stdout.write(`${line}\n`);

/** Starts both targets, runs the suite against both at once, and ends them. */
async function compare(tools, revision, { folder, scenario }) {
  const run = async (side) => {
    const cwd = mkdtempSync(join(folder, `${side}-`));
    const env = { ...process.env, AGENTK_DATA_DIR: join(folder, "data") };
    const port = await freePort();
    const pass = await startPass(port, { authorization: `Bearer ${TOKEN}` });
    const origin = `http://localhost:${String(pass.port)}`;
    const command = FRONTS[flags.front][side]({ port, tools, token, origin });
    const target = await startTarget(command, `http://127.0.0.1:${String(port)}/mcp`, { cwd, env });
    try {
      return await runSuite(tools, { url: `${origin}/mcp`, revision, scenario, folder: join(cwd, "results") });
    } finally {
      pass.stop();
      await target.stop();
    }
  };
  const [direct, mediated] = await Promise.all([run("direct"), run("mediated")]);
  return { direct, mediated };
}

function differences({ direct, mediated }) {
  const statuses = (table, check) => (table.get(check) ?? ["ABSENT"]).join(" ");
  return [...new Set([...direct.keys(), ...mediated.keys()])]
    .sort()
    .map((check) => ({ check, direct: statuses(direct, check), mediated: statuses(mediated, check) }))
    .filter((row) => row.direct !== row.mediated);
}

function covers(entry, check) {
  return entry.check.endsWith(":*") ? check.startsWith(entry.check.slice(0, -1)) : check === entry.check;
}

function tally(table) {
  const statuses = [...table.values()].flat();
  const count = (status) => statuses.filter((each) => each === status).length;
  return `${String(count("SUCCESS"))} passed, ${String(count("FAILURE"))} failed, ${String(count("WARNING"))} warned`;
}

/** One revision. True when every difference has its reason and every reason its difference. */
async function judge(tools, revision, folder) {
  const started = Date.now();
  const residue = JSON.parse(readFileSync(new URL("residue.json", import.meta.url), "utf8")).filter(
    (entry) => entry.front === flags.front && entry.revision === revision,
  );
  const tables = await compare(tools, revision, { folder });
  const found = differences(tables);
  const unexplained = found.filter(({ check }) => !residue.some((entry) => covers(entry, check)));
  const lasting = await repeated(tools, revision, { folder, unexplained });
  const stale = residue.filter((entry) => !found.some(({ check }) => covers(entry, check)));
  const seconds = Math.round((Date.now() - started) / 1000);
  say(`${revision} through the ${flags.front}, ${String(seconds)} s`);
  say(`  without agentk: ${tally(tables.direct)}`);
  say(`  with agentk:    ${tally(tables.mediated)}`);
  const explained = found.length - unexplained.length;
  const passing = unexplained.length - lasting.length;
  say(`  differences: ${String(found.length)}, ${String(explained)} explained, ${String(passing)} gone when run alone`);
  for (const row of lasting) say(`  DIFFERS ${row.check}: ${row.direct} without, ${row.mediated} with agentk`);
  for (const { check } of stale) say(`  STALE residue entry ${check}: there is no such difference any more`);
  return lasting.length + stale.length === 0;
}

/** The differences that are there again when their scenario is run alone: some scenarios wait for fixed times. */
async function repeated(tools, revision, { folder, unexplained }) {
  const scenarios = new Set(unexplained.map(({ check }) => check.slice(0, check.indexOf(":"))));
  if (scenarios.size > MAX_REPEATED) return unexplained;
  const lasting = [];
  for (const scenario of scenarios) {
    const again = differences(await compare(tools, revision, { folder, scenario }));
    lasting.push(...again.filter(({ check }) => unexplained.some((row) => row.check === check)));
  }
  return lasting;
}

/** Every log that the mediated runs have left must verify and replay. */
async function judgeLogs(folder) {
  const silent = () => undefined;
  const io = { stdout: silent, stderr: silent, exit: silent, env: {}, cwd: "/", isTty: false, columns: 80 };
  const env = { ...process.env, AGENTK_DATA_DIR: join(folder, "data") };
  const logs = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
    .map((entry) => join(entry.parentPath, entry.name));
  const bad = [];
  for (const log of logs) {
    const isWhole = verifyLog(log, io).ok && (await replayLog(log, env)).ok;
    if (!isWhole) bad.push(log);
  }
  say(`${String(logs.length)} logs verified and replayed, ${String(bad.length)} failed`);
  for (const log of bad) say(`  FAILS ${log}`);
  return logs.length > 0 && bad.length === 0;
}

if (FRONTS[flags.front] === undefined) throw new Error(`there is no front ${flags.front}; there are: http, bridge`);
const folder = flags.keep ?? mkdtempSync(join(realpathSync(tmpdir()), "agentk-conformance-"));
mkdirSync(folder, { recursive: true });
const token = join(folder, "token");
writeFileSync(token, TOKEN, { mode: 0o600 });
const tools = suiteTools();
const verdicts = [];
for (const revision of flags.revision ?? FRONTS[flags.front].revisions)
  verdicts.push(await judge(tools, revision, folder));
verdicts.push(await judgeLogs(folder));
const isGood = verdicts.every(Boolean);
if (isGood && flags.keep === undefined) rmSync(folder, { recursive: true, force: true });
else say(`what the suite said: ${folder}`);
process.exitCode = isGood ? 0 : 2;
