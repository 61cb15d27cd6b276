import { fdatasync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentkError } from "../../src/base/errors.js";
import { createJournalFile, type JournalFile, type JournalFs } from "../../src/host/journal-file.js";
import { codeOf, modeOf, tempFolder, underUmask } from "./folder.js";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code, syscall: "injected" });
}

/** A disk whose syncs end when the test says so. */
class SlowDisk implements JournalFs {
  readonly log: string[] = [];
  private readonly pending: ((error: Error | null) => void)[] = [];
  readonly writeSync: JournalFs["writeSync"] = (fd, bytes, offset, length) => {
    this.log.push(
      `write ${Buffer.from(bytes)
        .subarray(offset, offset + length)
        .toString()
        .trim()
        .replaceAll("\n", ",")}`,
    );
    return writeSync(fd, bytes, offset, length);
  };
  readonly fdatasync: JournalFs["fdatasync"] = (_fd, done) => {
    this.log.push("sync");
    this.pending.push(done);
  };
  /** Ends the oldest sync that runs, and lets its promises settle. */
  async end(error: Error | null = null): Promise<void> {
    this.pending.shift()?.(error);
    await turn();
  }
  get running(): number {
    return this.pending.length;
  }
}

/** Lets everything that is ready happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function open(fs?: JournalFs): { file: JournalFile; path: string; text: () => string } {
  const path = join(tempFolder(), "run.jsonl");
  const file = fs === undefined ? createJournalFile(path) : createJournalFile(path, fs);
  onTestFinished(() => {
    file.close().catch(() => undefined);
  });
  return { file, path, text: () => readFileSync(path, "utf8") };
}

/** Whether a promise has settled, and how. */
function watch(promise: Promise<void> | undefined): { state: string } {
  const seen = { state: "waiting" };
  promise?.then(
    () => (seen.state = "done"),
    (error: unknown) => (seen.state = error instanceof AgentkError ? error.code : "other"),
  );
  return seen;
}

describe("creating a log", () => {
  it("makes it ours alone, whatever the umask", () => {
    const folder = join(tempFolder(), "a", "b");
    const file = underUmask(() => createJournalFile(join(folder, "run.jsonl")));
    expect([modeOf(join(folder, "..")), modeOf(folder), modeOf(file.path)]).toEqual(["700", "700", "600"]);
    expect(modeOf(`${file.path}.lock`)).toBe("600");
    return file.close();
  });

  it("can be written again under a umask that takes our own rights away", async () => {
    const path = join(tempFolder(), "run.jsonl");
    const file = underUmask(() => createJournalFile(path), 0o277);
    expect(modeOf(path)).toBe("600");
    await file.close();
  });

  it("leaves the mode of a folder that was there", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "mine"), { mode: 0o755 });
    const file = createJournalFile(join(folder, "mine", "run.jsonl"));
    expect(modeOf(join(folder, "mine"))).toBe("755");
    return file.close();
  });

  it("never takes a file that exists, and leaves it as it was", () => {
    const path = join(tempFolder(), "run.jsonl");
    writeFileSync(path, "another run\n");
    expect(codeOf(() => createJournalFile(path))).toBe("file-exists");
    expect(readFileSync(path, "utf8")).toBe("another run\n");
  });

  it("never takes the log of a run that is going on", () => {
    const { path } = open();
    expect(codeOf(() => createJournalFile(path))).toBe("file-exists");
  });

  it.each(["target", "nowhere"])("follows no link, to %s", (target) => {
    const folder = tempFolder();
    writeFileSync(join(folder, "target"), "");
    symlinkSync(join(folder, target), join(folder, "run.jsonl"));
    expect(codeOf(() => createJournalFile(join(folder, "run.jsonl")))).toBe("file-exists");
    expect(readdirSync(folder).sort()).toEqual(["run.jsonl", "target"]);
    expect(readFileSync(join(folder, "target"), "utf8")).toBe("");
  });

  it("leaves nothing but the log behind", async () => {
    const { file, path } = open();
    await file.close();
    expect(readdirSync(join(path, ".."))).toEqual(["run.jsonl"]);
  });
});

