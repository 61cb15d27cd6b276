/** `agentk demo`: an attack that works, and the same attack with agentk in between. */
import type { Command } from "commander";
import { CLIENT_KINDS } from "../abi/story.js";
import type { Io } from "./io.js";
import { addStoryFlags, tellStory, type StoryFlags } from "./story-flags.js";

const POISONED_PAGE = "poisoned-page";

export function registerDemo(program: Command, io: Io): void {
  const command = program
    .command("demo")
    .summary("see an attack work, and see it blocked")
    .description(
      "Plays a story twice, directly and with agentk in between: real processes, and what happened is looked for on the disk and at the attacker's address. The first story is a web page that wants ~/.ssh/id_rsa sent away.",
    )
    .argument(
      "[story]",
      "another story of examples/, such as timeout, or a folder of your own with a slash in its name",
      POISONED_PAGE,
    );
  addStoryFlags(command, CLIENT_KINDS, "agentk demo --client lying").action((story: string, flags: StoryFlags) =>
    demo(story, flags, io),
  );
}

/** Of a folder its own name, without what a file's name should not have. */
function fileName(story: string): string {
  return (story.split(/[/\\]/).findLast((part) => part !== "") ?? "").replace(/[^A-Za-z0-9_-]/g, "_");
}

async function demo(story: string, flags: StoryFlags, io: Io): Promise<void> {
  const { storyJson, storyText } = await import("../report/story-report.js");
  const logName = story === POISONED_PAGE ? "demo" : `demo-${fileName(story)}`;
  await tellStory({ story, logName, report: storyText, reportJson: storyJson }, flags, io);
}
