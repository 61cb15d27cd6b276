/** Runs the gateway on this process: its stdin, stdout and signals, and a word on stderr when it is over. */
import { createClientStream } from "../run/client-stream.js";
import { runServers, type GatewayConfig } from "./config.js";
import { Gateway } from "./gateway.js";
import { readPolicy } from "../policy/file.js";
import { pinsOfServers } from "../run/pins.js";
import { heedSignals, statusOf, summaryOf } from "../run/process.js";

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
  { gateway: config, policyFile, servers, lock }: GatewayConfig,
  world: GatewayWorld,
  say: (text: string) => void,
): Promise<0 | 1> {
  const pins = await pinsOfServers(runServers(servers, world), lock);
  const gateway = new Gateway(
    {
      ...world,
      policy: await readPolicy(policyFile),
      pins,
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
    const lost = end.lost.map((server) => `the server ${server} ended by itself, or was given up`);
    say(summaryOf(end, lost));
    return statusOf(end);
  });
  heedSignals(gateway, status, say);
  return status;
}
