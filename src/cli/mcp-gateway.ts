/** `agentk mcp-gateway`: several MCP servers behind one boundary. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Options {
  readonly config: string;
  readonly check?: true;
  readonly json?: true;
  readonly traceOut?: string;
}

const HELP = `
The tools of a server \`files\` are called \`files__<tool>\`; policies see the server and the tool's own name.
The log goes to .agentk/runs/<run>.jsonl; look at it with \`agentk trace-inspect\`.
Exit status: 0 the client or a signal ended the run, or the check passed; 1 it could not begin, or every server ended;
2 the configuration or the policy is not valid.

Example:
  agentk mcp-gateway --config agentk.toml --check`;

export function registerMcpGateway(program: Command, io: Io): void {
  program
    .command("mcp-gateway")
    .summary("stand between an MCP client and several stdio servers")
    .description(
      "Runs several MCP servers as children, offers their tools to the client on stdin and stdout, and mediates everything with one kernel.",
    )
    .requiredOption("--config <file>", "the gateway's configuration, TOML (docs/gateway.md)")
    .option("--check", "say what is wrong with the configuration and what would start; start nothing")
    .option("--json", "print JSON; only with --check")
    .option("--trace-out <file>", "the flight log: a new file, or a folder of runs when it ends in /")
    .addHelpText("after", HELP)
    .action((options: Options) => (options.check === true ? check(options, io) : serve(options, io)));
}

async function serve({ config, json, traceOut }: Options, io: Io): Promise<void> {
  const [{ runGateway }, { readGatewayConfig }, { AgentkError }] = await Promise.all([
    import("../app/gateway/run-gateway.js"),
    import("../app/gateway/config.js"),
    import("../base/errors.js"),
  ]);
  if (json === true) throw new AgentkError("usage", "`--json` needs `--check`", { hint: "stdout is the client's" });
  const world = { cwd: io.cwd, env: io.env, traceOut };
  io.exit(await runGateway(readGatewayConfig(resolve(io.cwd, config), io.env), world, io.stderr));
}

async function check({ config, json }: Options, io: Io): Promise<void> {
  const [
    { readGatewayConfig, runServers, GatewayInvalid },
    { readPolicy, compileSource },
    { pinsOfServers },
    { gatewayJson, gatewayText, gatewayFaultsJson, gatewayFaultsText },
  ] = await Promise.all([
    import("../app/gateway/config.js"),
    import("../app/policy/file.js"),
    import("../app/run/pins.js"),
    import("../report/gateway-report.js"),
  ]);
  try {
    const { gateway, policyFile, servers, lock } = readGatewayConfig(resolve(io.cwd, config), io.env);
    const policy = await readPolicy(policyFile);
    compileSource(policy.source, policyFile);
    const pins = await pinsOfServers(runServers(servers, io), lock);
    const plan = { id: gateway.id, policy: policy.name, lock: pins?.name, servers };
    io.stdout(json === true ? gatewayJson(config, plan) : gatewayText(config, plan));
    io.exit(0);
  } catch (error) {
    if (!(error instanceof GatewayInvalid)) throw error;
    const { faults } = error;
    io.stdout(json === true ? gatewayFaultsJson(config, faults) : gatewayFaultsText(config, faults));
    io.exit(2);
  }
}
