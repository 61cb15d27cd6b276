// The official suite, installed from a lock of its own, and its checks as one table.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installOwnPackages } from "../../tools/own-packages.mjs";

const own = fileURLToPath(new URL("./suite/", import.meta.url));

/** The suite and the Node 24 that it needs; what it tests runs on the Node that runs this script. */
export function suiteTools() {
  installOwnPackages(own);
  const command = (name) => join(own, "node_modules/.bin", name);
  return { node: command("node"), conformance: command("conformance"), supergateway: command("supergateway") };
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
