/** Runs a command that prints a secret, and looks only at whether it printed something. */
import { spawn } from "node:child_process";
import { SECRET_COMMAND_MS } from "../base/limits.js";

/**
 * Did it end with status 0, in time, with a byte on stdout? No shell is between. INVARIANT: of what it prints nothing is
 * kept, and what it says on stderr goes nowhere, for it may name the secret. Never rejects.
 */
export function printsSomething(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...env },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: SECRET_COMMAND_MS,
      killSignal: "SIGKILL",
    });
    let hasPrinted = false;
    child.stdout.on("data", (chunk: Buffer) => {
      hasPrinted ||= chunk.some((byte) => byte > 0x20);
      chunk.fill(0);
    });
    child.on("error", () => {
      resolve(false);
    });
    child.on("exit", (code) => {
      // What it has left behind may keep its stdout open; it is not waited for.
      setImmediate(() => {
        resolve(code === 0 && hasPrinted);
        child.stdout.destroy();
      });
    });
  });
}
