/** `agentk init`: draft a policy for a server from the tools it lists. */
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { MAX_NAME_CHARS } from "../base/limits.js";
import type { Io } from "./io.js";
import { collect } from "./values.js";

interface InitFlags {
  readonly out: string;
  readonly serverId: string;
  readonly allowEnv: readonly string[];
  readonly force?: true;
  readonly json?: true;
}

const HELP = `
The server is started, asked for its list of tools, and stopped; no tool is called.
Exit status: 0 the policy was written, 1 it was not.

Example:
  agentk init --server-id files -- npx -y @modelcontextprotocol/server-filesystem ~/notes`;

export function registerInit(program: Command, io: Io): void {
  program
    .command("init")
    .summary("draft a policy for a server")
    .description("Asks an MCP server which tools it has and writes a policy for them, to be read and corrected.")
    .argument("[command...]", "the server and its arguments, after --")
    .passThroughOptions()
    .option("--out <file>", "where the policy goes", "agentk.policy.toml")
    .option("--server-id <id>", "what the policy calls the server, as given to the proxy", serverName, "downstream-mcp")
    .option("--allow-env <name>", "pass this environment variable to the server (repeat)", collect, [])
    .option("--force", "write over a file that is there")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((words: readonly string[], flags: InitFlags) => init(words, flags, io));
}

/** The form that `mcp-proxy-stdio --server-id` takes. */
function serverName(value: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/.test(value) && value.length <= MAX_NAME_CHARS) return value;
  throw new InvalidArgumentError("it must be letters, digits and . _ : @ - and at most 128 characters.");
}

async function init(words: readonly string[], flags: InitFlags, io: Io): Promise<void> {
  const { AgentkError } = await import("../base/errors.js");
  const [command, ...args] = words;
  if (command === undefined) {
    throw new AgentkError("usage", "no server is named", { hint: "put its command after `--`" });
  }
  const [{ initPolicy }, { draftPolicy }, { initJson, initText, initWarning }] = await Promise.all([
    import("../app/policy/init.js"),
    import("../report/init-policy.js"),
    import("../report/init-report.js"),
  ]);
  const { out, serverId, allowEnv, force = false, json = false } = flags;
  const file = resolve(io.cwd, out);
  const done = await initPolicy({ command, args, env: io.env, allowEnv, serverId, file, force }, draftPolicy);
  const report = { file: out, serverId, ...done };
  io.stdout(json ? initJson(report) : initText(report));
  const warning = initWarning(report);
  if (warning !== undefined) io.stderr(warning);
  io.exit(0);
}
