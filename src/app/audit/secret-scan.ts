/** The scan of a project's files for secrets, and the files that its owner has excepted by name and reason. */
import type { AuditFinding, CheckResult } from "../../abi/audit.js";
import { counted, failed, noneOf, warned } from "./check.js";
import { secretsIn } from "./secret-patterns.js";
import { textOf, trackedFiles } from "./tracked-files.js";
import type { AuditWorld } from "./world.js";

/** One exception a line: a path, or the beginning of paths and `*`; then why. For files that cannot hold a comment. */
export const ALLOW_FILE = ".agentk-allow-secrets";

interface Exception {
  readonly line: number;
  readonly path: string;
  readonly why: string;
}

export async function scanForSecrets(world: AuditWorld): Promise<CheckResult> {
  const { files } = await trackedFiles(world);
  const exceptions = exceptionsOf(world.repo);
  const used = new Set<Exception>();
  const found: AuditFinding[] = [];
  let large = 0;
  for (const file of files) {
    const read = textOf(world.repo, file);
    if (read === "large") large++;
    if (read === undefined || typeof read === "string") continue;
    const hits = secretsIn(file, read.text);
    const exception = hits.length === 0 ? undefined : exceptions.find(({ path }) => covers(path, file));
    if (exception !== undefined) used.add(exception);
    else found.push(...hits.map(({ line, what }) => ({ file, line, text: what })));
  }
  const bad = exceptions.filter(({ why }) => why === "").map((one) => complaint(one, "has no reason beside its path"));
  if (found.length + bad.length > 0)
    return failed(`${counted(found.length, "secret")} in published files`, [...found, ...bad]);
  const stale = exceptions.filter((one) => !used.has(one)).map((one) => complaint(one, "excepts nothing any more"));
  if (stale.length > 0) return warned("exceptions that are not needed hide what comes later", stale);
  if (large > 0) return warned(`${counted(large, "file")} of over 2 MiB not looked into`);
  return noneOf([], `${counted(files.length, "file")} looked through, ${counted(used.size, "exception")} used`, "");
}

function complaint({ line, path }: Exception, says: string): AuditFinding {
  return { file: ALLOW_FILE, line, text: `\`${path}\` ${says}` };
}

function covers(path: string, file: string): boolean {
  return path.endsWith("*") ? file.startsWith(path.slice(0, -1)) : path === file;
}

function exceptionsOf(repo: string): readonly Exception[] {
  const read = textOf(repo, ALLOW_FILE);
  if (read === undefined) return [];
  if (typeof read === "string") throw new Error(`\`${ALLOW_FILE}\` cannot be read as text`);
  return read.text.split("\n").flatMap((text, index) => {
    const [path = "", ...why] = text.trim().split(/\s+/);
    return path === "" || path.startsWith("#") ? [] : [{ line: index + 1, path, why: why.join(" ") }];
  });
}
