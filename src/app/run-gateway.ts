/** Runs the gateway on this process: its stdin, stdout and signals, and a word on stderr when it is over. */
import { CHILD_GRACE_MS } from "../base/limits.js";
import { createClientStream } from "./client-stream.js";
import type { GatewayConfig } from "./gateway-config.js";
import { Gateway, type GatewayEnd } from "./gateway.js";
import { readPolicy } from "./policy-file.js";

export interface GatewayWorld {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly traceOut: string | undefined;
}

/**
 * Serves until the end and gives the exit status: 0 when the client or a signal ended it, otherwise 1.
 * @throws AgentkError when it cannot begin; then no server was started.
 */
export async function runGateway(
  { gateway: config, policyFile, servers }: GatewayConfig,
  world: GatewayWorld,
  say: (text: string) => void,
): Promise<0 | 1> {
  const gateway = new Gateway(
    {
      ...world,
      policy: await readPolicy(policyFile),
      gatewayId: config.id,
      agentId: config.agent_id,
      responseTimeoutMs: config.response_timeout_ms,
      maxClientMessages: config.max_client_messages,
      maxInFlight: config.max_in_flight,
      maxLineBytes: config.max_line_bytes,
      payloads: config.payloads,
      durableFrom: config.durable,
      restarts: config.restarts,
      servers,
    },
    createClientStream(process.stdin, process.stdout, config.max_line_bytes),
  );
  for (const { what, path } of gateway.newKeys) say(`agentk: a key for ${what} was made at ${path}\n`);
  const status = gateway.serve().then((end) => {
    say(summaryOf(end));
    return end.fault === undefined && ["eof", "sigint", "sigterm"].includes(end.reason) ? 0 : 1;
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      gateway.stop(signal === "SIGINT" ? "sigint" : "sigterm");
      void status.then(leave, () => undefined);
    });
  }
  // The one signal that ends nothing: the operator has put the next key in place of the last one.
  process.on("SIGHUP", () => {
    void gateway.rekey().then(say);
  });
  return status;
}

/** The process ends when its output is read; after a signal it does not wait long for a client that reads nothing. */
function leave(status: 0 | 1): void {
  setTimeout(() => process.exit(status), CHILD_GRACE_MS).unref();
}

function summaryOf({ run, allowed, denied, log, reason, lost, fault }: GatewayEnd): string {
  const lines = [
    `agentk: run ${run} ended (${reason}): ${String(allowed)} allowed, ${String(denied)} denied; log ${log}`,
    ...lost.map((server) => `agentk: the server ${server} ended by itself, or was given up`),
  ];
  if (fault !== undefined) lines.push(`agentk: recording failed, and everything after it was denied: ${fault.message}`);
  return `${lines.join("\n")}\n`;
}
