/** Which files a project would publish: what git tracks, or, without git, what lies in the folder. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
const QUIET_GIT = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

/**
 * git in the project. INVARIANT: it does not run what the project's own configuration names: we only look.
 * @throws Error when there is a repository that git does not look into: a check that needs it cannot see.
 */
export async function git(world: AuditWorld, ...args: readonly string[]): ReturnType<AuditWorld["tool"]> {
  const quiet = await world.once("filters of git", () => withoutFilters(world));
  const end = await world.tool("git", [...QUIET_GIT, ...args], { more: quiet });
  if ((end.code === null || end.code >= 128) && isInRepository(world.repo))
    throw new Error(`git cannot look into the repository: ${end.problem ?? end.stderr.trim()}`);
  return end;
}

/** `SCOPE NUL filter.NAME.KIND NUL`, as git prints it. */
const OWN_FILTER = /(?:^|\0)(?:local|worktree)\0(filter\.[^\0]+)\.(?:clean|process|smudge)(?=\0)/g;

/** Settings by which files pass the project's own filters as they are. In the environment: `-c` takes no name with `=`. */
async function withoutFilters(world: AuditWorld): Promise<NodeJS.ProcessEnv> {
  const listed = await world.tool("git", ["config", "--show-scope", "--name-only", "-z", "--get-regexp", "^filter"]);
  const filters = new Set([...listed.stdout.matchAll(OWN_FILTER)].map(([, filter = ""]) => filter));
  const settings = [...filters].flatMap((filter) => [
    ...["clean", "process", "smudge"].map((kind) => [`${filter}.${kind}`, ""] as const),
    [`${filter}.required`, "false"] as const,
  ]);
  const given = Number(world.env["GIT_CONFIG_COUNT"] ?? "0");
  const numbered = settings.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${String(given + i)}`, key] as const,
    [`GIT_CONFIG_VALUE_${String(given + i)}`, value] as const,
  ]);
  return { ...Object.fromEntries(numbered), GIT_CONFIG_COUNT: String(given + settings.length) };
}

function isInRepository(folder: string): boolean {
  return existsSync(join(folder, ".git")) || (dirname(folder) !== folder && isInRepository(dirname(folder)));
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
