// The main job on a real server: the official MCP SDK client, agentk in between, and
// @modelcontextprotocol/server-filesystem on a temporary folder that holds a poisoned document.
// Everything printed was observed in this run; the exit status is 1 when it is not as the README says.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import chalk from "chalk";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const AGENTK = join(ROOT, "bin/agentk.js");
const SERVER = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"));
const ENV = { AGENTK_DATA_DIR: join(ROOT, ".agentk/data") };

const folder = mkdtempSync(join(realpathSync(tmpdir()), "agentk-story-"));
const notes = join(folder, "notes.md");
const report = join(folder, "report.md");
const loot = join(folder, "outbox.txt");
writeFileSync(notes, "# Notes\n\nThe door code is in the safe.\n");
writeFileSync(report, readFileSync(new URL("report.md", import.meta.url), "utf8").replaceAll("FOLDER", folder));

/** What the hijacked agent does after reading the report: exactly what the report says. */
const obey = { name: "write_file", arguments: { path: loot, content: readFileSync(notes, "utf8") } };

const say = (text = "") => console.log(text);
const heading = (text) => say(`\n${chalk.bold(text)}`);
const failures = [];
const check = (isAsPromised, what) => {
  if (!isAsPromised) failures.push(what);
};

async function connect(command, args) {
  const client = new Client({ name: "story", version: "1.0.0" });
  const env = { ...getDefaultEnvironment(), ...ENV };
  await client.connect(new StdioClientTransport({ command, args, env, cwd: ROOT, stderr: "pipe" }));
  return client;
}

async function call(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  const decision = result._meta?.["agentk/decision"];
  const text = result.content[0]?.text ?? "";
  const verdict = decision === undefined ? chalk.green("passed ") : chalk.red("blocked");
  const shown = decision === undefined ? text.trim().split("\n").at(-1).slice(0, 60) : `rule ${decision.rule}`;
  say(`  ${verdict} ${name.padEnd(15)} ${chalk.dim(shown)}`);
  return { decision, text };
}

function agentk(...args) {
  return execFileSync(process.execPath, [AGENTK, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...ENV, ...(chalk.level > 0 ? { FORCE_COLOR: "1" } : {}) },
    encoding: "utf8",
  });
}

heading("Without agentk: the agent reads the report and obeys it");
const bare = await connect(process.execPath, [SERVER, folder]);
await call(bare, "read_text_file", { path: report });
await call(bare, obey.name, obey.arguments);
await bare.close();
const wasStolen = existsSync(loot);
say(`  on disk: ${loot} ${wasStolen ? chalk.red("was written") : "is not there"}`);
check(wasStolen, "without agentk the file is written");
rmSync(loot, { force: true });

heading("With agentk in between: the same client, the same server, the same calls");
const proxied = ["mcp-proxy-stdio", "--server-id", "files", "--", process.execPath, SERVER, folder];
const client = await connect(process.execPath, [AGENTK, ...proxied]);
const { tools } = await client.listTools();
say(`  ${tools.length} tools offered by ${client.getServerVersion().name}`);
const listed = await call(client, "list_directory", { path: folder });
const read = await call(client, "read_text_file", { path: notes });
const poisoned = await call(client, "read_text_file", { path: report });
const blocked = await call(client, obey.name, obey.arguments);
say(`\n  ${chalk.dim(blocked.text)}`);
await client.close();
const isStolen = existsSync(loot);
say(`  on disk: ${loot} ${isStolen ? chalk.red("was written") : chalk.green("is not there")}`);
check(
  [listed, read, poisoned].every(({ decision }) => decision === undefined),
  "reading is allowed",
);
check(blocked.decision?.verdict === "deny" && !isStolen, "with agentk the file is not written");

heading("What happened: agentk trace-inspect");
say(agentk("trace-inspect"));
heading("Is the log whole? agentk verify");
say(agentk("verify"));
heading("Does the kernel decide the same again? agentk replay");
say(agentk("replay"));
say("The log stays in .agentk/runs/latest.jsonl; `node bin/agentk.js --help` says what can be done with it.");

rmSync(folder, { recursive: true, force: true });
if (failures.length > 0) {
  say(chalk.red(`\nnot as promised: ${failures.join("; ")}`));
  process.exitCode = 1;
}
