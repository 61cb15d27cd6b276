/** Who a server is, as far as this machine can tell before it is started: its command line, its package, its bytes. */
import { createHash } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { isJsonObject } from "../../base/json.js";
import type { ServerIdentity } from "../../policy/lock.js";

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Programs that run a script: the script is who the server is. */
const INTERPRETERS: ReadonlySet<string> = new Set(["node", "bun", "deno", "python", "python3", "ruby", "sh", "bash"]);
/** Programs that fetch what they run: before they have, there is no file to look at. */
const FETCHERS: ReadonlySet<string> = new Set(["npx", "bunx", "pnpx", "uvx", "pipx"]);
/** A package.json is looked for so many folders up. */
const MAX_UP = 12;
const CHUNK = 1024 * 1024;

/** The identity of a command. What cannot be told is left out: a lock then says nothing of it. */
export function identityOf({ command, args, cwd, env }: ServerCommand): ServerIdentity {
  const words = { command: [command, ...args] };
  const program = basename(command).replace(/\.(?:exe|cmd)$/i, "");
  if (FETCHERS.has(program)) return words;
  const script = INTERPRETERS.has(program) ? args.find((word) => !word.startsWith("-")) : undefined;
  const file = script === undefined ? found(command, cwd, env) : resolved(resolve(cwd, script));
  if (file === undefined) return words;
  const named = packageOf(file);
  return { ...words, ...(named === undefined ? {} : { package: named }), binarySha256: sha256Of(file) };
}

/** What differs, in words, the command first. What the lock does not say is not compared. */
export function identityDifferences(locked: ServerIdentity, now: ServerIdentity): readonly string[] {
  const differences: string[] = [];
  const commands = [locked, now].map(({ command }) => JSON.stringify(command));
  if (commands[0] !== commands[1]) differences.push(`its command is ${commands[1] ?? ""}, not ${commands[0] ?? ""}`);
  if (locked.package !== undefined && locked.package !== now.package)
    differences.push(`its package is ${now.package ?? "none"}, not ${locked.package}`);
  if (locked.binarySha256 !== undefined && locked.binarySha256 !== now.binarySha256)
    differences.push(`its file has the SHA-256 ${now.binarySha256 ?? "of none"}, not ${locked.binarySha256}`);
  return differences;
}

/** A program by its path or, as the system finds it, by PATH. */
function found(command: string, cwd: string, env: ServerCommand["env"]): string | undefined {
  if (/[/\\]/.test(command)) return resolved(resolve(cwd, command));
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const path = folders.map((folder) => join(folder, command)).find(isProgram);
  return path === undefined ? undefined : resolved(path);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Links followed: what they point to is what runs. */
function resolved(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

/** `name@version` of the package.json nearest above, where it has both. */
function packageOf(file: string): string | undefined {
  let folder = dirname(file);
  for (let up = 0; up < MAX_UP && folder !== dirname(folder); up++, folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const named = nameIn(manifest);
    if (named !== undefined) return named;
  }
  return undefined;
}

function nameIn(manifest: string): string | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    if (!isJsonObject(read)) return undefined;
    const { name, version } = read;
    if (typeof name !== "string" || typeof version !== "string") return undefined;
    const named = `${name}@${version}`;
    return name !== "" && version !== "" && named.length <= 256 ? named : undefined;
  } catch {
    return undefined;
  }
}

/** Chunk by chunk: an executable may have hundreds of megabytes. */
function sha256Of(file: string): string {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(CHUNK);
  const fd = openSync(file, "r");
  try {
    for (let bytes = readSync(fd, chunk); bytes > 0; bytes = readSync(fd, chunk)) hash.update(chunk.subarray(0, bytes));
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}
