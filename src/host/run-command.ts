/** One command run to its end: bounded in time and in output, with all of its process group gone afterwards. */
import { spawn } from "node:child_process";

export interface CommandRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  /** Milliseconds until it is killed. */
  readonly timeoutMs: number;
}

export interface CommandEnd {
  /** Null when it was killed or could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no exit status. */
  readonly problem?: string;
}

/** Most that is kept of either stream, in bytes; what comes after is read and dropped. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** Never rejects: a command that cannot be started has a problem in place of an exit status. */
export function runCommand(run: CommandRun): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = spawn(run.command, run.args, { cwd: run.cwd, env: run.env, detached: true });
    const stdout = new Kept();
    const stderr = new Kept();
    let problem: string | undefined;
    const kill = (): void => {
      problem = `it was still running after ${String(run.timeoutMs / 1000)} s`;
      killGroup(child.pid);
    };
    const timer = setTimeout(kill, run.timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      stdout.add(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr.add(chunk);
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(run.input ?? "");
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ code: null, stdout: "", stderr: "", problem: `it cannot be started (${error.code ?? "unknown"})` });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      const end = { code, stdout: stdout.text(), stderr: stderr.text() };
      const why = problem ?? (signal === null ? undefined : `it was ended by ${signal}`);
      resolve(why === undefined ? end : { ...end, problem: why });
    });
  });
}

class Kept {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  add(chunk: Buffer): void {
    if (this.bytes >= MAX_KEPT_BYTES) return;
    this.bytes += chunk.length;
    this.chunks.push(chunk);
  }

  text(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
