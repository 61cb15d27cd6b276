/** Folders and processes for the tests of the host: real ones, gone when the test is over. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import ts from "typescript";
import { onTestFinished } from "vitest";
import { AgentkError, type ErrorCode } from "../../src/base/errors.js";

/** An empty folder of this test. */
export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "agentk-host-")));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Permission bits of a file or folder, in octal. */
export function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

/** Runs a piece of the test under a umask; without one given, under one that takes nothing away. */
export function underUmask<T>(run: () => T, mask = 0): T {
  const before = process.umask(mask);
  try {
    return run();
  } finally {
    process.umask(before);
  }
}

/** The code of the AgentkError that `run` throws; undefined when it throws none. */
export function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof AgentkError) return error.code;
    throw error;
  }
}

/** The rooms host needs, as JavaScript in a folder, for programs that run in processes of their own. */
export function transpiledRooms(): string {
  const folder = tempFolder();
  const src = join(import.meta.dirname, "../../src");
  for (const room of ["base", "abi", "evidence", "host"])
    for (const file of readdirSync(join(src, room)).filter((name) => name.endsWith(".ts"))) {
      const target = join(folder, room, file.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
      writeFileSync(
        target,
        ts.transpileModule(readFileSync(join(src, room, file), "utf8"), { compilerOptions: options }).outputText,
      );
    }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  return folder;
}

/**
 * Runs one program in `count` processes. Its function `go`, which prints one line, is called in all of them at once,
 * and none ends before all have printed. Hands back their lines.
 */
export async function runTogether(count: number, program: string, cwd: string): Promise<string[]> {
  const script = join(cwd, "together.js");
  const start = 'process.stdin.once("data", () => go()).on("end", () => process.exit(0)); console.log("ready");';
  writeFileSync(script, `${program}\n${start}\n`);
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [script], { cwd, stdio: ["pipe", "pipe", "inherit"] }),
  );
  const outputs = children.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]());
  await Promise.all(outputs.map((lines) => lines.next()));
  const ends = children.map((child) => once(child, "close"));
  for (const child of children) child.stdin.write("go\n");
  const said = await Promise.all(outputs.map(async (lines) => String((await lines.next()).value)));
  for (const child of children) child.stdin.end();
  await Promise.all(ends);
  return said;
}
