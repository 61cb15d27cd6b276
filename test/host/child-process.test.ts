import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { MAX_STDERR_BYTES } from "../../src/base/limits.js";
import { startChild, type Child, type ChildOptions, type ExitFacts } from "../../src/host/child-process.js";
import { codeOf, tempFolder } from "./folder.js";

interface Running {
  readonly child: Child;
  /** Everything the child did, in order. */
  readonly said: string[];
  readonly exit: Promise<ExitFacts>;
  /** Settles when the child has said this line. */
  readonly until: (line: string) => Promise<void>;
}

/** A node program as a child. */
function run(program: string, more: Partial<ChildOptions> = {}): Running {
  const said: string[] = [];
  const waiting = new Map<string, () => void>();
  let settle: (facts: ExitFacts) => void = () => undefined;
  const exit = new Promise<ExitFacts>((resolve) => {
    settle = resolve;
  });
  const child = startChild({
    command: process.execPath,
    args: ["-e", program],
    env: {},
    maxLineBytes: 1024,
    onLine: (bytes) => {
      said.push(bytes.toString());
      waiting.get(bytes.toString())?.();
    },
    onOversize: () => said.push("<oversize>"),
    onExit: (facts) => {
      said.push("<exit>");
      settle(facts);
    },
    ...more,
  });
  onTestFinished(async () => {
    await child.stop();
  });
  const until = (line: string): Promise<void> =>
    said.includes(line) ? Promise.resolve() : new Promise((resolve) => void waiting.set(line, resolve));
  return { child, said, exit, until };
}

const NONE = { code: undefined, signal: undefined, spawnError: undefined };

