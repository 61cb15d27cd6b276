/** The world as this process has it: what commands print goes to its stdout, their status is the one it ends with. */
import type { Io } from "./io.js";

export function processIo(): Io {
  let isCut = false;
  /**
   * A reader that has seen enough (`agentk trace-inspect | head`) is no error to speak of; but a verdict that was not
   * reached yet is no pass. A report that a full disk has cut is none either, whatever the command found.
   */
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 1);
    if (isCut) return;
    isCut = true;
    process.stderr.write(`agentk: stdout cannot be written (${error.code ?? "unknown"})\n  what stands there is cut\n`);
    if (process.exitCode === undefined || process.exitCode === 0) process.exitCode = 1;
  };
  return {
    stdout: (text) => {
      // The proxy never comes here: its stdout is the client, whose end must be recorded before the process goes.
      if (process.stdout.listenerCount("error") === 0) process.stdout.on("error", onError);
      process.stdout.write(text);
    },
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    // Asked when it is needed: the folder may be gone, which not every command minds.
    get cwd() {
      return process.cwd();
    },
    isTty: process.stdout.isTTY,
    isErrTty: process.stderr.isTTY,
    columns: process.stdout.isTTY ? process.stdout.columns : process.stderr.columns,
    exit: (status) => {
      process.exitCode = isCut && status === 0 ? 1 : status;
    },
  };
}
