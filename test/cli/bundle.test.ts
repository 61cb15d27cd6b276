/** `agentk bundle`: what an auditor unpacks with `tar` and checks with `python3`, and nothing that is secret. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { proofsOf, readVerifier, surveyLog, writeBundleFile } from "../../src/app/log/bundle.js";
import { recordToForge, type ForgedRun } from "../boundary/forged-run.js";
import { testFolder } from "../boundary/proxy-process.js";
import { readRun } from "../boundary/recorded.js";
import { agentk, asked, type CommandEnd } from "../boundary/watch.js";
import { buildLog, fileOf, testKey } from "../evidence/fixture.js";

let forged: ForgedRun;
let folder = "";
let key = "";

/** Every file of a bundle, its proofs last. */
const FILES = ["README.txt", "checkpoints.txt", "key.txt", "log.jsonl", "report.json", "verify.py"];
const PROOFS = ["first-line.json", "growth.json", "last-line.json"];

beforeAll(async () => {
  forged = await recordToForge();
  ({ folder } = forged);
  key = (JSON.parse(forged.lines[0] ?? "") as { value: { public_key: string } }).value.public_key;
});

let made = 0;

interface Bundled extends CommandEnd {
  readonly tar: string;
  /** Where it was unpacked; empty when there is none. */
  readonly unpacked: string;
}

async function bundled(log: string, ...flags: readonly string[]): Promise<Bundled> {
  const unpacked = join(folder, `out-${String(made++)}`);
  const tar = `${unpacked}.tar`;
  mkdirSync(unpacked);
  const end = await agentk(folder, ["bundle", log, "--out", tar, ...flags]);
  if (existsSync(tar)) execFileSync("tar", ["-xf", tar, "-C", unpacked]);
  return { ...end, tar, unpacked };
}

/** The real python3, on the unpacked files alone. A machine without it fails here, and says why. */
function python(unpacked: string, ...args: readonly string[]): number | null {
  const { status, error } = spawnSync("python3", ["verify.py", ...args, "log.jsonl"], {
    cwd: unpacked,
    env: pathOnly(),
  });
  if (error !== undefined) throw new Error("these tests need python3 on the PATH", { cause: error });
  return status;
}

function pathOnly(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] };
}

