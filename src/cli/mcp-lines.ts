/** `agentk mcp-lines`: requests as lines in, decisions as lines out. */
import type { Command } from "commander";
import type { Io } from "./io.js";
import { addMediateFlags, mediationOptions, type MediateFlags } from "./mediate-flags.js";

const HELP = `
One JSON request a line on stdin (docs/mediate.md), one JSON report a line on stdout, in order. A bad line is one error
report, and the next line is taken. Each agent_id has a session of its own.
Exit status: 0 all may happen, 1 a line was bad or could not be recorded, else 2 one may not happen.

Example:
  agentk mcp-lines --policy strict < requests.jsonl`;

export function registerMcpLines(program: Command, io: Io): void {
  const command = program
    .command("mcp-lines")
    .summary("decide requests line by line; execute nothing")
    .description("Decides JSON lines of requests by the policy, in one run, and records them. Nothing is executed.");
  addMediateFlags(command)
    .option("--json", "reports are JSON with or without it")
    .addHelpText("after", HELP)
    .action((options: MediateFlags) => serve(options, io));
}

async function serve(options: MediateFlags, io: Io): Promise<void> {
  const [{ runLines }, { mediateLineJson }] = await Promise.all([
    import("../app/mediate/run-lines.js"),
    import("../report/mediate-report.js"),
  ]);
  io.exit(await runLines(await mediationOptions(options, "mcp-lines", io), mediateLineJson, io.stderr));
}
