/** Runs `mcp-lines` on this process: stdin, stdout with back-pressure, and signals. */
import { once } from "node:events";
import { visible } from "../../evidence/visible.js";
import type { LineReport } from "./mediate.js";
import { mediateLines } from "./mediate.js";
import { Mediation, type MediationOptions } from "./mediation.js";

/**
 * Serves until stdin ends or a signal comes. Gives the exit status.
 * @throws AgentkError when the run cannot begin.
 */
export async function runLines(
  options: MediationOptions,
  format: (report: LineReport) => string,
  say: (text: string) => void,
): Promise<0 | 1 | 2> {
  const mediation = new Mediation(options);
  for (const { what, path } of mediation.newKeys) say(`agentk: a key for ${what} was made at ${path}\n`);
  await mediation.open();
  const ended = new AbortController();
  let reason: "eof" | "sigint" | "sigterm" = "eof";
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      reason = signal === "SIGINT" ? "sigint" : "sigterm";
      ended.abort();
      process.stdin.destroy();
    });
  }
  // Nobody reads the reports any more: what follows would be decided for nobody.
  let lost: string | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    lost = error.code ?? "unknown";
    ended.abort();
    process.stdin.destroy();
  });
  const write = async (report: LineReport): Promise<void> => {
    if (!process.stdout.write(format(report)) && !ended.signal.aborted) {
      await once(process.stdout, "drain", { signal: ended.signal }).catch(() => undefined);
    }
  };
  const status = await mediateLines(mediation, { input: stdinUntil(ended.signal), write, signal: ended.signal });
  const { run, allowed, denied, log, fault } = await mediation.close(reason);
  say(
    `agentk: run ${run} ended (${reason}): ${String(allowed)} allowed, ${String(denied)} denied; log ${visible(log)}\n`,
  );
  if (fault !== undefined) say(`agentk: recording failed, and everything after it was denied: ${fault.message}\n`);
  await written(ended.signal);
  // INVARIANT: what was not decided, or not told, is no pass.
  if (lost !== undefined) say(`agentk: the reports cannot be written (${lost}): no request after that was decided\n`);
  return fault === undefined && lost === undefined ? status : 1;
}

/** Until the last report is written, or cannot be. */
async function written(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
    process.stdout.write("", () => {
      resolve();
    });
  });
}

/** stdin as chunks; an end by our own hand is an end. */
async function* stdinUntil(signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of process.stdin) yield chunk as Buffer;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