describe("of a log that verifies", () => {
  test("has all that the auditor needs, and tar and python3 check it", async () => {
    const { code, unpacked, tar, stdout } = await bundled(forged.log);
    expect(code).toBe(0);
    expect(stdout).toMatch(/sha256:[0-9a-f]{64}/);
    expect((statSync(tar).mode & 0o777).toString(8)).toBe("600");
    expect(readFileSync(join(unpacked, "log.jsonl")).equals(readFileSync(forged.log))).toBe(true);
    const checkpoints = forged.lines.filter((line) => line.includes('"type":"checkpoint"')).length;
    const proofs = PROOFS.filter((name) => checkpoints > 1 || name !== "growth.json");
    expect(readdirSync(unpacked).sort()).toEqual([...FILES, "proofs"].sort());
    expect(readdirSync(join(unpacked, "proofs")).sort()).toEqual(proofs);
    for (const name of proofs)
      expect(await asked(unpacked, ["proof", "verify", `proofs/${name}`, "--public-key", key])).toMatchObject({
        code: 0,
      });
    expect(python(unpacked, "--key", key)).toBe(0);
    expect(python(unpacked, "--key", testKey(9).publicHex)).toBe(2);
  });

  test("README.txt names the commands as they work, and key.txt the key and its fingerprint", async () => {
    const { unpacked } = await bundled(forged.log);
    const readme = readFileSync(join(unpacked, "README.txt"), "utf8");
    expect(readme).toContain(`python3 verify.py --key ${key} log.jsonl`);
    expect(readme).toContain("What it cannot prove");
    expect(readme).not.toContain("DOES NOT VERIFY");
    const commands = readme.split("\n").filter((line) => /^ {4}(?:python3|agentk) /.test(line));
    expect(commands.length).toBeGreaterThan(2);
    for (const command of commands) {
      const [program = "", ...args] = command.trim().split(" ");
      const status =
        program === "python3"
          ? spawnSync(program, args, { cwd: unpacked, env: pathOnly() }).status
          : (await agentk(unpacked, args)).code;
      expect({ command, status }).toEqual({ command, status: 0 });
    }
    const text = readFileSync(join(unpacked, "key.txt"), "utf8");
    expect(text).toContain(key);
    expect(text).toMatch(/fingerprint {3}sha256:[0-9a-f]{64}/);
    const report = JSON.parse(readFileSync(join(unpacked, "report.json"), "utf8")) as unknown;
    expect(report).toMatchObject({ log: "log.jsonl", ok: true, findings: [] });
  });

  test("checkpoints.txt has every note of the log", async () => {
    const { unpacked } = await bundled(forged.log);
    const notes = forged.lines
      .map((line) => JSON.parse(line) as { seq: number; type: string; value: { note: string } })
      .filter(({ type }) => type === "checkpoint");
    expect(notes.length).toBeGreaterThan(0);
    expect(readFileSync(join(unpacked, "checkpoints.txt"), "utf8")).toBe(
      notes.map(({ seq, value }) => `# line ${String(seq)}\n${value.note}\n`).join(""),
    );
  });

  test("is the same bytes each time, dated by the close line, and names no file of this machine", async () => {
    const [one, two] = [await bundled(forged.log), await bundled(forged.log)];
    const bytes = readFileSync(one.tar);
    expect(bytes.equals(readFileSync(two.tar))).toBe(true);
    const close = JSON.parse(forged.lines.at(-1) ?? "") as { time: { wall_ms: number } };
    expect(statSync(join(one.unpacked, "log.jsonl")).mtimeMs).toBe(Math.floor(close.time.wall_ms / 1000) * 1000);
    for (const name of [...FILES, ...readdirSync(join(one.unpacked, "proofs")).map((file) => `proofs/${file}`)])
      if (name !== "log.jsonl")
        expect(readFileSync(join(one.unpacked, name), "latin1")).not.toContain(dirname(forged.log));
  });

  test("holds no value of the journal, and none of its keys", async () => {
    const { tar } = await bundled(forged.log);
    const bytes = readFileSync(tar, "latin1");
    const run = readRun(forged.log);
    const payloads = readFileSync(forged.log.replace(/\.jsonl$/, ".payloads"));
    const values = run.events
      .filter(({ type }) => type === "syscall" || type === "page")
      .map((event) => JSON.stringify(run.value(event, event.type === "page" ? "content" : "arguments")))
      .filter((value) => value !== "{}" && value !== "null");
    expect(values.length).toBeGreaterThan(3);
    for (const value of values) expect(bytes).not.toContain(value);
    run.close();
    for (let at = 0; at + 32 <= payloads.length; at += 32)
      expect(bytes.includes(payloads.subarray(at, at + 32).toString("latin1"))).toBe(false);
    const data = process.env["AGENTK_DATA_DIR"] ?? "";
    for (const name of readdirSync(data).filter((file) => file.endsWith(".key")))
      expect(bytes).not.toContain(readFileSync(join(data, name), "utf8").trim());
  });

  test("writes over nothing, and tells programs what it wrote", async () => {
    const { tar, stdout, code } = await bundled(forged.log, "--json");
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { files: { name: string }[] };
    expect(report).toMatchObject({ format: "agentk-bundle-report/1", ok: true, written: tar });
    expect(report.files.map(({ name }) => name)).toContain("verify.py");
    const before = readFileSync(tar);
    const again = await agentk(folder, ["bundle", forged.log, "--out", tar, "--json"]);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: "file-exists" } });
    expect(readFileSync(tar).equals(before)).toBe(true);
  });
});

