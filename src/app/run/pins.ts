/** The pins of a run before its servers, from the lock that the operator names or has where the run is set up. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { DEFAULT_LOCK } from "../../abi/descriptors.js";
import type { UpstreamOptions } from "../http/upstream.js";
import type { LockChoice, RunPins, RunServer } from "../pins/lock-file.js";

/**
 * Undefined without a lock for this server. A remote server is known by its URL.
 * @throws AgentkError when the lock cannot be read, or the server is another one than it says.
 */
export function pinsOfRun(
  { upstream, ...server }: RunServer & { readonly upstream?: UpstreamOptions },
  lockFile: string | undefined,
): Promise<RunPins | undefined> {
  const file = resolve(server.cwd, lockFile ?? DEFAULT_LOCK);
  const known = upstream === undefined ? server : { ...server, command: upstream.url, args: [] };
  return pinsOfServers([known], { file, isNamed: lockFile !== undefined });
}

/**
 * Undefined without a lock for any of these servers.
 * @throws AgentkError when the lock cannot be read, lacks one of them, or one is another than it says.
 */
export async function pinsOfServers(servers: readonly RunServer[], lock: LockChoice): Promise<RunPins | undefined> {
  if (!lock.isNamed && !existsSync(lock.file)) return undefined;
  // The lock's reader is loaded where there is a lock: it takes longer than starting does.
  const { pinsFor } = await import("../pins/lock-file.js");
  return pinsFor(servers, lock);
}
