// Real clients, fetched by npx into the npm cache: with agentk in between each must say of a server what it says
// without it. By hand: `npm run test:clients`. See docs/conformance.md.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { replayLog } from "../../dist/app/replay/replay-log.js";
import { verifyLog } from "../../dist/cli/flight-log.js";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const AGENTK = path("../../bin/agentk.js");
/** A filesystem server takes roots for the folders that it may show: they are what its command line names. */
const policyFor = (root) =>
  readFileSync(path("../conformance/allow-all.toml"), "utf8").replace(
    /^roots = .*$/m,
    `roots = ["${String(pathToFileURL(root))}"]`,
  );
const LIMIT_MS = 120_000;
const SEAL_MS = 15_000;

const require = createRequire(import.meta.url);
const installed = (name, ...args) => [
  process.execPath,
  join(dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)), "dist/index.js"),
  ...args,
];

/** The servers, with a call that each understands. */
const SERVERS = (folder) => ({
  everything: { command: installed("server-everything"), tool: "get-sum", args: { a: 1, b: 2 } },
  filesystem: { command: installed("server-filesystem", folder), tool: "list_directory", args: { path: folder } },
  memory: { command: installed("server-memory"), tool: "read_graph", args: {} },
});

/** Each client's package, and the commands by which it is asked, in order; the output of all but the first of `setup`. */
const CLIENTS = {
  inspector: {
    package: "@modelcontextprotocol/inspector@2.12.0",
    commands: ({ command, tool, args }) => {
      const words = Object.entries(args).flatMap(([name, value]) => ["--tool-arg", `${name}=${String(value)}`]);
      const cli = ["mcp-inspector", "--cli", ...command];
      return [
        [...cli, "--method", "tools/list"],
        [...cli, "--method", "tools/call", "--tool-name", tool, ...words],
      ];
    },
  },
  mcporter: {
    package: "mcporter@0.9.0",
    commands: ({ command, tool, args }) => {
      const words = Object.entries(args).map(([name, value]) => `${name}=${String(value)}`);
      return [["mcporter", "call", "--stdio", command.join(" "), tool, ...words, "--output", "json"]];
    },
  },
  gemini: {
    package: "@google/gemini-cli@0.61.0",
    setup: ({ home }) => {
      mkdirSync(join(home, ".gemini"), { recursive: true });
      const settings = { security: { folderTrust: { enabled: false } }, telemetry: { enabled: false } };
      writeFileSync(join(home, ".gemini/settings.json"), JSON.stringify(settings));
    },
    commands: ({ command }) => [
      ["gemini", "mcp", "add", "server", ...command],
      ["gemini", "mcp", "list"],
    ],
    expects: /Connected/,
  },
  claude: {
    package: "@anthropic-ai/claude-code@2.1.197",
    commands: ({ command }) => [
      ["claude", "mcp", "add", "server", "--", ...command],
      ["claude", "mcp", "list"],
    ],
    expects: /Connected/,
  },
};

function npx(name, words, { cwd, env }) {
  return new Promise((resolve) => {
    execFile(
      "npx",
      ["-y", "-p", name, ...words],
      { cwd, env, timeout: LIMIT_MS, maxBuffer: 1 << 26 },
      (error, out, err) => {
        // Some say on stderr what they have found, among what npm and the server say there.
        const found = err.split("\n").filter((line) => /onnected|Disabled/.test(line));
        resolve({ code: error === null ? 0 : (error.code ?? -1), out: [out.trim(), ...found].join("\n").trim() });
      },
    );
  });
}

