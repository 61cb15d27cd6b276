/** Runs `mcp-server` on this process: its stdin, stdout and signals, and a word on stderr when it is over. */
import type { CloseReason } from "../../abi/event.js";
import { CHILD_GRACE_MS } from "../../base/limits.js";
import { visible } from "../../evidence/visible.js";
import { createClientStream } from "../run/client-stream.js";
import { KernelServer } from "./kernel-server.js";
import { Mediation, type MediationOptions } from "./mediation.js";

/**
 * Serves until the client or a signal ends it. Gives the exit status: 1 when recording failed, else 0.
 * @throws AgentkError when the run cannot begin.
 */
export async function runKernelServer(options: MediationOptions, say: (text: string) => void): Promise<0 | 1> {
  const mediation = new Mediation(options);
  for (const { what, path } of mediation.newKeys) say(`agentk: a key for ${what} was made at ${path}\n`);
  await mediation.open();
  const client = createClientStream(process.stdin, process.stdout, options.maxLineBytes);
  const server = new KernelServer(mediation, { ...client, maxClientMessages: options.maxClientMessages });
  const reason = await new Promise<CloseReason>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        resolve(signal === "SIGINT" ? "sigint" : "sigterm");
      });
    }
    const onEnd = (): void => {
      resolve("eof");
    };
    client.start({
      onLine: (bytes) => {
        server.fromClient(bytes);
      },
      onOversize: () => {
        server.clientOversize();
      },
      onEnd,
      onDrain: () => undefined,
      onLost: onEnd,
    });
  });
  client.stop();
  await server.idle();
  const { run, allowed, denied, log, fault } = await mediation.close(reason, server.strays);
  say(
    `agentk: run ${run} ended (${reason}): ${String(allowed)} allowed, ${String(denied)} denied; log ${visible(log)}\n`,
  );
  if (fault !== undefined) say(`agentk: recording failed, and everything after it was denied: ${fault.message}\n`);
  // After a signal the client may keep its side open; the process does not wait for it.
  if (reason !== "eof") setTimeout(() => process.exit(), CHILD_GRACE_MS).unref();
  return fault === undefined ? 0 : 1;
}