describe("appending", () => {
  it("is with the operating system when it returns", () => {
    const { file, text } = open();
    expect(file.append(["a", "b"], false)).toBeUndefined();
    void file.append(["ü"], false);
    expect(text()).toBe("a\nb\nü\n");
  });

  it("is one write for all its lines", () => {
    const disk = new SlowDisk();
    void open(disk).file.append(["a", "b", "c"], false);
    expect(disk.log).toEqual(["write a,b,c"]);
  });

  it("goes on where a write fell short", () => {
    const { file, text } = open({
      fdatasync,
      writeSync: (fd, bytes, offset, length) => writeSync(fd, bytes, offset, Math.min(length, 3)),
    });
    void file.append(["0123456789", "äöü"], false);
    void file.append(["end"], false);
    expect(text()).toBe("0123456789\näöü\nend\n");
  });

  it.each([
    [
      "is full",
      () => {
        throw systemError("ENOSPC");
      },
    ],
    ["takes nothing", () => 0],
  ])("fails for good when the disk %s", (_name, fail) => {
    let isBroken = false;
    const { file, text } = open({
      fdatasync,
      writeSync: (fd, bytes, offset, length) => {
        if (!isBroken) return writeSync(fd, bytes, offset, length);
        if (offset > 0) return fail();
        return writeSync(fd, bytes, offset, 2);
      },
    });
    void file.append(["first"], false);
    isBroken = true;
    expect(codeOf(() => file.append(["second"], false))).toBe("recorder-failed");
    isBroken = false;
    expect(codeOf(() => file.append(["third"], false))).toBe("recorder-failed");
    expect(codeOf(() => file.append(["fourth"], true))).toBe("recorder-failed");
    // The torn tail stays last: nothing is ever glued to it.
    expect(text()).toBe("first\nse");
  });

  it("is over after close", async () => {
    const { file } = open();
    await file.close();
    expect(codeOf(() => file.append(["late"], false))).toBe("recorder-failed");
  });
});

describe("durable appending", () => {
  it("settles only after a sync that began after the write", async () => {
    const disk = new SlowDisk();
    const { file } = open(disk);
    const first = watch(file.append(["a"], true));
    await turn();
    const second = watch(file.append(["b"], true));
    await turn();
    expect(disk.log).toEqual(["write a", "sync", "write b"]);
    await disk.end();
    // The sync that ended had begun before b was written.
    expect([first.state, second.state]).toEqual(["done", "waiting"]);
    expect(disk.log).toEqual(["write a", "sync", "write b", "sync"]);
    await disk.end();
    expect(second.state).toBe("done");
    expect(disk.running).toBe(0);
  });

  it("shares one sync among all that wait", async () => {
    const disk = new SlowDisk();
    const { file } = open(disk);
    const early = [1, 2, 3].map(() => watch(file.append(["a"], true)));
    await turn();
    const late = Array.from({ length: 32 }, () => watch(file.append(["b"], true)));
    void file.append(["c"], false);
    await disk.end();
    expect(new Set(early.map((one) => one.state))).toEqual(new Set(["done"]));
    await disk.end();
    expect(new Set(late.map((one) => one.state))).toEqual(new Set(["done"]));
    expect(disk.log.filter((step) => step === "sync").length).toBe(2);
  });

  it("begins no sync that nobody waits for", async () => {
    const disk = new SlowDisk();
    void open(disk).file.append(["a"], false);
    await turn();
    expect(disk.log).toEqual(["write a"]);
  });

  it("fails for good when a sync fails, for all that waited", async () => {
    const disk = new SlowDisk();
    const { file } = open(disk);
    const first = watch(file.append(["a"], true));
    await turn();
    const second = watch(file.append(["b"], true));
    await disk.end(systemError("EIO"));
    expect([first.state, second.state]).toEqual(["recorder-failed", "recorder-failed"]);
    expect(codeOf(() => file.append(["c"], false))).toBe("recorder-failed");
    expect(codeOf(() => file.append(["c"], true))).toBe("recorder-failed");
    expect(disk.running).toBe(0);
    const closed = watch(file.close());
    await turn();
    await disk.end();
    expect(closed.state).toBe("recorder-failed");
  });

  it("syncs real files", async () => {
    const { file, text } = open();
    await Promise.all([file.append(["a"], true), file.append(["b"], true)]);
    expect(text()).toBe("a\nb\n");
  });
});

describe("closing", () => {
  it("waits for a last sync, and does it once", async () => {
    const disk = new SlowDisk();
    const { file, path } = open(disk);
    void file.append(["a"], false);
    const closed = watch(file.close());
    expect(file.close()).toBe(file.close());
    await turn();
    expect([disk.log, closed.state]).toEqual([["write a", "sync"], "waiting"]);
    expect(readdirSync(join(path, ".."))).toContain("run.jsonl.lock");
    await disk.end();
    expect(closed.state).toBe("done");
    expect(disk.log).toEqual(["write a", "sync"]);
    expect(readdirSync(join(path, ".."))).toEqual(["run.jsonl"]);
  });

  it("rejects when its sync fails, and still lets go of the file", async () => {
    const disk = new SlowDisk();
    const { file, path } = open(disk);
    const closed = watch(file.close());
    await turn();
    await disk.end(systemError("EIO"));
    expect(closed.state).toBe("recorder-failed");
    expect(readdirSync(join(path, ".."))).toEqual(["run.jsonl"]);
  });

  it("rejects when a write failed before", async () => {
    const { file } = open({ fdatasync, writeSync: () => 0 });
    expect(codeOf(() => file.append(["a"], false))).toBe("recorder-failed");
    await expect(file.close()).rejects.toMatchObject({ code: "recorder-failed" });
  });
});
