/** `agentk proof` in process, on real files: what an auditor gets, and what a forger cannot make of it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { AgentkError } from "../../src/base/errors.js";
import type { Io } from "../../src/cli/io.js";
import { registerProof } from "../../src/cli/proof.js";
import type { ConsistencyBundle, InclusionBundle } from "../../src/evidence/proof-bundle.js";
import { AGENTK } from "../boundary/proxy-process.js";
import { checkpointedLog, noteOver, type CheckpointedOptions } from "../evidence/checkpointed.js";
import { fileOf, RUN, RUN_KEY, testKey } from "../evidence/fixture.js";

const root = mkdtempSync(join(tmpdir(), "agentk-proof-"));
let cwd = root;

beforeEach(() => {
  cwd = mkdtempSync(join(root, "run-"));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ran {
  readonly out: string;
  readonly errors: string;
  readonly status: number | undefined;
}

async function run(...args: readonly string[]): Promise<Ran> {
  let out = "";
  let errors = "";
  let status: number | undefined;
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: (text) => (errors += text),
    env: {},
    cwd,
    isTty: false,
    columns: 80,
    exit: (code) => (status = code),
  };
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  registerProof(program, io);
  await program.parseAsync(["proof", ...args], { from: "user" });
  return { out, errors, status };
}

const LOG: CheckpointedOptions = { lines: 30, at: [8, 16, 24] };
const LINES = checkpointedLog(LOG);

function write(lines: readonly string[], name = "run.jsonl"): string {
  writeFileSync(join(cwd, name), fileOf(lines));
  return name;
}

function writeJson(value: unknown, name = "bundle.json"): string {
  writeFileSync(join(cwd, name), JSON.stringify(value));
  return name;
}

async function bundleOf<T = InclusionBundle>(...args: readonly string[]): Promise<T> {
  return JSON.parse((await run(...args)).out) as T;
}

async function faultsOf(bundle: unknown, ...more: readonly string[]): Promise<unknown> {
  const { out } = await run("verify", writeJson(bundle), "--json", ...more);
  return (JSON.parse(out) as { faults: unknown }).faults;
}

describe("inclusion", () => {
  test("of every line that a checkpoint covers verifies with the bundle and a key alone", async () => {
    const log = write(LINES);
    for (const seq of [0, 1, 7, 8, 9, 15, 23]) {
      const bundle = await bundleOf("inclusion", log, String(seq));
      expect(bundle).toMatchObject({ format: "agentk-proof/1", line: LINES[seq], index: seq });
      expect(bundle.head.size).toBe(Math.floor(seq / 8) * 8 + 8);
      expect(await faultsOf(bundle, "--public-key", RUN_KEY.publicHex)).toEqual([]);
    }
  });

  test("is written once to a file of one's own", async () => {
    const log = write(LINES);
    expect(await run("inclusion", log, "3", "--out", "b.json")).toMatchObject({ status: 0, out: "wrote b.json\n" });
    await expect(run("inclusion", log, "3", "--out", "b.json")).rejects.toMatchObject({ code: "file-exists" });
    expect(await run("verify", "b.json")).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(join(cwd, "b.json"), "utf8"))).toMatchObject({ index: 3 });
  });

  test("leaves no half of itself where the disk is full", () => {
    const log = write(LINES);
    const command = `"${process.execPath}" "${AGENTK}" proof inclusion ${log} 3 --out b.json`;
    // A file may grow to 1 block of 512 or 1024 bytes.
    const { status } = spawnSync("sh", ["-c", `ulimit -f 1 && exec ${command}`], { cwd });
    expect(status).toBe(1);
    expect(readdirSync(cwd)).toEqual([log]);
  });

  test("of a line after the last checkpoint is unsigned: 2, and 0 only when that is accepted", async () => {
    const log = write(LINES);
    const refused = await run("inclusion", log, "26");
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.errors).toContain("no checkpoint signs this head");
    const bundle = JSON.parse(refused.out) as InclusionBundle;
    expect(bundle.head).toMatchObject({ size: 30, checkpoint: null });
    expect(await faultsOf(bundle)).toEqual(["unsigned"]);
    expect(await faultsOf(bundle, "--unsigned")).toEqual([]);
    expect(await run("inclusion", log, "26", "--unsigned")).toMatchObject({ status: 0, errors: "" });
  });

  test("can be asked for under a later head", async () => {
    const bundle = await bundleOf("inclusion", write(LINES), "3", "--size", "24");
    expect(bundle.head.size).toBe(24);
    expect(await faultsOf(bundle)).toEqual([]);
  });

  test.each([
    ["a line that is not there", ["30"]],
    ["a head that is too small", ["9", "--size", "9"]],
    ["a head beyond the log", ["9", "--size", "31"]],
  ])("of %s: an error", async (_what, args) => {
    await expect(run("inclusion", write(LINES), ...args)).rejects.toMatchObject({ code: "usage" });
  });

  test.each([
    [
      "a line before the checkpoint changed",
      LINES.with(5, (LINES[5] ?? "").replace("files/write_file", "files/read_file")),
    ],
    ["a line taken out", LINES.toSpliced(5, 1)],
    ["a checkpoint by another key", LINES.with(8, checkpointedLog({ ...LOG, key: testKey(9) })[8] ?? "")],
    [
      "a checkpoint of another run",
      LINES.with(
        8,
        (LINES[8] ?? "").replace(
          /"note":"[^"]*"/,
          `"note":${JSON.stringify(noteOver(LINES.slice(0, 8), RUN_KEY, "20261121T035413Z-ffffffffffff"))}`,
        ),
      ),
    ],
    ["no open line", LINES.slice(1)],
    ["nothing in it", []],
  ])("from a log with %s: 2, and no bundle", async (_what, lines) => {
    const { status, out, errors } = await run("inclusion", write(lines), "3", "--out", "b.json");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(errors).not.toBe("");
    expect(existsSync(join(cwd, "b.json"))).toBe(false);
  });
});

describe("verify", () => {
  test("reads no device, which may have no end", async () => {
    await expect(run("verify", "/dev/zero")).rejects.toMatchObject({ code: "file-unreadable" });
  });

  test("finds every change to a bundle", async () => {
    const bundle = await bundleOf("inclusion", write(LINES), "5");
    const other = testKey(9).publicHex;
    const later = noteOver(LINES.slice(0, 16));
    expect(await faultsOf({ ...bundle, line: LINES[6] })).toEqual(["proof-invalid"]);
    expect(await faultsOf({ ...bundle, index: 4 })).toEqual(["proof-invalid"]);
    expect(await faultsOf({ ...bundle, path: bundle.path.slice(1) })).toEqual(["proof-invalid"]);
    expect(await faultsOf({ ...bundle, head: { ...bundle.head, checkpoint: later } })).toEqual([
      "checkpoint-other-head",
    ]);
    expect(await faultsOf({ ...bundle, head: { ...bundle.head, checkpoint: "x" } })).toEqual(["checkpoint-invalid"]);
    expect(await faultsOf({ ...bundle, public_key: other })).toEqual(["checkpoint-invalid"]);
    expect(await faultsOf(bundle, "--public-key", other)).toEqual(["key-differs"]);
  });

  test("finds a checkpoint of the same size over other lines, and one of another run", async () => {
    const log = write(LINES);
    const bundle = await bundleOf("inclusion", log, "5");
    const forked = noteOver(checkpointedLog({ ...LOG, forkAt: 4 }).slice(0, 8));
    expect(await faultsOf({ ...bundle, head: { ...bundle.head, checkpoint: forked } })).toEqual([
      "checkpoint-other-head",
    ]);
    const growth = await bundleOf<ConsistencyBundle>("consistency", `${log}@8`, `${log}@16`);
    const foreign = noteOver(LINES.slice(0, 8), RUN_KEY, RUN.replace("0123", "3210"));
    expect(await faultsOf({ ...growth, old: { ...growth.old, checkpoint: foreign } })).toEqual(["other-run"]);
  });

  test("does not take a log written anew under another key for the operator's", async () => {
    const forged = await bundleOf("inclusion", write(checkpointedLog({ ...LOG, key: testKey(9) })), "5");
    expect(await run("verify", writeJson(forged), "--public-key", RUN_KEY.publicHex)).toMatchObject({ status: 2 });
    const { out, status } = await run("verify", writeJson(forged));
    expect(status).toBe(0);
    expect(out).toContain("the bundle's own key: whose it is, it cannot say");
  });

  test("trusts no key with which everybody can sign", async () => {
    const published = testKey(0x41);
    const forged = writeJson(await bundleOf("inclusion", write(checkpointedLog({ ...LOG, key: published })), "5"));
    for (const key of [published.publicHex, `01${"00".repeat(31)}`, "abc", ""])
      await expect(run("verify", forged, "--public-key", key)).rejects.toMatchObject({ code: "usage" });
  });

  test.each([
    ["no JSON", "no"],
    ["null", "null"],
    ["another format", '{"format":"agentk-proof/2"}'],
    ["a member twice", '{"kind":"inclusion","kind":"inclusion"}'],
  ])("refuses %s with an error", async (_what, text) => {
    writeFileSync(join(cwd, "bad.json"), text);
    await expect(run("verify", "bad.json")).rejects.toThrow(AgentkError);
  });

  test("refuses an unknown member, and a path of more hashes than a tree can have", async () => {
    const bundle = await bundleOf("inclusion", write(LINES), "5");
    const path = Array<string>(55).fill(bundle.head.root);
    for (const bad of [
      { ...bundle, more: 1 },
      { ...bundle, path },
      { ...bundle, index: -1 },
    ])
      await expect(run("verify", writeJson(bad))).rejects.toMatchObject({ code: "log-invalid" });
  });
});

describe("consistency", () => {
  test("between two heads of a file, and between an older copy and the log", async () => {
    const log = write(LINES);
    const copy = write(LINES.slice(0, 19), "copy.jsonl");
    for (const [old, now, sizes] of [
      [`${log}@8`, `${log}@24`, [8, 24]],
      [`${log}@16`, log, [16, 24]],
      [copy, log, [16, 24]],
      [log, log, [24, 24]],
    ] as const) {
      const bundle = await bundleOf<ConsistencyBundle>("consistency", old, now);
      expect([bundle.old.size, bundle.head.size]).toEqual(sizes);
      expect(await faultsOf(bundle, "--public-key", RUN_KEY.publicHex)).toEqual([]);
      expect(await faultsOf({ ...bundle, old: { ...bundle.old, root: "0".repeat(64) } })).toContain("proof-invalid");
    }
  });

  test("does not exist between histories that part, even when both are signed", async () => {
    const old = write(LINES, "old.jsonl");
    const forked = write(checkpointedLog({ ...LOG, forkAt: 12 }), "forked.jsonl");
    const { status, errors, out } = await run("consistency", `${old}@16`, forked);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(errors).toContain("one was rewritten");
    expect(await run("consistency", `${old}@8`, forked)).toMatchObject({ status: 0 });
  });

  test("does not exist with a log that was rolled back, or another run's", async () => {
    const log = write(LINES);
    const short = write(LINES.slice(0, 10), "short.jsonl");
    const other = write(checkpointedLog({ ...LOG, run: RUN.replace("0123", "3210") }), "other.jsonl");
    expect(await run("consistency", log, short)).toMatchObject({ status: 2, out: "" });
    expect(await run("consistency", log, other)).toMatchObject({ status: 2, out: "" });
  });

  test("to a head without a checkpoint is unsigned", async () => {
    const log = write(LINES);
    const { status, out } = await run("consistency", `${log}@8`, `${log}@20`);
    expect(status).toBe(2);
    expect(await faultsOf(JSON.parse(out))).toEqual(["unsigned"]);
  });
});
