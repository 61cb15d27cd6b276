/** What a command may touch of the world: given by main.ts, and by tests in its place. */
import { paintWith, plainPaint, wantsColour, type Paint } from "../report/style.js";
import type { ReportLook } from "../report/verify-report.js";

/** 0: done, or the check passed. 1: the command could not do its job. 2: a check failed. */
export type ExitStatus = 0 | 1 | 2;

export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Is stdout a terminal? */
  readonly isTty: boolean;
  /** Is stderr a terminal? */
  readonly isErrTty?: boolean;
  /** Of the terminal; ignored when there is none. */
  readonly columns: number;
  /** Sets the exit status; the process ends when its output is written. */
  readonly exit: (status: ExitStatus) => void;
}

/** May a line of stderr be written over? A file gets no sequences for terminals, nor does a terminal that knows none. */
export function mayRedraw(io: Io): boolean {
  return io.isErrTty === true && io.env["TERM"] !== "dumb";
}

/** Where a report does not go to a terminal, prose is wrapped here. */
const PAGE_WIDTH = 100;

/** How reports look here. chalk is loaded only when colours are wanted. */
export async function lookFor(io: Io): Promise<ReportLook> {
  const width = io.isTty && io.columns > 0 ? io.columns : PAGE_WIDTH;
  return { paint: await paintFor(io), width };
}

async function paintFor(io: Io): Promise<Paint> {
  if (!wantsColour(io.env, io.isTty)) return plainPaint;
  const { Chalk } = await import("chalk");
  // The sixteen basic colours: what every terminal has. chalk's own detection is not asked.
  return paintWith(new Chalk({ level: 1 }));
}