/** What a client says of a server; the command line that it was given stands for itself. */
async function ask(client, server, folder) {
  const home = mkdtempSync(join(folder, "home-"));
  const cwd = mkdtempSync(join(folder, "work-"));
  // A home of its own, so that nobody's settings or sessions are read or changed.
  const env = { ...process.env, HOME: home, NO_COLOR: "1", npm_config_cache: cacheOf(), CI: "1" };
  delete env.AGENTK_DATA_DIR;
  // `npm run` hands it on, and it is a rule for agentk's dependencies.
  delete env.npm_config_engine_strict;
  client.setup?.({ home });
  const said = [];
  for (const words of client.commands(server)) {
    const { code, out } = await npx(client.package, words, { cwd, env });
    const own = [
      [server.command.join(" "), "COMMAND"],
      // Gemini leaves the first `--` out when it says what it was given.
      [server.command.filter((word) => word !== "--").join(" "), "COMMAND"],
      [home, "HOME"],
      [cwd, "CWD"],
    ];
    const text = own.reduce((rest, [word, name]) => rest.replaceAll(word, name), out);
    said.push(`exit status ${String(code)}`, ...linesOf(text));
  }
  return { said, cwd, home };
}

/** What it printed, by line; JSON with its members sorted, as agentk hands on the RFC 8785 form. */
function linesOf(text) {
  try {
    return JSON.stringify(sorted(JSON.parse(text)), null, 1).split("\n");
  } catch {
    return text.split("\n");
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}

function cacheOf() {
  return process.env.npm_config_cache ?? join(process.env.HOME ?? "", ".npm");
}

/** The logs that a client's runs have left: there must be some, and all must verify and replay. */
async function logsHold({ cwd, home }) {
  const silent = () => undefined;
  const io = { stdout: silent, stderr: silent, exit: silent, env: {}, cwd: "/", isTty: false, columns: 80 };
  const logs = readdirSync(cwd, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
    .map((entry) => join(entry.parentPath, entry.name));
  const env = { ...process.env, HOME: home };
  const bad = [];
  for (const log of logs) {
    if (!(await isSealed(log, io))) bad.push(`${log} does not verify`);
    else if (!(await replayLog(log, env)).ok) bad.push(`${log} does not replay`);
  }
  return { isGood: logs.length > 0 && bad.length === 0, says: [`${String(logs.length)} logs`, ...bad].join(", ") };
}

/** Some clients go before their server has: the run is sealed once it has ended, too. */
async function isSealed(log, io) {
  const end = Date.now() + SEAL_MS;
  while (!verifyLog(log, io).ok) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

const folder = mkdtempSync(join(realpathSync(tmpdir()), "agentk-clients-"));
const POLICY = join(folder, "policy.toml");
const ROOT = mkdtempSync(join(folder, "root-"));
writeFileSync(POLICY, policyFor(ROOT));
const wanted = process.argv.slice(2);
let isGood = true;
for (const [name, client] of Object.entries(CLIENTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const [serverName, server] of Object.entries(SERVERS(ROOT))) {
    const started = Date.now();
    const mediated = [process.execPath, AGENTK, "mcp-proxy-stdio", "--policy", POLICY, "--", ...server.command];
    const direct = await ask(client, server, folder);
    const through = await ask(client, { ...server, command: mediated }, folder);
    const isSame = JSON.stringify(direct.said) === JSON.stringify(through.said);
    const isExpected = client.expects === undefined || client.expects.test(through.said.join("\n"));
    const hold = await logsHold(through);
    const verdict = isSame && isExpected && hold.isGood ? "same" : "DIFFERS";
    isGood &&= verdict === "same";
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${client.package} with ${serverName}: ${verdict} (${seconds} s)\n`);
    if (verdict === "same") continue;
    process.stdout.write(`  expected: ${String(isExpected)}, logs: ${hold.says}\n`);
    const lines = (mark, those, others) =>
      those.filter((line) => !others.includes(line)).map((line) => `  ${mark} ${line}\n`);
    const shown = [...lines("-", direct.said, through.said), ...lines("+", through.said, direct.said)];
    process.stdout.write(shown.slice(0, 40).join(""));
  }
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = isGood ? 0 : 2;
