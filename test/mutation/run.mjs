// Mutation testing of one folder: `npm run mutation -- FOLDER [--core] [--only PATTERN] [--static]`; docs/mutation.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installOwnPackages } from "../../tools/own-packages.mjs";
import { FOLDERS, mutated } from "./folders.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    core: { type: "boolean", default: false },
    only: { type: "string" },
    static: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (!FOLDERS.includes(folder)) {
  process.stderr.write(`usage: npm run mutation -- ${FOLDERS.join("|")} [--core] [--only PATTERN] [--static]\n`);
  process.exit(2);
}

const name = `${folder}${values.core ? "-core" : ""}${values.only === undefined ? "" : `-${values.only.replace(/[^a-z0-9]+/gi, "_")}`}${values.static ? "-static" : ""}`;
const out = `${root}coverage/mutation`;
mkdirSync(out, { recursive: true });
installOwnPackages(here);
const config = `${out}/${name}.config.json`;
writeFileSync(config, JSON.stringify(configuration(), undefined, 2));
const { status } = spawnSync(
  process.execPath,
  [`${here}node_modules/@stryker-mutator/core/bin/stryker.js`, "run", config],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, AGENTK_MUTATION_FOLDER: folder, AGENTK_MUTATION_COSTS: `${out}/${name}.costs.json` },
  },
);
process.exitCode = status ?? 1;

function configuration() {
  return {
    testRunner: "agentk",
    plugins: [`${here}runner.mjs`],
    mutate: values.only === undefined ? mutated(folder, values.core) : [`src/${folder}/${values.only}.ts`],
    coverageAnalysis: "perTest",
    ignoreStatic: !values.static,
    incremental: true,
    incrementalFile: `${out}/${name}.incremental.json`,
    concurrency: 1,
    disableTypeChecks: false,
    checkers: [],
    ignorePatterns: ["dist", "coverage", "examples/**/run-*", "test/fixtures/audit"],
    tempDirName: `${out}/tmp-${name}`,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: `${out}/${name}.json` },
    // The tests of one change are bounded in processor time (runner.mjs); on a busy machine that takes longer by the clock.
    timeoutMS: Number(process.env.AGENTK_MUTATION_CLOCK_SECONDS ?? 60) * 1000,
    timeoutFactor: 0,
    dryRunTimeoutMinutes: 30,
    allowEmpty: true,
  };
}
