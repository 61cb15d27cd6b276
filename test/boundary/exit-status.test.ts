/** What scripts rely on: exit statuses, with and without --json, and memory that does not grow with the log. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { FlightEvent, FlightLine } from "../../src/abi/event.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import type { Finding } from "../../src/evidence/findings.js";
import { nodeDigests } from "../../src/host/digests.js";
import { callEvent, openEvent, policyEvent } from "../evidence/fixture.js";
import { POLICY, recordToForge, type ForgedRun } from "./forged-run.js";
import { agentk, type CommandEnd } from "./watch.js";

let run: ForgedRun;

beforeAll(async () => {
  run = await recordToForge();
});

describe("the exit status is the same with and without --json", () => {
  const both = (words: () => readonly string[]): Promise<readonly CommandEnd[]> =>
    Promise.all([agentk(run.folder, words()), agentk(run.folder, [...words(), "--json"])]);

  /** A run that was killed: the same lines without the last. */
  const unclosed = (): string => run.write(run.lines.slice(0, -1));
  const broken = (): string => run.write(run.lines.toSpliced(3, 1));
  const missing = (): string => join(run.folder, "nothing.jsonl");
  let policies = 0;
  const policyFile = (text: string): string => {
    const path = join(run.folder, `${String(policies++)}.toml`);
    writeFileSync(path, text);
    return path;
  };

  test.each([
    ["verify", 0, () => run.log],
    ["verify", 2, broken],
    ["verify", 1, missing],
    ["verify", 1, () => run.folder],
    ["replay", 0, () => run.log],
    ["replay", 2, () => run.write(run.rechained((line) => ({ ...line, value: swapped(line) }) as FlightEvent))],
    ["replay", 1, missing],
    ["trace-inspect", 0, () => run.log],
    ["trace-inspect", 2, broken],
    ["trace-inspect", 1, missing],
    ["policy-check", 0, () => policyFile(POLICY)],
    ["policy-check", 2, () => policyFile("[[rules]]\nid = 7\n")],
    ["policy-check", 1, missing],
    ["recover", 0, unclosed],
    ["recover", 1, () => run.write(run.lines)],
    ["recover", 1, broken],
    ["recover", 1, missing],
  ] as const)("%s: %i", async (command, status, file) => {
    const [text, json] = await both(() => [command, file()]);
    expect([text?.code, json?.code]).toEqual([status, status]);
    // JSON is one document, whatever came of it; a failure to do the job says so on stderr as well.
    expect(typeof JSON.parse(json?.stdout ?? "")).toBe("object");
    expect([text?.stderr === "", json?.stderr === ""]).toEqual([status !== 1, status !== 1]);
  });

  /** Every call counted as risky: no kernel would have written it. */
  function swapped(line: FlightLine): unknown {
    return line.type === "syscall" ? { ...line.value, risk: "high" } : line.value;
  }
});

describe("a log of any size", () => {
  const MIB = 1024 * 1024;

  /** Writes a chain of denied calls of this many bytes. Its end is missing, which is all that is wrong with it. */
  function writeLog(path: string, bytes: number): void {
    const fd = openSync(path, "w");
    let prev = GENESIS;
    const labels = Array.from({ length: 200 }, (_, i) => `tag:${String(i).padStart(40, "x")}`);
    for (let seq = 0, written = 0; written < bytes; seq++) {
      const sealed = encodeLine(nodeDigests, eventAt(seq, labels), { seq, prev, time: { mono_us: seq, wall_ms: 0 } });
      written += writeSync(fd, `${sealed.text}\n`);
      prev = sealed.hash;
    }
    closeSync(fd);
  }

  function eventAt(seq: number, labels: readonly string[]): FlightEvent {
    if (seq === 0) return openEvent();
    if (seq === 1) return policyEvent();
    const { type, value } = callEvent(seq, "deny");
    return { type, value: { ...value, labels } };
  }

  /** Most memory that `agentk verify` held at once, in bytes. */
  async function peakOf(path: string): Promise<number> {
    const tell = "process.on('exit',()=>process.stderr.write('peak='+process.resourceUsage().maxRSS))";
    const { code, stdout, stderr } = await agentk(run.folder, ["verify", "--json", path], {
      NODE_OPTIONS: `--import=data:text/javascript,${tell}`,
    });
    const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
    expect({ code, found: findings.map((finding) => finding.code) }).toEqual({ code: 2, found: ["unsealed"] });
    return Number(/peak=(\d+)/.exec(stderr)?.[1]) * 1024;
  }

  test("verify holds no more of 100 MB than of 5 MB, within 60 MB", async () => {
    const [small, large] = [join(run.folder, "small.jsonl"), join(run.folder, "large.jsonl")];
    writeLog(small, 5 * MIB);
    writeLog(large, 100 * MIB);
    const [before, after] = [await peakOf(small), await peakOf(large)];
    expect(after - before).toBeLessThan(60 * MIB);
  });
});
