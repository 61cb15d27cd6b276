import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockFile } from "../../src/host/file-lock.js";
import { createJournalFile } from "../../src/host/journal-file.js";
import { reopenJournalFile, splitTornTail } from "../../src/host/recover.js";
import { codeOf, modeOf, runTogether, tempFolder, transpiledRooms, underUmask } from "./folder.js";

function logOf(content: string | Buffer): string {
  const path = join(tempFolder(), "run.jsonl");
  writeFileSync(path, content);
  return path;
}

describe("a torn tail", () => {
  const whole = '{"seq":0}\n{"seq":1}\n';
  const last = '{"seq":2,"name":"ü"}\n';

  it("is moved aside at every byte of the last record", () => {
    const record = Buffer.from(last);
    for (let kept = 0; kept <= record.length; kept++) {
      const tail = record.subarray(0, kept);
      const path = logOf(Buffer.concat([Buffer.from(whole), tail]));
      const torn = splitTornTail(path);
      const isTorn = kept > 0 && kept < record.length;
      expect(torn?.tornBytes).toBe(isTorn ? kept : undefined);
      expect(readFileSync(path, "utf8")).toBe(kept === record.length ? whole + last : whole);
      expect(existsSync(`${path}.torn`)).toBe(isTorn);
      if (torn === undefined) continue;
      expect(readFileSync(torn.path).equals(tail)).toBe(true);
      expect(torn.tornSha256).toBe(createHash("sha256").update(tail).digest("hex"));
    }
  });

  it("may be the whole log, and larger than what is read at once", () => {
    const tail = Buffer.alloc(300_000, "z");
    const path = logOf(tail);
    expect(splitTornTail(path)?.tornBytes).toBe(300_000);
    expect(readFileSync(path, "utf8")).toBe("");
    expect(readFileSync(`${path}.torn`).equals(tail)).toBe(true);
    const long = logOf(Buffer.concat([Buffer.from("ok\n"), tail]));
    expect(splitTornTail(long)?.tornBytes).toBe(300_000);
    expect(readFileSync(long, "utf8")).toBe("ok\n");
  });

  it("is kept for ourselves, and never over an earlier one", () => {
    const path = logOf("a\nb");
    writeFileSync(`${path}.torn`, "earlier");
    const torn = underUmask(() => splitTornTail(path));
    expect(torn?.path).toBe(`${path}.torn.2`);
    expect(modeOf(`${path}.torn.2`)).toBe("600");
    expect(readFileSync(`${path}.torn`, "utf8")).toBe("earlier");
    expect(readdirSync(join(path, "..")).sort()).toEqual(["run.jsonl", "run.jsonl.torn", "run.jsonl.torn.2"]);
  });

  it("is left where it is, and no half of it beside, where the disk is full", () => {
    const rooms = transpiledRooms();
    const tail = Buffer.alloc(10_000, "z");
    const path = logOf(tail);
    const program = `import { splitTornTail } from "./host/recover.js";
      try { splitTornTail(${JSON.stringify(path)}); } catch (error) { console.log(error.code); }`;
    writeFileSync(join(rooms, "split.js"), program);
    // A file may grow to 1 block of 512 or 1024 bytes: enough for the lock.
    const said = execFileSync("sh", ["-c", `ulimit -f 1 && exec "${process.execPath}" split.js | cat`], { cwd: rooms });
    expect(said.toString()).toBe("recorder-failed\n");
    expect(readdirSync(join(path, ".."))).toEqual(["run.jsonl"]);
    expect(readFileSync(path).equals(tail)).toBe(true);
  });

  it("is looked for in plain files only", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "real"), "a\nb");
    symlinkSync(join(folder, "real"), join(folder, "link"));
    mkdirSync(join(folder, "folder"));
    for (const name of ["link", "folder", "none"]) {
      expect(codeOf(() => splitTornTail(join(folder, name)))).toBe("unsafe-file");
      expect(codeOf(() => reopenJournalFile(join(folder, name)))).toBe("unsafe-file");
    }
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("a\nb");
    expect(readdirSync(folder).sort()).toEqual(["folder", "link", "real"]);
  });
});

describe("a log taken up again", () => {
  it("goes on after its last line", async () => {
    const path = logOf("a\n");
    const file = reopenJournalFile(path);
    await file.append(["b"], true);
    await file.close();
    expect(readFileSync(path, "utf8")).toBe("a\nb\n");
  });

  it("is refused while its last line is torn", () => {
    const path = logOf("a\nb");
    expect(codeOf(() => reopenJournalFile(path))).toBe("unsafe-file");
    expect(splitTornTail(path)?.tornBytes).toBe(1);
    return reopenJournalFile(path).close();
  });
});

