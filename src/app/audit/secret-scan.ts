/** The scan of a project's files for secrets. */
import type { AuditFinding, CheckResult } from "../../abi/audit.js";
import { counted, failed, passed, warned } from "./check.js";
import { exceptionFor, exceptionsIn, notUsed, withoutReason, type Exception } from "./exceptions.js";
import { secretsIn } from "./secret-patterns.js";
import { textOf, trackedFiles } from "./tracked-files.js";
import type { AuditWorld } from "./world.js";

/** Paths that are excepted, for files that cannot hold a comment. */
export const ALLOWED_SECRETS = ".agentk-allow-secrets";

export async function scanForSecrets(world: AuditWorld): Promise<CheckResult> {
  const { files } = await trackedFiles(world);
  const exceptions = exceptionsIn(world.repo, ALLOWED_SECRETS);
  const used = new Set<Exception>();
  const found: AuditFinding[] = [];
  let large = 0;
  for (const file of files) {
    const hits = hitsIn(world, file);
    if (hits === "large") large++;
    if (hits === "large" || hits.length === 0) continue;
    const exception = exceptionFor(exceptions, file);
    if (exception !== undefined) used.add(exception);
    else found.push(...hits);
  }
  if (found.length > 0) return failed(`${counted(found.length, "secret")} in published files`, found);
  const bad = withoutReason(exceptions, ALLOWED_SECRETS);
  if (bad.length > 0) return failed("an exception must say why", bad);
  const stale = notUsed(exceptions, used, ALLOWED_SECRETS);
  if (stale.length > 0) return warned("exceptions that are not needed hide what comes later", stale);
  if (large > 0) return warned(`${counted(large, "file")} of over 2 MiB not looked into`);
  return passed(`${counted(files.length, "file")} looked through, ${counted(used.size, "exception")} used`);
}

function hitsIn(world: AuditWorld, file: string): readonly AuditFinding[] | "large" {
  const read = textOf(world.repo, file);
  if (read === "large") return read;
  if (read === undefined || read === "binary") return [];
  return secretsIn(file, read.text).map(({ line, what }) => ({ file, line, text: what }));
}
