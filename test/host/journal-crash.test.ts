/** kill -9 while 256 appends wait for the disk: what was acknowledged is in the log, whole and in order. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Each kill is another moment. */
const KILLS = Number(process.env["AGENTK_TEST_KILLS"] ?? 8);
const IN_FLIGHT = 256;
const APPENDER = fileURLToPath(new URL("../fixtures/append-forever.mjs", import.meta.url));

interface Killed {
  /** Numbers of the lines that were acknowledged. */
  readonly acknowledged: readonly number[];
  /** Numbers of the whole lines in the log, as they stand there. */
  readonly written: readonly number[];
}

/** Kills an appender once it has acknowledged so many lines. */
async function killAfter(lines: number): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), "agentk-kill-"));
  const log = join(folder, "run.jsonl");
  const child = spawn(process.execPath, [APPENDER, log, String(IN_FLIGHT)], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let isKilled = false;
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (isKilled || said.split("\n").length <= lines) return;
    isKilled = child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  const written = readFileSync(log, "utf8").split("\n").slice(0, -1);
  rmSync(folder, { recursive: true });
  return {
    acknowledged: said.split("\n").slice(0, -1).map(Number),
    written: written.map((line) => (JSON.parse(line) as { line: number }).line),
  };
}

test(
  `of ${String(KILLS)} kills with ${String(IN_FLIGHT)} appends in flight, none loses a line that was acknowledged`,
  { timeout: 600_000 },
  async () => {
    let acknowledged = 0;
    let unacknowledged = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const killed = await killAfter(1 + Math.floor(Math.random() * 20_000));
      // In order and without a gap, so a line is in the log exactly when its number is below their count.
      expect(killed.written).toEqual(killed.written.map((_, index) => index));
      expect(Math.max(...killed.acknowledged.slice(-IN_FLIGHT))).toBeLessThan(killed.written.length);
      expect(killed.acknowledged.filter((number) => number >= killed.written.length)).toEqual([]);
      acknowledged += killed.acknowledged.length;
      unacknowledged += killed.written.length - killed.acknowledged.length;
    }
    // The kills came while appends waited: otherwise nothing was put to the test.
    expect(unacknowledged).toBeGreaterThan(0);
    if (process.env["AGENTK_TEST_KILLS"] !== undefined)
      console.log(
        `${String(KILLS)} kills: 0 of ${String(acknowledged)} acknowledged lines lost, ${String(unacknowledged)} more written`,
      );
  },
);
