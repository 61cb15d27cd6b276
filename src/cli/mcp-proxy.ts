/** `agentk mcp-proxy`: what would be decided about one request, from a file. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";
import { addMediateFlags, mediationOptions, type MediateFlags } from "./mediate-flags.js";

interface Options extends MediateFlags {
  readonly request: string;
  readonly json?: true;
}

const HELP = `
The request is an object: agent_id, tool, and if wanted intent, labels, capabilities, arguments (docs/mediate.md).
Exit status: 0 it may happen, 2 it may not, 1 there is no answer.

Example:
  agentk mcp-proxy --request request.json --json`;

export function registerMcpProxy(program: Command, io: Io): void {
  const command = program
    .command("mcp-proxy")
    .summary("decide one request from a file; execute nothing")
    .description("Decides one request by the policy and records the decision. Nothing is executed.")
    .requiredOption("--request <file>", "the request, JSON of at most 65536 bytes");
  addMediateFlags(command)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((options: Options) => decide(options, io));
}

async function decide(options: Options, io: Io): Promise<void> {
  const [{ readTextFile }, { MAX_REQUEST_BYTES }] = await Promise.all([
    import("../app/text-file.js"),
    import("../app/mediate/request.js"),
  ]);
  const bytes = Buffer.from(readTextFile(resolve(io.cwd, options.request), MAX_REQUEST_BYTES));
  await tellDecision(bytes, { ...options, surface: "mcp-proxy" }, io);
}

/** Decides the bytes of one request, and tells. */
export async function tellDecision(
  bytes: Uint8Array,
  options: MediateFlags & { readonly surface: string; readonly json?: true },
  io: Io,
): Promise<void> {
  const [{ mediateOnce }, { statusOf }, { mediateJson, mediateText }] = await Promise.all([
    import("../app/mediate/mediate.js"),
    import("../app/mediate/mediation.js"),
    import("../report/mediate-report.js"),
  ]);
  const report = await mediateOnce(await mediationOptions(options, options.surface, io), bytes);
  io.stdout(options.json === true ? mediateJson(report) : mediateText(report));
  io.exit(statusOf(report));
}
