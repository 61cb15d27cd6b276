/** What of our environment a child gets: `PATH` and what the operator named, nothing else. */
import { err, ok, type Result } from "../base/result.js";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The environment for a child. Credentials lie in environments, so a name that was not asked for is not passed,
 * and a name that was asked for and is not there is an error, one line that names it.
 */
export function childEnvironment(
  parent: NodeJS.ProcessEnv,
  allowed: readonly string[],
): Result<Record<string, string>, string> {
  const found = new Map<string, string>();
  const path = parent["PATH"];
  if (path !== undefined) found.set("PATH", path);
  for (const name of allowed) {
    if (!NAME.test(name)) return err(`\`${name}\` is not the name of an environment variable`);
    const value = Object.hasOwn(parent, name) ? parent[name] : undefined;
    if (value === undefined) return err(`the environment variable \`${name}\` is not set`);
    found.set(name, value);
  }
  // fromEntries defines members, so that a variable called `__proto__` is a variable.
  return ok(Object.fromEntries(found));
}
