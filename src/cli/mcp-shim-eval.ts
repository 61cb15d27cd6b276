/** `agentk mcp-shim-eval`: one flow without and with agentk, as a scorecard of what was found in the world. */
import type { Command } from "commander";
import type { Io } from "./io.js";
import { addStoryFlags, tellStory, type StoryFlags } from "./story-flags.js";

export function registerMcpShimEval(program: Command, io: Io): void {
  const command = program
    .command("mcp-shim-eval")
    .summary("score one flow without and with agentk")
    .description(
      "Plays one flow through a hostile server, without agentk and with it, and scores what was found each time: at the attacker's address, on the disk, in the server's own dump of its environment, in what the client was handed.",
    );
  addStoryFlags(command, ["silent"], "agentk mcp-shim-eval --client all --json").action((flags: StoryFlags) =>
    evaluate(flags, io),
  );
}

async function evaluate(flags: StoryFlags, io: Io): Promise<void> {
  const { shimEvalJson, shimEvalText } = await import("../report/shim-eval-report.js");
  const report = { report: shimEvalText, reportJson: shimEvalJson };
  await tellStory({ story: "shim-eval", logName: "mcp-shim-eval-agentk", ...report }, flags, io);
}
