/** Commands of the program in this process, with what they print and the status that they set. */
import { buildProgram } from "../../src/cli/main.js";
import { capture, type CommandRun } from "./capture.js";
import type { Io } from "../../src/cli/io.js";

/** What is no usage of commander's is thrown as the command throws it. */
export async function runCommand(cwd: string, words: readonly string[], world: Partial<Io> = {}): Promise<CommandRun> {
  const { io, ran } = capture(cwd, world);
  await (await buildProgram(io)).parseAsync(words, { from: "user" });
  return ran;
}
