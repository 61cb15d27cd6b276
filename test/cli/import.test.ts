/** `agentk import` on real files: exit statuses, pins, one JSON document; and `verify` sends such logs there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/io.js";
import { registerImport } from "../../src/cli/import.js";
import { registerTraceInspect } from "../../src/cli/trace-inspect.js";
import { registerVerify } from "../../src/cli/verify.js";
import { buildLog, fileOf, testKey } from "../evidence/fixture.js";
import { CALLS, rechained, rustEvents, rustLog, stripped } from "../evidence/legacy/rust-log.js";
import { expectGolden } from "../report/golden.js";

const root = mkdtempSync(join(tmpdir(), "agentk-import-"));
let cwd = root;
beforeEach(() => {
  cwd = mkdtempSync(join(root, "run-"));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const KEY = testKey(0x22).publicHex;
const WHOLE = fileOf(rustLog());

function write(bytes: Buffer | string, name = "old.jsonl"): string {
  writeFileSync(join(cwd, name), bytes);
  return name;
}

interface Ran {
  readonly out: string;
  readonly status: number | undefined;
}

async function run(...args: readonly string[]): Promise<Ran> {
  let out = "";
  let status: number | undefined;
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    env: {},
    cwd,
    isTty: false,
    columns: 80,
    exit: (code) => (status = code),
  };
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const register of [registerImport, registerVerify, registerTraceInspect]) register(program, io);
  for (const command of program.commands) command.copyInheritedSettings(program);
  await program.parseAsync(args, { from: "user" });
  return { out, status };
}

/** Both forms of one command: they must end alike. */
async function both(...args: readonly string[]): Promise<Ran & { readonly json: Record<string, unknown> }> {
  const [text, json] = [await run(...args), await run(...args, "--json")];
  expect(json.status).toBe(text.status);
  return { ...text, json: JSON.parse(json.out) as Record<string, unknown> };
}

describe("import", () => {
  test("a whole log: 0, and weak all the same", async () => {
    const { out, status, json } = await both("import", write(WHOLE));
    expect(status).toBe(0);
    expectGolden("import-weak.txt", out);
    expectGolden("import-weak.json", (await run("import", "old.jsonl", "--json")).out);
    expect(json).toMatchObject({ format: "agentk-import/1", ok: true, weak: true, pinned: false });
  });

  test("under the key that signed it: 0; under another: 2", async () => {
    write(WHOLE);
    expect(await run("import", "old.jsonl", "--trusted-public-key", KEY)).toMatchObject({ status: 0 });
    const other = testKey(1).publicHex;
    const { status, json } = await both("import", "old.jsonl", "--trusted-public-key", other);
    expect(status).toBe(2);
    expect(json).toMatchObject({ ok: false, pinned: true });
    expect(await run("import", "old.jsonl", "--trusted-public-key", other, "--trusted-public-key", KEY)).toMatchObject({
      status: 0,
    });
  });

  test("receipts stripped: 0 and said, under a key 2", async () => {
    write(fileOf(rechained(stripped(rustEvents()))));
    const { out, status } = await run("import", "old.jsonl");
    expect(status).toBe(0);
    expect(out).toContain("! weak: its own rules hold, and 4 places that no honest writer writes;");
    expect(await run("import", "old.jsonl", "--trusted-public-key", KEY)).toMatchObject({ status: 2 });
  });

  test("a changed byte: 2", async () => {
    write(fileOf(rustLog().map((line) => line.replace("evil.example", "good.example"))));
    const { out, status, json } = await both("import", "old.jsonl");
    expect(status).toBe(2);
    expectGolden("import-broken.txt", out);
    expect(json).toMatchObject({ ok: false, proved: [], findings: [{ code: "hash-mismatch", line: 3 }] });
  });

  test("the published key is flagged", async () => {
    write(fileOf(rustLog(CALLS, { agent: "a", seed: 0x41 })));
    expect((await run("import", "old.jsonl")).out).toContain("5 valid, the published development key");
  });

  test.each([
    ["bytes that are not UTF-8", Buffer.concat([Buffer.from([0xff, 0x0a]), WHOLE]), "not-utf8"],
    [
      "a line that is too long",
      Buffer.concat([Buffer.alloc(1024 * 1024 + 1, "x"), Buffer.from("\n"), WHOLE]),
      "line-too-long",
    ],
    ["an empty file", Buffer.alloc(0), "empty"],
    ["a flight log of ours", fileOf(buildLog()), "member-unknown"],
  ])("%s: 2", async (_what, bytes, code) => {
    const { status, json } = await both("import", write(bytes));
    expect(status).toBe(2);
    expect((json["findings"] as object[])[0]).toMatchObject({ code });
  });

  test("a last line without its newline is a line; one cut within is found", async () => {
    write(WHOLE.subarray(0, -1));
    expect((await both("import", "old.jsonl")).json).toMatchObject({ ok: true, events: 6 });
    write(WHOLE.subarray(0, -2));
    expect(await run("import", "old.jsonl")).toMatchObject({ status: 2 });
  });

  test("reads, and writes nothing", async () => {
    write(WHOLE);
    await run("import", "old.jsonl");
    expect(readdirSync(cwd)).toEqual(["old.jsonl"]);
    expect(readFileSync(join(cwd, "old.jsonl"))).toEqual(WHOLE);
  });

  test("no log, or no key: an error that says so", async () => {
    await expect(run("import", "none.jsonl")).rejects.toThrow("none.jsonl");
    await expect(run("import", write(WHOLE), "--trusted-public-key", "00")).rejects.toThrow("64 lower-case hex digits");
  });
});

describe.each(["verify", "trace-inspect"])("%s", (command) => {
  test.each([
    ["with its newline", WHOLE],
    ["of one line without", Buffer.from(rustLog()[0] ?? "")],
  ])("says what a log of the Rust AgentK is, %s, and what reads it", async (_what, bytes) => {
    await expect(run(command, write(bytes))).rejects.toMatchObject({
      code: "log-invalid",
      message: "`old.jsonl` is a log of the Rust AgentK (v0.1 or v0.2), not a flight log",
      hint: "read it with `agentk import old.jsonl`",
    });
  });

  test("judges as ever what only begins otherwise", async () => {
    write(Buffer.concat([Buffer.from("{}\n"), WHOLE]));
    expect(await run(command, "old.jsonl")).toMatchObject({ status: 2 });
  });
});
