/** A world for commands that run in this process, which keeps what they print and the status that they set. */
import type { Io } from "../../src/cli/io.js";

export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when the command set none. */
  readonly status: number | undefined;
}

/** `ran` is filled in as the command goes on. */
export function capture(cwd: string, world: Partial<Io> = {}): { readonly io: Io; readonly ran: CommandRun } {
  const ran = { stdout: "", stderr: "", status: undefined as number | undefined };
  const io: Io = {
    stdout: (text) => void (ran.stdout += text),
    stderr: (text) => void (ran.stderr += text),
    env: process.env,
    cwd,
    isTty: false,
    columns: 100,
    exit: (status) => void (ran.status = status),
    ...world,
  };
  return { io, ran };
}
