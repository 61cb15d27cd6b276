/** `agentk mcp-server`: the kernel as an MCP server. */
import type { Command } from "commander";
import type { Io } from "./io.js";
import { addMediateFlags, mediationOptions, type MediateFlags } from "./mediate-flags.js";

const HELP = `
Tools: agentk.mediate, agentk.mediate_descriptor, agentk.record_response (docs/mediate.md). A client that uses them asks
to be told; what it does beside them is not mediated.
Exit status: 0 the client or a signal ended the run, 1 it could not begin or recording failed, 2 the policy is not valid.

Example:
  agentk mcp-server --policy research-agent`;

export function registerMcpServer(program: Command, io: Io): void {
  const command = program
    .command("mcp-server")
    .summary("the kernel as an MCP server; execute nothing")
    .description("Serves the kernel's decisions as three MCP tools on stdin and stdout. Nothing is executed.");
  addMediateFlags(command)
    .addHelpText("after", HELP)
    .action((options: MediateFlags) => serve(options, io));
}

async function serve(options: MediateFlags, io: Io): Promise<void> {
  const { runKernelServer } = await import("../app/mediate/run-kernel-server.js");
  io.exit(await runKernelServer(await mediationOptions(options, "mcp-server", io), io.stderr));
}
