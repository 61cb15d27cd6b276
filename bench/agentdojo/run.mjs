/**
 * `npm run bench:agentdojo -- DIR`: the AgentDojo suites in DIR, scored by the scorer that stands there, with their injections
 * in plain text and unreadable (`opaque`), and then end to end through the proxy.
 * Exit status 0: scored; 1: no data; 2: the proxy decided otherwise than the kernel.
 */
import { existsSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import adapter from "./adapter.mjs";
import { throughProxy } from "./through-proxy.mjs";

const SUITES = ["workspace", "banking", "slack", "travel"];
const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
const [folder = process.env.AGENTDOJO_DIR] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const isJson = flags.includes("--json");
const SAMPLE = flags.includes("--all") ? 1 : 8;

const KNOWN = ["--all", "--json", "--no-proxy"];
if (flags.some((word) => !KNOWN.includes(word)) || folder === undefined || !existsSync(join(folder, "score.mjs"))) {
  process.stderr.write(
    "usage: npm run bench:agentdojo -- DIR [--all] [--json] [--no-proxy]\n" +
      "DIR holds the AgentDojo transcripts (<suite>.json) and their scorer (score.mjs)\n",
  );
  process.exit(1);
}

const { loadSuite, score, total, row, mdTable } = await import(pathToFileURL(resolve(folder, "score.mjs")).href);
const suites = SUITES.map((name) => join(folder, `${name}.json`))
  .filter(existsSync)
  .map(loadSuite);
const say = (text) => isJson || process.stdout.write(`${text}\n`);
const report = {
  machine: `${cpus()[0]?.model} x${cpus().length}, ${platform()} ${arch()}, Node ${process.version}`,
  modes: {},
};
say(report.machine);

for (const hide of ["none", "opaque"]) {
  const results = [];
  for (const suite of suites) results.push(await score(suite, adapter, { hide }));
  report.modes[hide] = results;
  say(
    `\n## ${hide === "none" ? "plain" : "opaque"}: ${results.map((r) => r.usPerDecision.toFixed(0)).join(" / ")} us a decision and its result\n`,
  );
  say(mdTable([...results, total(results)].map(row)));
  for (const { suite, benign, misses } of results) {
    say(
      `\n${suite}: benign calls denied: ${benign.failed.join(", ") || "none"}; asked about: ${benign.approved.join(", ") || "none"}`,
    );
    say(
      `${suite}: attacks that got through: ${
        Object.entries(misses)
          .map(([task, by]) => `${task} x${by.length}`)
          .join(", ") || "none"
      }`,
    );
  }
}

if (!flags.includes("--no-proxy")) {
  const proxy = throughProxy();
  let index = 0;
  for (const suite of suites) {
    const result = await score(suite, proxy, { caseFilter: () => index++ % SAMPLE === 0 });
    say(
      `\n## through the proxy: ${suite.suite}: ${result.decisions} decisions, ${result.all.cases} attack cases, ${result.all.blockedAny} stopped`,
    );
  }
  await proxy.finish();
  report.proxy = { differences: proxy.differences };
  say(`decisions of the proxy that are not the kernel's: ${proxy.differences.length}`);
  for (const difference of proxy.differences.slice(0, 20)) say(`  ${difference}`);
  if (proxy.differences.length > 0) process.exitCode = 2;
}
if (isJson) process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