/** Whether a process is there and not a zombie. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${String(pid)}/stat`;
  return !existsSync(stat) || !readFileSync(stat, "latin1").includes(") Z ");
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

describe("a child's lines", () => {
  it("go in and come out", async () => {
    const { child, said, until } = run("process.stdin.pipe(process.stdout)");
    expect(child.send("hello")).toBe(true);
    child.send("wörld");
    await until("wörld");
    expect(await child.stop()).toEqual({ ...NONE, code: 0 });
    expect(said).toEqual(["hello", "wörld", "<exit>"]);
  });

  it("are all delivered before the exit, the last without a newline dropped", async () => {
    const { said, exit } = run("for (let i = 0; i < 20000; i++) console.log(i); process.stdout.write('rest')");
    await exit;
    expect(said).toEqual([...Array.from({ length: 20000 }, (_, i) => String(i)), "<exit>"]);
  });

  it("are dropped when they are too long, once each", async () => {
    const { said, exit } = run("console.log('x'.repeat(500000)); console.log('ok'); console.log('y'.repeat(1025))");
    await exit;
    expect(said).toEqual(["<oversize>", "ok", "<oversize>", "<exit>"]);
  });

  it("wait in the child while they are paused", async () => {
    const program = "process.stdin.once('data', () => console.log('two')); console.log('one')";
    const { child, said, until } = run(program);
    await until("one");
    child.pause();
    child.send("go");
    const other = run("console.log('later')");
    await other.exit;
    expect(said).toEqual(["one"]);
    child.resume();
    await until("two");
  });

  it("that were held back are delivered when it exits", async () => {
    const { child, said, exit, until } = run(
      "console.log('one'); process.stdin.once('data', () => { console.log('two'); process.exit(3) })",
    );
    await until("one");
    child.pause();
    child.send("go");
    expect(await exit).toEqual({ ...NONE, code: 3 });
    expect(said).toEqual(["one", "two", "<exit>"]);
  });

  it("tell of back-pressure and its end", async () => {
    let drain: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      drain = resolve;
    });
    const { child, until } = run("process.stdin.once('data', () => { console.log('got'); process.stdin.resume() })", {
      onDrain: () => {
        drain();
      },
    });
    while (child.send("x".repeat(10_000)));
    expect(child.unread()).toBeGreaterThan(10_000);
    await drained;
    expect(child.unread()).toBe(0);
    await until("got");
  });
});

describe("a child's end", () => {
  it("is its exit code", async () => {
    expect(await run("process.exit(7)").exit).toEqual({ ...NONE, code: 7 });
  });

  it("is its signal", async () => {
    expect(await run("process.kill(process.pid, 'SIGABRT')").exit).toEqual({ ...NONE, signal: "SIGABRT" });
  });

  it("is the reason it could not start", async () => {
    for (const [command, word] of [
      ["no-such-command-anywhere", "ENOENT"],
      [tempFolder(), "EACCES"],
      ["a\0b", "ERR_INVALID_ARG_VALUE"],
    ] as const) {
      const { child, exit, said } = run("", { command });
      expect(said).toEqual([]);
      expect(child.send("into the void")).toBe(false);
      expect(await exit).toEqual({ ...NONE, spawnError: word });
      expect(await child.stop()).toEqual({ ...NONE, spawnError: word });
      expect(said).toEqual(["<exit>"]);
    }
  });

  it("is told once, and lines sent afterwards are dropped", async () => {
    const { child, exit, said } = run("process.stdin.destroy(); setTimeout(() => process.exit(1), 50)");
    for (let n = 0; n < 100; n++) child.send("x".repeat(10_000));
    expect(await exit).toEqual({ ...NONE, code: 1 });
    expect(child.send("more")).toBe(false);
    expect(await child.stop()).toEqual({ ...NONE, code: 1 });
    expect(said).toEqual(["<exit>"]);
  });

  it("comes by SIGTERM when EOF is not enough", async () => {
    const { child, until } = run("setInterval(() => 0, 1000); console.log('up')");
    await until("up");
    expect(await child.stop()).toEqual({ ...NONE, signal: "SIGTERM" });
  });

  it("comes by SIGKILL when SIGTERM is ignored", async () => {
    const { child, until } = run(
      "process.on('SIGTERM', () => console.log('no')); setInterval(() => 0, 1000); console.log('up')",
    );
    await until("up");
    const [first, second] = await Promise.all([child.stop(), child.stop()]);
    expect(first).toEqual({ ...NONE, signal: "SIGKILL" });
    expect(second).toBe(first);
  });
});

describe("a child's children", () => {
  const FORK =
    "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], OPTIONS);";

  it("do not survive stop, though the child leaves at once", async () => {
    const { child, said, until } = run(
      `${FORK.replace("OPTIONS", "{ stdio: 'inherit' }")} console.log(c.pid); console.log('up'); process.stdin.on('end', () => process.exit(0)); process.stdin.resume()`,
    );
    await until("up");
    expect(await child.stop()).toEqual({ ...NONE, code: 0 });
    await untilGone(Number(said[0]));
  });

  it("do not survive the child's own exit", async () => {
    const { said, exit } = run(
      `${FORK.replace("OPTIONS", "{ stdio: 'inherit' }")} console.log(c.pid); process.exit(0)`,
    );
    expect(await exit).toEqual({ ...NONE, code: 0 });
    await untilGone(Number(said[0]));
  });

  it("cannot hold up the exit from a session of their own", async () => {
    const { said, exit } = run(
      `${FORK.replace("OPTIONS", "{ stdio: 'inherit', detached: true }")} console.log(c.pid); process.exit(0)`,
    );
    expect(await exit).toEqual({ ...NONE, code: 0 });
    // What left the group is beyond this guard (a sandbox's task): it is still there, and ours to clean up.
    process.kill(Number(said[0]), "SIGKILL");
  });
});

describe("a child's surroundings", () => {
  it("are the environment it was given and nothing else", async () => {
    const before = process.env["NODE_V8_COVERAGE"];
    process.env["NODE_V8_COVERAGE"] = tempFolder();
    onTestFinished(() => {
      if (before === undefined) delete process.env["NODE_V8_COVERAGE"];
      else process.env["NODE_V8_COVERAGE"] = before;
    });
    const { said, exit } = run("console.log(JSON.stringify(process.env))", { env: { ONLY: "this" } });
    await exit;
    expect(JSON.parse(said[0] ?? "")).toEqual({ ONLY: "this" });
  });

  it("hold no descriptor of ours", async () => {
    const program = "console.log(require('fs').readdirSync(FDS).length)".replace(
      "FDS",
      JSON.stringify(existsSync("/proc/self/fd") ? "/proc/self/fd" : "/dev/fd"),
    );
    const { openSync, closeSync } = await import("node:fs");
    const plain = spawn(process.execPath, ["-e", program], { env: {}, stdio: ["pipe", "pipe", "pipe"] });
    const [expected] = (await once(plain.stdout, "data")) as [Buffer];
    const files = Array.from({ length: 20 }, (_, n) => openSync(join(tempFolder(), String(n)), "w"));
    const { said, exit } = run(program);
    await exit;
    for (const fd of files) closeSync(fd);
    expect(said[0]).toBe(expected.toString().trim());
  });

  it("take any amount on stderr and keep the end of it", async () => {
    const { child, exit } = run("process.stderr.write('x'.repeat(5e6) + 'end', () => process.exit(0))");
    expect(await exit).toEqual({ ...NONE, code: 0 });
    expect(child.stderrBytes()).toBe(5_000_003);
    expect(child.stderrTail().length).toBe(MAX_STDERR_BYTES);
    expect(child.stderrTail().toString().endsWith("xxend")).toBe(true);
  });

  it("are a process group of its own", async () => {
    const { said, exit } = run(
      "console.log(require('child_process').execFileSync('/bin/ps', ['-o', 'pgid=', '-p', process.pid]).toString().trim() == process.pid)",
    );
    await exit;
    expect(said[0]).toBe("true");
  });

  it("are refused on Windows", () => {
    const platform = Object.getOwnPropertyDescriptor(process, "platform");
    Object.defineProperty(process, "platform", { value: "win32" });
    try {
      expect(codeOf(() => run(""))).toBe("platform-unsupported");
    } finally {
      if (platform !== undefined) Object.defineProperty(process, "platform", platform);
    }
  });
});
