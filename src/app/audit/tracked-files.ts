/** Which files a project would publish: what git tracks, or, without git, what lies in the folder. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditWorld } from "./world.js";

export interface Tracked {
  /** Relative, with forward slashes, in order. */
  readonly files: readonly string[];
  /** Is there a git repository to ask? */
  readonly isGit: boolean;
}

/** Most files that are looked at. A project with more than these must say with --repo which part it means. */
const MAX_FILES = 50_000;
/** Largest file whose text is looked at, in bytes. */
export const MAX_TEXT_BYTES = 2 * 1024 * 1024;
/** What nobody publishes, in a folder without git. */
const NOT_WALKED: ReadonlySet<string> = new Set([".git", "node_modules", "dist", "target", ".venv"]);
/** git must not run what a project's own configuration names: we only look. */
const QUIET_GIT = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

export async function git(world: AuditWorld, ...args: readonly string[]): ReturnType<AuditWorld["tool"]> {
  return world.tool("git", [...QUIET_GIT, ...args]);
}

export function trackedFiles(world: AuditWorld): Promise<Tracked> {
  return world.once("tracked files", async () => {
    const { code, stdout } = await git(world, "ls-files", "-z", "--cached");
    const isGit = code === 0;
    const files = isGit ? stdout.split("\0").filter((file) => file !== "") : walk(world.repo, "");
    if (files.length > MAX_FILES) throw new Error(`there are more than ${String(MAX_FILES)} files`);
    return { files: [...new Set(files)].sort(), isGit };
  });
}

function walk(root: string, below: string): readonly string[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_WALKED.has(entry.name)) return [];
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}

/** The text of a file; `large` or `binary` when it is none to look at; undefined when there is no such file. */
export function textOf(root: string, file: string): { readonly text: string } | "large" | "binary" | undefined {
  const path = join(root, file);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  // A link shows what lies elsewhere: what it points to is another file's matter.
  if (stats?.isFile() !== true) return undefined;
  if (stats.size > MAX_TEXT_BYTES) return "large";
  const bytes = readFileSync(path);
  return bytes.includes(0) ? "binary" : { text: bytes.toString("utf8") };
}
