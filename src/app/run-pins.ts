/** The pins of a run before one server, from the lock that the operator names or has in the working folder. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { DEFAULT_LOCK } from "../abi/descriptors.js";
import type { UpstreamOptions } from "./http-upstream.js";
import type { RunPins, RunServer } from "./pins-lock.js";

/**
 * Undefined without a lock for this server. A remote server is known by its URL.
 * @throws AgentkError when the lock cannot be read, or the server is another one than it says.
 */
export async function pinsOfRun(
  { upstream, ...server }: RunServer & { readonly upstream?: UpstreamOptions },
  lockFile: string | undefined,
): Promise<RunPins | undefined> {
  const file = resolve(server.cwd, lockFile ?? DEFAULT_LOCK);
  if (lockFile === undefined && !existsSync(file)) return undefined;
  // The lock's reader is loaded where there is a lock: it takes longer than starting does.
  const { pinsFor } = await import("./pins-lock.js");
  const known = upstream === undefined ? server : { ...server, command: upstream.url, args: [] };
  return pinsFor(known, file, lockFile !== undefined);
}
