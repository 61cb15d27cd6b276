/**
 * Every log that any test writes under the test root must replay to the same bytes: checked once, after all tests.
 * Folders named `tampered` hold logs that a test has damaged on purpose.
 */
import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayLog } from "../../src/app/replay/replay-log.js";

export default function setup(): () => Promise<void> {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "agentk-test-"));
  process.env["AGENTK_TEST_ROOT"] = root;
  process.env["AGENTK_DATA_DIR"] = join(root, "data");
  return async () => {
    const { replayed, failures } = await replayAll(root);
    process.stdout.write(
      `\nreplayed ${String(replayed)} logs that the tests wrote, ${String(failures.length)} diverged\n`,
    );
    rmSync(root, { recursive: true, force: true });
    if (failures.length > 0) throw new Error(`logs that do not replay:\n${failures.join("\n")}`);
  };
}

async function replayAll(root: string): Promise<{ replayed: number; failures: readonly string[] }> {
  const failures: string[] = [];
  let replayed = 0;
  for (const log of logsIn(root)) {
    const report = await replayLog(log, process.env);
    replayed++;
    if (!report.ok) failures.push(`${log}: ${JSON.stringify(report.divergence ?? report.broken ?? "empty")}`);
    else if (report.sealed > 0 && report.shallowBecause?.includes("no payload journal") !== true) {
      failures.push(
        `${log}: ${String(report.sealed)} values were not recomputed (${report.shallowBecause ?? "missing"})`,
      );
    }
  }
  return { replayed, failures };
}

function logsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "tampered" ? [] : logsIn(path);
    // A run that was killed before its first line leaves an empty file: there is nothing to replay.
    return entry.isFile() && entry.name.endsWith(".jsonl") && statSync(path).size > 0 ? [path] : [];
  });
}