describe("the lock", () => {
  it("keeps everybody else off a log that is being written", async () => {
    const path = join(tempFolder(), "run.jsonl");
    const file = createJournalFile(path);
    void file.append(["a"], false);
    expect(codeOf(() => splitTornTail(path))).toBe("unsafe-file");
    expect(codeOf(() => reopenJournalFile(path))).toBe("unsafe-file");
    await file.close();
    expect(splitTornTail(path)).toBeUndefined();
  });

  /** The pid of a process that has ended. */
  async function endedPid(): Promise<number> {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    return child.pid ?? 0;
  }

  it("is broken when its holder is gone", async () => {
    const path = logOf("a\nb");
    writeFileSync(`${path}.lock`, `${String(await endedPid())} 12345 0123456789abcdef\n`);
    expect(splitTornTail(path)?.tornBytes).toBe(1);
    expect(readdirSync(join(path, "..")).sort()).toEqual(["run.jsonl", "run.jsonl.torn"]);
  });

  it("stands while its holder runs, and falls when its number is another's", () => {
    const path = logOf("a\n");
    writeFileSync(`${path}.lock`, `${String(process.pid)} - 0123456789abcdef\n`);
    expect(codeOf(() => splitTornTail(path))).toBe("unsafe-file");
    if (!existsSync("/proc/self/stat")) return;
    writeFileSync(`${path}.lock`, `${String(process.pid)} 1 0123456789abcdef\n`);
    expect(codeOf(() => splitTornTail(path))).toBeUndefined();
  });

  it("is not broken by two: who finds another breaking it waits", async () => {
    const path = logOf("a\n");
    const lock = `${String(await endedPid())} 12345 0123456789abcdef\n`;
    writeFileSync(`${path}.lock`, lock);
    writeFileSync(`${path}.lock.0123456789abcdef.broken`, lock);
    expect(codeOf(() => splitTornTail(path))).toBe("unsafe-file");
    expect(readFileSync(`${path}.lock`, "utf8")).toBe(lock);
  });

  it.each(["", "hello\n", "1 2 ../../x\n", "0 - 0123456789abcdef\n"])("is no lock of ours when it says %j", (text) => {
    const path = logOf("a\n");
    writeFileSync(`${path}.lock`, text);
    expect(codeOf(() => splitTornTail(path))).toBe("unsafe-file");
    expect(readFileSync(`${path}.lock`, "utf8")).toBe(text);
  });

  it.each(["pipe", "folder", "link"])("is no lock of ours when it is a %s, and is not waited for", (kind) => {
    const path = logOf("a\nb");
    if (kind === "pipe") execFileSync("mkfifo", [`${path}.lock`]);
    else if (kind === "folder") mkdirSync(`${path}.lock`);
    else symlinkSync("run.jsonl", `${path}.lock`);
    expect(codeOf(() => splitTornTail(path))).toBe("unsafe-file");
    expect(readdirSync(join(path, "..")).sort()).toEqual(["run.jsonl", "run.jsonl.lock"]);
  });

  it("that somebody replaced is left alone when it is given free", () => {
    const path = logOf("a\n");
    const lock = lockFile(path);
    rmSync(`${path}.lock`);
    mkdirSync(`${path}.lock`);
    lock.release();
    expect(readdirSync(join(path, "..")).sort()).toEqual(["run.jsonl", "run.jsonl.lock"]);
  });

  it("leaves nothing behind where the disk takes its name and not its text", () => {
    const rooms = transpiledRooms();
    const path = logOf("a\n");
    const program = `import { lockFile } from "./host/file-lock.js";
      try { lockFile(${JSON.stringify(path)}); } catch (error) { console.log(error.code); }`;
    writeFileSync(join(rooms, "lock.js"), program);
    // A file may not grow at all: what is made stays empty.
    const said = execFileSync("sh", ["-c", `ulimit -f 0 && exec "${process.execPath}" lock.js | cat`], { cwd: rooms });
    expect(said.toString()).toBe("recorder-failed\n");
    expect(readdirSync(join(path, ".."))).toEqual(["run.jsonl"]);
  });

  it("lets one of eight take a stale lock at once", async () => {
    const rooms = transpiledRooms();
    const folder = tempFolder();
    const path = join(folder, "run.jsonl");
    writeFileSync(path, "a\n");
    writeFileSync(`${path}.lock`, `${String(await endedPid())} 12345 0123456789abcdef\n`);
    const program = `
      import { lockFile } from ${JSON.stringify(join(rooms, "host/file-lock.js"))};
      function go() { try { lockFile(${JSON.stringify(path)}); console.log("mine"); } catch (error) { console.log(error.code); } }`;
    const said = await runTogether(8, program, rooms);
    expect(said.sort()).toEqual(["mine", ...Array.from({ length: 7 }, () => "unsafe-file")]);
  });

  it("does not outlive a writer that was killed", async () => {
    const rooms = transpiledRooms();
    const path = join(tempFolder(), "run.jsonl");
    writeFileSync(
      join(rooms, "writer.js"),
      `import { createJournalFile } from "./host/journal-file.js";
       const file = createJournalFile(${JSON.stringify(path)});
       for (let n = 0; ; n++) { file.append([String(n)], false); if (n % 100 === 0) { process._rawDebug(String(n)); } }`,
    );
    const writer = spawn(process.execPath, [join(rooms, "writer.js")], { stdio: ["ignore", "inherit", "pipe"] });
    onTestFinished(() => void writer.kill("SIGKILL"));
    let acknowledged = "";
    writer.stderr.on("data", (chunk: Buffer) => {
      acknowledged += chunk.toString();
    });
    await once(writer.stderr, "data");
    expect(codeOf(() => splitTornTail(path))).toBe("unsafe-file");
    writer.kill("SIGKILL");
    await once(writer, "close");
    splitTornTail(path);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.every((line, n) => line === String(n))).toBe(true);
    // Every line that append had returned for survived the kill.
    expect(lines.length).toBeGreaterThan(Number(acknowledged.trimEnd().split("\n").at(-1)));
    await reopenJournalFile(path).close();
  });
});
