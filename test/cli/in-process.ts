/** Commands of the program in this process, with what they print and the status that they set. */
import { buildProgram } from "../../src/cli/main.js";
import type { Io } from "../../src/cli/io.js";

export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | undefined;
}

export async function runCommand(cwd: string, words: readonly string[], world: Partial<Io> = {}): Promise<CommandRun> {
  let stdout = "";
  let stderr = "";
  let status: number | undefined;
  const io: Io = {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    env: process.env,
    cwd,
    isTty: false,
    columns: 100,
    exit: (code) => {
      status = code;
    },
    ...world,
  };
  await (await buildProgram(io)).parseAsync(words, { from: "user" });
  return { stdout, stderr, status };
}
