/** Which server a run stands before: a command that is started, or a remote one that is asked over HTTP. */
import { AgentkError } from "../../base/errors.js";
import { childEnvironment } from "../../host/child-environment.js";
import { startChild } from "../../host/child-process.js";
import type { ServerSource, UpstreamOptions } from "../http/upstream.js";

export interface ServerOptions {
  /** Unused when there is an upstream. */
  readonly command: string;
  readonly args: readonly string[];
  /** Names of the parent's variables that the child gets besides PATH. */
  readonly allowEnv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly maxLineBytes: number;
  /** How often a command that ends by itself is started again; default: never. A remote server is not. */
  readonly restarts?: number;
  readonly upstream?: UpstreamOptions;
}

/**
 * What asks over HTTP is loaded only where a server is asked so: it takes a tenth of a start.
 * @throws AgentkError `usage` or `unsafe-file`: nothing has begun.
 */
export async function serverSource(options: ServerOptions): Promise<ServerSource> {
  const { command, args, maxLineBytes, upstream, restarts = 0 } = options;
  if (upstream !== undefined) {
    const { openUpstream } = await import("../http/upstream.js");
    return openUpstream({ ...upstream, cwd: options.cwd, maxLineBytes });
  }
  const env = childEnvironment(options.env, options.allowEnv);
  if (!env.ok) throw new AgentkError("usage", env.error);
  return {
    command: [command, ...args],
    restarts,
    start: (handlers) => startChild({ command, args, env: env.value, maxLineBytes, ...handlers }),
  };
}
