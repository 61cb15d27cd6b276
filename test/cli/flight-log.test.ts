/** `agentk verify` and `agentk trace-inspect`, run in process on real files. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { AgentkError } from "../../src/base/errors.js";
import type { Io } from "../../src/cli/io.js";
import { registerTraceInspect } from "../../src/cli/trace-inspect.js";
import { registerVerify } from "../../src/cli/verify.js";
import { buildLog, fileOf } from "../evidence/fixture.js";

const root = mkdtempSync(join(tmpdir(), "agentk-cli-"));
let cwd = root;

beforeEach(() => {
  cwd = mkdtempSync(join(root, "run-"));
  mkdirSync(join(cwd, ".agentk/runs"), { recursive: true });
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ran {
  readonly out: string;
  readonly status: number | undefined;
}

async function run(args: readonly string[], more: Partial<Io> = {}): Promise<Ran> {
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
    ...more,
  };
  const program = new Command().exitOverride();
  registerVerify(program, io);
  registerTraceInspect(program, io);
  await program.parseAsync(args, { from: "user" });
  return { out, status };
}

function write(bytes: Buffer, name = ".agentk/runs/latest.jsonl"): void {
  writeFileSync(join(cwd, name), bytes);
}

const FILE = fileOf(buildLog());

describe("verify", () => {
  test("a whole log, found by default: 0", async () => {
    write(FILE);
    const { out, status } = await run(["verify"]);
    expect(status).toBe(0);
    expect(out).toContain("✓ verified: the log is whole, in order and sealed");
  });

  test("a log named, as JSON: 0", async () => {
    write(FILE, "some.jsonl");
    const { out, status } = await run(["verify", "some.jsonl", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ format: "agentk-verify/1", log: "some.jsonl", ok: true });
  });

  test("a flipped bit: 2", async () => {
    const bytes = Buffer.from(FILE);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    write(bytes);
    const { out, status } = await run(["verify"]);
    expect(status).toBe(2);
    expect(out).toContain("✗ not verified");
  });

  test.each([
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x0a]), "not-utf8"],
    ["a byte order mark", Buffer.from([0xef, 0xbb, 0xbf]), "line-not-json"],
    ["a carriage return", Buffer.from("\r\n"), "line-not-json"],
    ["a line that is too long", Buffer.from(`${"x".repeat(1024 * 1024 + 1)}\n`), "line-too-long"],
  ])("%s: 2, named at line 1", async (_name, start, code) => {
    write(Buffer.concat([start, FILE]));
    const { out, status } = await run(["verify", "--json"]);
    expect(status).toBe(2);
    const { findings } = JSON.parse(out) as { findings: object[] };
    expect(findings[0]).toMatchObject({ code, line: 1 });
  });

  test("a log without its end: 2, and 0 when it may be open", async () => {
    write(fileOf(buildLog().slice(0, 5)));
    expect(await run(["verify"])).toMatchObject({ status: 2 });
    const { out, status } = await run(["verify", "--allow-open"]);
    expect(status).toBe(0);
    expect(out).toContain("! consistent, but not sealed: the run has not closed it");
  });

  test("a torn line after the end: 2, whether it may be open or not", async () => {
    write(FILE);
    appendFileSync(join(cwd, ".agentk/runs/latest.jsonl"), '{"hash"');
    expect(await run(["verify"])).toMatchObject({ status: 2 });
    expect(await run(["verify", "--allow-open"])).toMatchObject({ status: 2 });
  });

  test("no log: an error that names it", async () => {
    await expect(run(["verify", "none.jsonl"])).rejects.toThrow(AgentkError);
    await expect(run(["verify", "none.jsonl"])).rejects.toThrow("none.jsonl");
  });

  test("paints on a terminal, and nowhere else", async () => {
    write(FILE);
    const escape = "\u001b[";
    expect((await run(["verify"])).out).not.toContain(escape);
    expect((await run(["verify"], { isTty: true })).out).toContain(escape);
    expect((await run(["verify"], { isTty: true, env: { NO_COLOR: "1" } })).out).not.toContain(escape);
    expect((await run(["verify"], { env: { FORCE_COLOR: "1" } })).out).toContain(escape);
    expect((await run(["verify", "--json"], { isTty: true })).out).not.toContain(escape);
  });
});

describe("trace-inspect", () => {
  test("a whole log: 0", async () => {
    write(FILE);
    const { out, status } = await run(["trace-inspect"]);
    expect(status).toBe(0);
    expect(out).toContain("deny:default-deny");
  });

  test("a broken log is shown all the same: 2", async () => {
    write(fileOf(buildLog().map((line, i) => (i === 2 ? "broken" : line))));
    const { out, status } = await run(["trace-inspect"]);
    expect(status).toBe(2);
    expect(out).toContain("tool.invoke files/read_file");
    expect(out).toContain("✗ line 3  line-not-json");
  });

  test("as JSON, one document", async () => {
    write(FILE);
    const { out, status } = await run(["trace-inspect", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ format: "agentk-inspect/1", totals: { events: 8 } });
  });

  test("no log: an error, and nothing printed before it", async () => {
    let out = "";
    await expect(run(["trace-inspect", "none"], { stdout: (text) => (out += text) })).rejects.toThrow(AgentkError);
    expect(out).toBe("");
  });
});
