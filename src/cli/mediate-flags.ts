/** What the commands share that decide without a server: mcp-proxy, mcp-stdio, mcp-lines and mcp-server. */
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import {
  MAX_CLIENT_MESSAGES,
  MAX_IN_FLIGHT,
  MAX_LINE_BYTES,
  MAX_NAME_CHARS,
  RESPONSE_TIMEOUT_MS,
} from "../base/limits.js";
import type { MediationOptions } from "../app/mediate/mediation.js";
import type { Io } from "./io.js";
import { payloadsOption } from "./values.js";

export interface MediateFlags {
  readonly policy: string;
  readonly serverId: string;
  readonly traceOut?: string;
  readonly payloads: "sealed" | "none";
}

export function addMediateFlags(command: Command): Command {
  return command
    .option("--policy <policy>", "a policy file, or the name of a shipped policy such as strict", "guard")
    .option("--server-id <id>", "what policies and the log call the server of the tools", serverName, "downstream-mcp")
    .option("--trace-out <file>", "the flight log: a new file, or a folder of runs when it ends in /")
    .addOption(payloadsOption());
}

/** The run's options. @throws AgentkError for a policy that cannot be read. */
export async function mediationOptions(flags: MediateFlags, surface: string, io: Io): Promise<MediationOptions> {
  const [{ readPolicy }, { policyFileOf }] = await Promise.all([
    import("../app/policy/file.js"),
    import("../app/package-info.js"),
  ]);
  return {
    policy: await readPolicy(resolve(io.cwd, policyFileOf(flags.policy))),
    serverId: flags.serverId,
    agentId: `agent://mcp/${surface}`,
    surface,
    responseTimeoutMs: RESPONSE_TIMEOUT_MS,
    maxClientMessages: MAX_CLIENT_MESSAGES,
    maxInFlight: MAX_IN_FLIGHT,
    maxLineBytes: MAX_LINE_BYTES,
    durableFrom: "medium",
    ...{ cwd: io.cwd, env: io.env, traceOut: flags.traceOut, payloads: flags.payloads },
  };
}

/** In a target, a slash ends the server's part. */
function serverName(value: string): string {
  const isName = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/.test(value) && value.length <= MAX_NAME_CHARS;
  if (!isName) throw new InvalidArgumentError("it must be letters, digits and . _ : @ - and at most 128 characters.");
  return value;
}
