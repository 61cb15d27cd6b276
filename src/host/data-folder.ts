/** Where agentk keeps what belongs to the operator and to no run. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/**
 * `$AGENTK_DATA_DIR`, else `$XDG_DATA_HOME/agentk`, else the platform's own place. Empty counts as unset; so does a
 * relative XDG_DATA_HOME (XDG Base Directory Specification, "All paths must be absolute").
 */
export function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const own = env["AGENTK_DATA_DIR"] ?? "";
  if (own !== "") return resolve(own);
  const xdg = env["XDG_DATA_HOME"] ?? "";
  if (isAbsolute(xdg)) return join(xdg, "agentk");
  const named = env["HOME"] ?? "";
  const home = named === "" ? homedir() : named;
  return platform === "darwin"
    ? join(home, "Library", "Application Support", "agentk")
    : join(home, ".local", "share", "agentk");
}

/** What helps where the data folder cannot be made, as for a user without a home. */
export const DATA_FOLDER_HINT = "name a folder that you can write in AGENTK_DATA_DIR";
