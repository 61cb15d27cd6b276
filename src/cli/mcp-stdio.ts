/** `agentk mcp-stdio`: what would be decided about one request, from stdin. */
import type { Command } from "commander";
import type { Io } from "./io.js";
import { tellDecision } from "./mcp-proxy.js";
import { addMediateFlags, type MediateFlags } from "./mediate-flags.js";

const HELP = `
The request is an object: agent_id, tool, and if wanted intent, labels, capabilities, arguments (docs/mediate.md).
Exit status: 0 it may happen, 2 it may not, 1 there is no answer.

Example:
  agentk mcp-stdio --json < request.json`;

export function registerMcpStdio(program: Command, io: Io): void {
  const command = program
    .command("mcp-stdio")
    .summary("decide one request from stdin; execute nothing")
    .description(
      "Reads one request of at most 65536 bytes, decides it by the policy and records it. Nothing is executed.",
    );
  addMediateFlags(command)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((options: MediateFlags & { json?: true }) => decide(options, io));
}

async function decide(options: MediateFlags & { json?: true }, io: Io): Promise<void> {
  const { MAX_REQUEST_BYTES } = await import("../app/mediate/request.js");
  await tellDecision(await stdinUpTo(MAX_REQUEST_BYTES), { ...options, surface: "mcp-stdio" }, io);
}

/** What is beyond the bound is not read; one byte of it tells that it is there. */
async function stdinUpTo(most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > most) break;
  }
  return Buffer.concat(chunks);
}
