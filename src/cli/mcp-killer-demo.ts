/** `agentk mcp-killer-demo`: a server's answer is poisoned; egress, a patch and a command are then tried, by four kinds of client. */
import type { Command } from "commander";
import { CLIENT_KINDS } from "../abi/story.js";
import type { Io } from "./io.js";
import { addStoryFlags, tellStory, type StoryFlags } from "./story-flags.js";

export function registerMcpKillerDemo(program: Command, io: Io): void {
  const command = program
    .command("mcp-killer-demo")
    .summary("a server's poisoned answer, and what it wants done")
    .description(
      "A server returns poisoned output; the agent then tries to send private notes away, to change a file and to run a command. Played directly and with agentk in between, by an honest, a silent, a lying and a self-granting client.",
    );
  addStoryFlags(command, CLIENT_KINDS, "agentk mcp-killer-demo --json").action((flags: StoryFlags) => demo(flags, io));
}

async function demo(flags: StoryFlags, io: Io): Promise<void> {
  const { storyJson, storyText } = await import("../report/story-report.js");
  await tellStory({ story: "killer", logName: "mcp-killer-demo", report: storyText, reportJson: storyJson }, flags, io);
}
