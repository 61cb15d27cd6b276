// Packages of a folder that has a package.json and a lock of its own, so that nobody who does not use it fetches them.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs what the lock in `folder` names, unless npm has done that since the lock was written. Throws Error when npm
 * fails.
 * What a package says of the Node that it needs is not asked: who calls knows on which Node they run it.
 */
export function installOwnPackages(folder) {
  const writtenAt = (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // npm writes its own copy of the lock when all is there.
  if (writtenAt("node_modules/.package-lock.json") > writtenAt("package-lock.json")) return;
  const { status } = spawnSync("npm", ["ci", "--engine-strict=false", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error(`\`npm ci\` in ${folder} ended with exit status ${String(status)}`);
}
