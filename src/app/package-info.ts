/** Where the installed package lies and which version it is: no command needs the source checkout. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AgentkError } from "../base/errors.js";

const ROOT = new URL("../../", import.meta.url);

/** The version in package.json. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { readonly version: string };
  return manifest.version;
}

/** Path of a file that ships with the package, such as `policies/guard.toml`. */
export function shippedFile(relative: string): string {
  return fileURLToPath(new URL(relative, ROOT));
}

const POLICY_SUFFIX = ".toml";
const CASES_SUFFIX = ".cases.toml";

/** The policies that ship with the package, by name, in order. */
export function shippedPolicies(): readonly string[] {
  return readdirSync(shippedFile("policies"))
    .filter((file) => file.endsWith(POLICY_SUFFIX) && !file.endsWith(CASES_SUFFIX))
    .map((file) => file.slice(0, -POLICY_SUFFIX.length))
    .sort();
}

/**
 * The file that `--policy` means: a path, or, without a slash and `.toml`, the name of a shipped policy. A name is only
 * a name: a file of the working folder that is called so never stands in for it.
 * @throws AgentkError `usage` for a name that no shipped policy has.
 */
export function policyFileOf(given: string): string {
  if (/[/\\]/.test(given) || given.endsWith(POLICY_SUFFIX)) return given;
  const names = shippedPolicies();
  if (names.includes(given)) return shippedFile(`policies/${given}${POLICY_SUFFIX}`);
  throw new AgentkError("usage", `no policy is called \`${given}\``, {
    hint: `the names are ${names.join(", ")}; a file is written with a slash or \`.toml\`, as in \`./${given}\``,
  });
}
