/** Names at which no log can be read: each command says so as an error of its own, in one line. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentkError } from "../../src/base/errors.js";
import { writeWitnessKey } from "../../src/evidence/cosignature.js";
import { nodeDigests } from "../../src/host/digests.js";
import { buildLog, fileOf, RUN_KEY } from "../evidence/fixture.js";
import { runCommand } from "./in-process.js";

let cwd = "";
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "agentk-names-"));
  writeFileSync(join(cwd, "run.jsonl"), fileOf(buildLog()));
  writeFileSync(join(cwd, "changes.json"), '{"format":"agentk-behavior/1","outputs":[]}');
  symlinkSync("loop.jsonl", join(cwd, "loop.jsonl"));
  execFileSync("mkfifo", [join(cwd, "pipe.jsonl")]);
});
afterAll(() => {
  rmSync(cwd, { recursive: true });
});

/** What the commands that read a log more than once are called with, LOG in its place. */
const AGAIN: readonly string[] = [
  "fork-replay LOG --policy strict",
  "fork-replay-behavior LOG --behavior changes.json",
  "proof inclusion LOG 1",
  "proof consistency LOG@1 LOG",
  "reveal LOG c2 /arguments",
  "trace-inspect LOG --why c2",
  "policy explain LOG#c2",
  "bundle LOG --out bundle.tar",
  "prune LOG --out end.jsonl --keep-lines 9",
  "witness-submit LOG --witness http://127.0.0.1:1 --witness-key W",
];
const ALL: readonly string[] = [
  "verify LOG",
  "verify --chain-only LOG",
  "verify-signatures LOG",
  "trace-inspect LOG",
  "import LOG",
  "replay LOG",
  "recover LOG",
  ...AGAIN,
];
const WITNESS = writeWitnessKey(nodeDigests, { name: "w", publicKey: RUN_KEY.publicHex });
const NAMES = ["loop.jsonl", "run.jsonl/x", `${"n".repeat(300)}.jsonl`];

async function errorOf(line: string, log: string): Promise<unknown> {
  const words = line.split(" ").map((word) => (word === "W" ? WITNESS : word.replace("LOG", log)));
  return runCommand(cwd, words, { env: {} }).catch((error: unknown) => error);
}

describe("a name that leads nowhere is a file that cannot be read", () => {
  test.each(ALL.flatMap((line) => NAMES.map((name) => [line, name] as const)))("%s: %s", async (line, name) => {
    const error = await errorOf(line, name);
    expect(error).toBeInstanceOf(AgentkError);
    expect(error).toMatchObject({ code: "file-unreadable" });
  });
});

describe("a pipe, which gives its lines once, is refused by what reads a log again, and not waited for", () => {
  test.each(AGAIN)("%s", async (line) => {
    const error = await errorOf(line, "pipe.jsonl");
    expect(error).toMatchObject({ code: "file-unreadable" });
    expect((error as Error).message).toContain("is not a file");
  });
});
