/** What a project is built from, as its package manager says: the lock, and the bill of materials made from it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { readTextFile } from "../text-file.js";
import { MAX_MANIFEST_BYTES, type AuditWorld } from "./world.js";

const LOCKS = ["package-lock.json", "npm-shrinkwrap.json"];
/** Locks of package managers that make their own bills of materials. */
const OTHER_LOCKS: Readonly<Record<string, string>> = {
  "pnpm-lock.yaml": "pnpm",
  "yarn.lock": "yarn",
  "bun.lock": "bun",
};
const NPM_TIMEOUT_MS = 60_000;

/** Why there is nothing to look at: not a package of npm's, another manager's, or without a lock. */
export type NoLock =
  { readonly kind: "no-package" } | { readonly kind: "other"; readonly manager: string } | { readonly kind: "missing" };

export interface LockFile {
  readonly kind: "lock";
  readonly file: string;
  readonly manifest: JsonObject;
  readonly lock: JsonObject;
  /** By the path that each is installed at. */
  readonly packages: readonly LockedPackage[];
}

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly hasIntegrity: boolean;
}

export interface Component {
  /** `name@version`. */
  readonly id: string;
  /** SPDX ids or expressions, as the package says; empty when it says none. */
  readonly licences: readonly string[];
}

/** @throws Error when a file is there and is no JSON object */
export function lockOf(world: AuditWorld): LockFile | NoLock {
  if (!existsSync(join(world.repo, "package.json"))) return { kind: "no-package" };
  const file = LOCKS.find((name) => existsSync(join(world.repo, name)));
  if (file === undefined) {
    const [, manager] = Object.entries(OTHER_LOCKS).find(([name]) => existsSync(join(world.repo, name))) ?? [];
    return manager === undefined ? { kind: "missing" } : { kind: "other", manager };
  }
  const lock = readObject(world, file);
  return { kind: "lock", file, manifest: readObject(world, "package.json"), lock, packages: packagesOf(lock) };
}

function readObject(world: AuditWorld, file: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(join(world.repo, file), MAX_MANIFEST_BYTES));
  } catch {
    throw new Error(`\`${file}\` is no JSON`);
  }
  if (isJsonObject(value)) return value;
  throw new Error(`\`${file}\` is no JSON object`);
}

/** Without the project itself, and without links to its own folders. */
function packagesOf(lock: JsonObject): readonly LockedPackage[] {
  const { packages } = lock;
  if (!isJsonObject(packages)) return [];
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (!path.includes("node_modules/") || !isJsonObject(entry) || entry["link"] === true) return [];
    const own = typeof entry["name"] === "string" ? entry["name"] : path.slice(path.lastIndexOf("node_modules/") + 13);
    const { version, integrity, inBundle } = entry;
    return [{ name: own, version: word(version), hasIntegrity: typeof integrity === "string" || inBundle === true }];
  });
}

export interface Bill {
  /** The document as npm wrote it. */
  readonly text: string;
  readonly components: readonly Component[];
}

/** The bill of materials of the lock, made once an audit. @throws Error when npm cannot make it */
export function billOf(world: AuditWorld): Promise<Bill> {
  return world.once("bill of materials", async () => {
    const words = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
    const { code, stdout, problem } = await world.tool("npm", words, { timeoutMs: NPM_TIMEOUT_MS });
    if (problem !== undefined) throw new Error(`npm: ${problem}; install Node with npm`);
    if (code !== 0) throw new Error(`\`npm ${words.join(" ")}\` ended with status ${String(code)}: run it to see why`);
    const bill: unknown = JSON.parse(stdout);
    if (!isJsonObject(bill) || bill["bomFormat"] !== "CycloneDX") throw new Error("npm printed no CycloneDX document");
    const { components } = bill;
    return { text: stdout, components: Array.isArray(components) ? components.flatMap(componentOf) : [] };
  });
}

function componentOf(value: unknown): readonly Component[] {
  if (!isJsonObject(value)) return [];
  const { group, name, version, licenses } = value;
  const full = typeof group === "string" && group !== "" ? `${group}/${word(name)}` : word(name);
  const licences = Array.isArray(licenses) ? licenses.flatMap(licenceOf) : [];
  return [{ id: `${full}@${word(version)}`, licences }];
}

function word(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** CycloneDX 1.5, `licenseChoice`: an SPDX id, a name, or an expression. */
function licenceOf(choice: unknown): readonly string[] {
  if (!isJsonObject(choice)) return [];
  const { license, expression } = choice;
  if (typeof expression === "string") return [expression];
  if (!isJsonObject(license)) return [];
  const said = license["id"] ?? license["name"];
  return typeof said === "string" ? [said] : [];
}
