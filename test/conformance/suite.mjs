// The official suite, fetched by npx into the npm cache, and its checks as one table.
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Exact versions: a new suite is a new baseline. None of them is a dependency of agentk. */
const PACKAGES = ["node@24.21.0", "@modelcontextprotocol/conformance@0.2.0-alpha.12"];
const BRIDGE = "supergateway@4.0.0";

/** The suite needs Node 24; what it tests runs on the Node that runs this script. */
export async function fetchTools(cwd, front) {
  const packages = front === "bridge" ? [...PACKAGES, BRIDGE] : PACKAGES;
  const words = ["-y", ...packages.flatMap((name) => ["-p", name]), "-c"];
  const stdout = await new Promise((resolve, reject) => {
    const script = "command -v node; command -v conformance; command -v supergateway || true";
    execFile("npx", [...words, script], { cwd }, (error, out) => {
      if (error === null) resolve(out);
      else reject(new Error("the suite could not be fetched through npx", { cause: error }));
    });
  });
  const [node, conformance, supergateway] = stdout.trim().split("\n");
  return { node, conformance, supergateway };
}

/**
 * Runs what a revision requires, or one scenario of it, and gives every check as `scenario:check` -> its statuses.
 * What the suite only tells (INFO) is no check.
 */
export async function runSuite(tools, { url, revision, scenario, folder }) {
  mkdirSync(folder, { recursive: true });
  const what = scenario === undefined ? ["--requirements", revision] : only(scenario, revision);
  const args = [tools.conformance, "server", "--url", url, ...what, "--output-dir", folder];
  await new Promise((resolve, reject) => {
    const suite = spawn(tools.node, args, { cwd: folder, stdio: "ignore" });
    suite.on("error", reject);
    // Its exit status says whether something failed; what failed stands in the files.
    suite.on("close", resolve);
  });
  return readChecks(folder);
}

function only(scenario, revision) {
  return ["--scenario", scenario, "--spec-version", revision, "--force"];
}

function readChecks(folder) {
  const table = new Map();
  for (const name of readdirSync(folder)) {
    // server-SCENARIO-2026-11-21T14-47-10-622Z
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1];
    if (scenario === undefined) continue;
    const file = join(folder, name, "checks.json");
    // A scenario that broke down leaves none.
    const checks = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [{ id: "run", status: "BROKEN" }];
    for (const { id, status } of checks) {
      if (status === "INFO") continue;
      const key = `${scenario}:${id}`;
      table.set(key, [...(table.get(key) ?? []), status].sort());
    }
  }
  if (table.size === 0) throw new Error(`the suite left no checks in ${folder}`);
  return table;
}