describe("of a log that does not verify", () => {
  test("there is none: status 2, in text and JSON", async () => {
    const log = forged.write(forged.lines.toSpliced(3, 1));
    const text = await bundled(log);
    expect(text).toMatchObject({ code: 2, stdout: "" });
    expect(text.stderr).toContain("--even-if-broken");
    const json = await bundled(log, "--json");
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "log-invalid" } });
    expect([text, json].some(({ tar }) => existsSync(tar))).toBe(false);
  });

  test("--even-if-broken makes one that says so, and python3 finds it too", async () => {
    const log = forged.write(forged.lines.toSpliced(3, 1));
    const { code, unpacked, stdout } = await bundled(log, "--even-if-broken");
    expect(code).toBe(0);
    expect(stdout).toContain("WHICH DO NOT VERIFY");
    const readme = readFileSync(join(unpacked, "README.txt"), "utf8");
    expect(readme).toContain("WARNING: THIS LOG DOES NOT VERIFY");
    expect(readme).toContain("seq-gap");
    expect(readme).toContain("There are no proofs in it");
    expect(JSON.parse(readFileSync(join(unpacked, "report.json"), "utf8"))).toMatchObject({ ok: false });
    expect(readFileSync(join(unpacked, "log.jsonl")).equals(readFileSync(log))).toBe(true);
    expect(python(unpacked)).toBe(2);
    expect(proofsOf(surveyLog({ file: log }))).toMatchObject({ proofs: [] });
  });

  test.each<[string, Buffer]>([
    ["no line", Buffer.from("")],
    ["what is no log", Buffer.from("\u001b[31mno\n\u0000")],
  ])("with %s, it still is an archive", async (_what, bytes) => {
    const { code, unpacked } = await bundled(forged.write(bytes), "--even-if-broken");
    expect(code).toBe(0);
    expect(readFileSync(join(unpacked, "key.txt"), "utf8")).toContain("names no key");
    expect(readFileSync(join(unpacked, "README.txt"), "utf8")).not.toContain("\u001b");
  });

  test("a forged receipt signature is found, though the chain is whole", async () => {
    const log = forged.write(
      forged.rechained((line) =>
        line.type === "receipts" ? { ...line, value: { ...line.value, signature: "0".repeat(128) } } : line,
      ),
    );
    expect(surveyLog({ file: log }).report.findings.map(({ code }) => code)).toContain("receipt-signature");
    expect(await bundled(log)).toMatchObject({ code: 2 });
  });
});

test("a log without checkpoints has a bundle without proofs, which says why", async () => {
  const log = join(testFolder("bundle"), "old.log");
  writeFileSync(log, fileOf(buildLog()));
  const { code, unpacked, stdout } = await bundled(log);
  expect(code).toBe(0);
  expect(stdout).toContain("without proofs: the log has no checkpoint");
  expect(readdirSync(unpacked).sort()).toEqual(FILES);
  expect(readFileSync(join(unpacked, "README.txt"), "utf8")).toContain("the log has no checkpoint");
  expect(python(unpacked)).toBe(0);
});

test("a log that grows while it is bundled gives an error and no archive", () => {
  const log = join(folder, "growing.log");
  copyFileSync(forged.log, log);
  const survey = surveyLog({ file: log });
  appendFileSync(log, "more\n");
  const out = join(folder, "growing.tar");
  const write = (): unknown => writeBundleFile(out, survey, proofsOf(survey), { readme: "", key: "", report: "" });
  expect(write).toThrow(/was written to while it was read/);
  expect(existsSync(out)).toBe(false);
});

test("an installation without the verifier, and a log that is not there, are errors", async () => {
  expect(() => readVerifier(join(folder, "none.py"))).toThrow(/this installation lacks/);
  expect(await bundled(join(folder, "none.jsonl"))).toMatchObject({ code: 1 });
  expect(await bundled(folder)).toMatchObject({ code: 1 });
});
