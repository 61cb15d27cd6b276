import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isRegularFile, readLines, settledLog, type ReadSummary } from "../../src/host/log-file.js";
import { codeOf, tempFolder } from "./folder.js";

function read(text: string | Buffer, maxLineBytes = 100): { said: string[]; summary: ReadSummary } {
  const path = join(tempFolder(), "log");
  writeFileSync(path, text);
  const said: string[] = [];
  const summary = readLines(path, (bytes, index) => void said.push(`${String(index)} ${bytes.toString("latin1")}`), {
    maxLineBytes,
    onLongLine: (index) => said.push(`${String(index)} too long`),
  });
  return { said, summary };
}

describe("reading a log", () => {
  it("hands out whole lines as they are, with their numbers", () => {
    const { said, summary } = read("one\ntwo\r\n\n\xff\n");
    expect(said).toEqual(["0 one", "1 two\r", "2 ", "3 Ã¿"]);
    expect(summary).toEqual({ lines: 4, bytes: 13, tornBytes: 0, torn: undefined, isComplete: true });
  });

  it("keeps the bytes after the last newline apart", () => {
    const { said, summary } = read("one\ntw");
    expect(said).toEqual(["0 one"]);
    expect(summary).toMatchObject({ lines: 1, bytes: 6, tornBytes: 2 });
    expect(summary.torn?.toString()).toBe("tw");
  });

  it("reports a line over the bound in its place and reads on", () => {
    const { said, summary } = read("12345\nok\n123456\nt", 4);
    expect(said).toEqual(["0 too long", "1 ok", "2 too long"]);
    expect(summary).toMatchObject({ lines: 3, tornBytes: 1 });
  });

  it("does not count a tail over the bound as a line, nor keep it", () => {
    const { said, summary } = read("ok\n12345", 4);
    expect(said).toEqual(["0 ok", "1 too long"]);
    expect(summary).toMatchObject({ lines: 1, tornBytes: 5, torn: undefined });
  });

  it("reads lines across its chunks", () => {
    const line = "x".repeat(700_000);
    const { said, summary } = read(`${line}\n${line}\n${line}\n${line}`, 1_000_000);
    expect(said).toEqual([`0 ${line}`, `1 ${line}`, `2 ${line}`]);
    expect(summary).toMatchObject({ lines: 3, bytes: 2_800_003, tornBytes: 700_000 });
  });

  it("finds nothing in an empty file", () => {
    expect(read("").summary).toEqual({ lines: 0, bytes: 0, tornBytes: 0, torn: undefined, isComplete: true });
  });

  it("reads no further than it is told, and keeps the line that this cuts apart", () => {
    const path = join(tempFolder(), "log");
    writeFileSync(path, "one\ntwo\nthree\n");
    const seen: string[] = [];
    const summary = readLines(path, (bytes) => void seen.push(bytes.toString()), { maxLineBytes: 9, upTo: 6 });
    expect(seen).toEqual(["one"]);
    expect(summary).toMatchObject({ lines: 1, bytes: 6, tornBytes: 2, isComplete: true });
  });

  it("stops when it is told to", () => {
    const path = join(tempFolder(), "log");
    writeFileSync(path, "a\nb\nc\n");
    const seen: string[] = [];
    const summary = readLines(path, (bytes) => seen.push(bytes.toString()) < 2, { maxLineBytes: 9 });
    expect(seen).toEqual(["a", "b"]);
    expect(summary.isComplete).toBe(false);
  });

  it("tells how far it is", () => {
    const path = join(tempFolder(), "log");
    writeFileSync(path, Buffer.alloc(2_500_000, "y"));
    const steps: [number, number][] = [];
    readLines(path, () => true, { maxLineBytes: 9, onProgress: (bytes, total) => steps.push([bytes, total]) });
    expect(steps.at(-1)).toEqual([2_500_000, 2_500_000]);
    expect(steps.length).toBeGreaterThan(1);
  });

  it("says which file it cannot read", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "log"));
    const options = { maxLineBytes: 9 };
    expect(codeOf(() => readLines(join(folder, "none"), () => true, options))).toBe("file-unreadable");
    expect(codeOf(() => readLines(join(folder, "log"), () => true, options))).toBe("file-unreadable");
    expect(() => readLines(join(folder, "none"), () => true, options)).toThrow(/`.*none` \(ENOENT\)/);
  });

  it("lets what the receiver throws through", () => {
    const path = join(tempFolder(), "log");
    writeFileSync(path, "a\n");
    const stop = new Error("mine");
    expect(() =>
      readLines(
        path,
        () => {
          throw stop;
        },
        { maxLineBytes: 9 },
      ),
    ).toThrow(stop);
  });
});

describe("the file that a name leads to", () => {
  it("is the one at the end of its links", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "run.jsonl"), "a\n");
    symlinkSync("run.jsonl", join(folder, "latest.jsonl"));
    expect(settledLog(join(folder, "latest.jsonl"))).toBe(join(folder, "run.jsonl"));
  });

  it.each(["pipe", "gone", "loop", "run.jsonl/x"])("is the name itself where there is no file: %s", (name) => {
    const folder = tempFolder();
    writeFileSync(join(folder, "run.jsonl"), "a\n");
    symlinkSync("loop", join(folder, "loop"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(isRegularFile(join(folder, name))).toBe(false);
    expect(settledLog(join(folder, name))).toBe(join(folder, name));
  });
});
