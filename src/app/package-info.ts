/** Where the installed package lies and which version it is: no command needs the source checkout. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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
