import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentkError, type ErrorCode } from "../../src/base/errors.js";
import type { JsonObject } from "../../src/base/json.js";
import { askControl, findControlSocket } from "../../src/host/control-client.js";
import {
  MAX_CONTROL_LINE_BYTES,
  openControlSocket,
  type ControlSocket,
  type ControlSocketOptions,
} from "../../src/host/control-socket.js";
import { pointLatest, prepareRunPath, runsFolder } from "../../src/host/run-folder.js";
import { codeOf, modeOf, tempFolder, underUmask } from "./folder.js";

const RUN = "20261105T070809Z-0123456789ab";
const OTHER = "20261105T070809Z-ba9876543210";

interface Opened extends ControlSocket {
  readonly asked: JsonObject[];
  readonly cwd: string;
}

/** A socket for a run in a fresh folder, that answers with what it was asked. */
async function opened(more: Partial<ControlSocketOptions> = {}, cwd = tempFolder()): Promise<Opened> {
  prepareRunPath(cwd, RUN);
  const asked: JsonObject[] = [];
  const answer = (request: JsonObject): Promise<JsonObject> => {
    asked.push(request);
    return Promise.resolve({ ok: true, was: request });
  };
  const socket = await openControlSocket({ run: RUN, beside: runsFolder(cwd), env: envOf(cwd), answer, ...more });
  onTestFinished(() => socket.close());
  return { ...socket, asked, cwd };
}

function envOf(cwd: string): NodeJS.ProcessEnv {
  return { AGENTK_DATA_DIR: join(cwd, "data") };
}

interface Line {
  readonly socket: Socket;
  /** All lines until the other side ends, parsed. */
  readonly lines: Promise<readonly JsonObject[]>;
}

/** A raw connection. */
async function connected(path: string): Promise<Line> {
  const socket = createConnection(path);
  await once(socket, "connect");
  const lines: JsonObject[] = [];
  createInterface({ input: socket }).on("line", (line) => lines.push(JSON.parse(line) as JsonObject));
  const ended = new Promise<readonly JsonObject[]>((resolve) => {
    socket
      .on("error", () => undefined)
      .on("close", () => {
        resolve(lines);
      });
  });
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, lines: ended };
}

async function failureOf(asked: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof AgentkError) return error.code;
    throw error;
  }
}

describe("where the socket of a run lies", () => {
  it("is beside its log, 0600 whatever the umask, and gone when it is closed", async () => {
    const { path, cwd, close } = await underUmask(() => opened());
    expect(path).toBe(join(runsFolder(cwd), `${RUN}.sock`));
    expect([modeOf(path), lstatSync(path).isSocket()]).toEqual(["600", true]);
    expect(findControlSocket({ cwd, env: {} }, RUN)).toBe(path);
    await Promise.all([close(), close()]);
    expect(readdirSync(runsFolder(cwd))).toEqual([]);
  });

  it("does not change the umask of the process", async () => {
    const folder = tempFolder();
    const modeNow = (name: string): string => {
      writeFileSync(join(folder, name), "", { mode: 0o666 });
      return modeOf(join(folder, name));
    };
    const before = modeNow("before");
    await opened();
    expect(modeNow("after")).toBe(before);
  });

  it("is a folder of the user's when its path would be too long, with a link beside the log", async () => {
    const cwd = join(tempFolder(), "x".repeat(80));
    const runtime = tempFolder();
    chmodSync(runtime, 0o700);
    const { path, close } = await opened({ env: { XDG_RUNTIME_DIR: runtime } }, cwd);
    expect(path).toBe(join(runtime, "agentk", `${RUN}.sock`));
    expect([modeOf(path), modeOf(join(runtime, "agentk"))]).toEqual(["600", "700"]);
    const link = join(runsFolder(cwd), `${RUN}.sock`);
    expect(readlinkSync(link)).toBe(path);
    expect(findControlSocket({ cwd, env: {} }, RUN)).toBe(path);
    expect(await askControl(path, { a: 1 })).toEqual({ ok: true, was: { a: 1 } });
    await close();
    expect([existsSync(path), readdirSync(runsFolder(cwd))]).toEqual([false, []]);
  });

  it("is a folder of the user's when the log is not in the runs folder, found by the run's id", async () => {
    const { path, cwd } = await opened({ beside: undefined });
    expect(path).toBe(join(cwd, "data", "run", `${RUN}.sock`));
    expect(findControlSocket({ cwd, env: envOf(cwd) }, RUN)).toBe(path);
    expect(readdirSync(runsFolder(cwd))).toEqual([]);
  });

  it.each([0o770, 0o707, 0o1777])("is never a runtime folder of mode %o", async (mode) => {
    const runtime = tempFolder();
    chmodSync(runtime, mode);
    const data = tempFolder();
    const { path } = await opened({ beside: undefined, env: { XDG_RUNTIME_DIR: runtime, AGENTK_DATA_DIR: data } });
    expect(path).toBe(join(data, "run", `${RUN}.sock`));
    expect(readdirSync(runtime)).toEqual([]);
  });

  it("is nowhere when others may write to the folder, or no path is short enough", async () => {
    const cwd = tempFolder();
    prepareRunPath(cwd, RUN);
    chmodSync(runsFolder(cwd), 0o770);
    const open = (more: object) =>
      openControlSocket({
        run: RUN,
        beside: runsFolder(cwd),
        env: envOf(cwd),
        answer: () => Promise.resolve({}),
        ...more,
      });
    expect(await failureOf(open({}))).toBe("unsafe-file");
    expect(readdirSync(runsFolder(cwd))).toEqual([]);
    const env = { AGENTK_DATA_DIR: join(cwd, "x".repeat(100)) };
    expect(await failureOf(open({ beside: undefined, env }))).toBe("usage");
    expect(existsSync(env.AGENTK_DATA_DIR)).toBe(false);
  });

  it("is not a name that is taken: what is there stays", async () => {
    const cwd = tempFolder();
    const { log } = prepareRunPath(cwd, RUN);
    const taken = log.replace(/jsonl$/, "sock");
    writeFileSync(taken, "precious");
    expect(await failureOf(opened({}, cwd))).toBe("unsafe-file");
    expect(readdirSync(runsFolder(cwd))).toEqual([basename(taken)]);
  });

  it("is not behind a link whose name is taken either, and then no socket is left", async () => {
    const cwd = join(tempFolder(), "x".repeat(80));
    const { log } = prepareRunPath(cwd, RUN);
    const data = tempFolder();
    writeFileSync(log.replace(/jsonl$/, "sock"), "precious");
    expect(await failureOf(opened({ env: { AGENTK_DATA_DIR: data } }, cwd))).toBe("unsafe-file");
    expect(readdirSync(join(data, "run"))).toEqual([]);
    expect(readdirSync(runsFolder(cwd))).toEqual([`${RUN}.sock`]);
  });

  it("is its own for each of two runs in one folder", async () => {
    const one = await opened();
    const two = await opened({ run: OTHER }, one.cwd);
    expect(await askControl(two.path, { to: "two" })).toMatchObject({ ok: true });
    await two.close();
    expect(await askControl(one.path, { to: "one" })).toMatchObject({ ok: true });
    expect([one.asked, two.asked]).toEqual([[{ to: "one" }], [{ to: "two" }]]);
  });
});

describe("what is said on it", () => {
  it("is answered in turn, as often as is asked", async () => {
    const { path, asked } = await opened();
    const { socket, lines } = await connected(path);
    for (const a of [1, 2]) {
      socket.write(`{"a":${String(a)}}\n`);
      await once(socket, "data");
    }
    socket.end();
    expect(await lines).toEqual([
      { ok: true, was: { a: 1 } },
      { ok: true, was: { a: 2 } },
    ]);
    expect(asked).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each([
    ["no JSON", "canary"],
    ["nothing", ""],
    ["a list", "[1]"],
    ["text", '"canary"'],
    ["a member twice", '{"op":"canary","op":"status"}'],
    ["a prototype", '{"__proto__":{}}'],
    ["a lone surrogate", '{"a":"\\ud800"}'],
    ["an unsafe number", '{"a":9007199254740993}'],
    ["deep nesting", `${'{"a":'.repeat(100)}1${"}".repeat(100)}`],
    ["two objects", "{}{}"],
    ["no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("is refused when it is %s, not echoed, and ends the connection", async (_what, line) => {
    const { path, asked } = await opened();
    const { socket, lines } = await connected(path);
    socket.write(Buffer.concat([Buffer.from(line), Buffer.from('\n{"after":1}\n')]));
    expect(await lines).toEqual([{ ok: false, error: "a request is one JSON object a line" }]);
    expect(asked).toEqual([]);
  });

  it("may be a line of 1 MiB and not a byte more", async () => {
    const { path, asked } = await opened();
    const request = { text: "x".repeat(MAX_CONTROL_LINE_BYTES - '{"text":""}'.length) };
    // The answer is longer than the request, so it is looked at from this side.
    void askControl(path, request).catch(() => undefined);
    const longer = await connected(path);
    longer.socket.write(`{"text":"${"x".repeat(MAX_CONTROL_LINE_BYTES)}`);
    expect(await longer.lines).toEqual([{ ok: false, error: `a line is longer than ${String(2 ** 20)} bytes` }]);
    expect(asked).toEqual([request]);
    expect(await failureOf(askControl(path, { text: `${request.text}x` }))).toBe("usage");
    expect(asked).toHaveLength(1);
  });

  it("is nothing until its newline: a client that is gone in the middle has not spoken", async () => {
    const { path, asked } = await opened();
    const half = await connected(path);
    half.socket.write('{"op":"half"}');
    half.socket.destroy();
    const ended = await connected(path);
    ended.socket.end('{"op":"half"}');
    expect(await ended.lines).toEqual([]);
    expect(await askControl(path, { op: "whole" })).toMatchObject({ ok: true });
    expect(asked).toEqual([{ op: "whole" }]);
  });

  it("is one request at a time: the one before is answered, then the connection ends", async () => {
    let release: (answer: JsonObject) => void = () => undefined;
    const answer = (): Promise<JsonObject> => new Promise((resolve) => (release = resolve));
    const { path } = await opened({ answer });
    const { socket, lines } = await connected(path);
    socket.write('{"n":1}\n{"n":2}\n{"n":3}\n');
    // Answered by the same process after it has read the three lines.
    await askUntilTaken(path);
    release({ ok: true });
    const [first, ...more] = await lines;
    expect(first).toEqual({ ok: true });
    expect(more).toEqual([{ ok: false, error: expect.stringContaining("one request at a time") as string }]);

    /** A refusal of another connection, which is read after what was written before. */
    async function askUntilTaken(at: string): Promise<void> {
      const other = await connected(at);
      other.socket.write("\n");
      await other.lines;
    }
  });

  it("is answered after the client has closed its own side", async () => {
    const { path } = await opened({ answer: () => new Promise((resolve) => setImmediate(resolve, { ok: true })) });
    const { socket, lines } = await connected(path);
    socket.end("{}\n");
    expect(await lines).toEqual([{ ok: true }]);
  });

  it("tells nothing of a failure but that there was one", async () => {
    const throwing = (): never => {
      throw new Error("canary");
    };
    const one = await opened({ answer: () => Promise.reject(new Error("canary")) });
    const two = await opened({ answer: throwing });
    for (const { path } of [one, two])
      expect(await askControl(path, {})).toEqual({ ok: false, error: "it could not be done" });
  });
});

describe("who stays on it", () => {
  it("is nobody who is silent; one who waits for an answer is not cut off", async () => {
    let release: (answer: JsonObject) => void = () => undefined;
    const answer = (): Promise<JsonObject> => new Promise((resolve) => (release = resolve));
    const { path } = await opened({ answer, idleMs: 20 });
    const waiting = askControl(path, {});
    // Both of these began to be silent after it did.
    const [silent, halting] = [await connected(path), await connected(path)];
    halting.socket.write('{"never":');
    expect(await Promise.all([silent.lines, halting.lines])).toEqual([[], []]);
    release({ ok: true });
    expect(await waiting).toEqual({ ok: true });
  });

  it("is no more than sixteen at once, and the next when one has gone", async () => {
    const { path } = await opened();
    const peers = [];
    for (let i = 0; i < 16; i++) peers.push(await connected(path));
    const extra = await connected(path);
    expect(await extra.lines).toEqual([]);
    const [first] = peers;
    first?.socket.end();
    await first?.lines;
    expect(await askControl(path, {})).toMatchObject({ ok: true });
  });

  it("is cut off at the end, after the answer that is due", async () => {
    let release: (answer: JsonObject) => void = () => undefined;
    const answer = (): Promise<JsonObject> => new Promise((resolve) => (release = resolve));
    const { path, close } = await opened({ answer });
    const [idle, asking] = [await connected(path), askControl(path, { a: 1 })];
    const other = await connected(path);
    other.socket.write("\n");
    await other.lines;
    const closed = close();
    expect(existsSync(path)).toBe(false);
    release({ ok: true });
    expect(await asking).toEqual({ ok: true });
    expect(await idle.lines).toEqual([]);
    await closed;
  });
});

describe("a command that looks for it", () => {
  it("finds it by `latest`, by the run's id and by its path", async () => {
    const { path, cwd } = await opened();
    pointLatest(runsFolder(cwd), `${RUN}.jsonl`);
    for (const run of ["latest", RUN, path, `.agentk/runs/${RUN}.sock`])
      expect(findControlSocket({ cwd, env: {} }, run)).toBe(path);
  });

  it.each(["", "..", "x", "20261105T070809Z-0123456789AB", `${RUN}.jsonl`])("is told that %j is no run", (run) => {
    const cwd = tempFolder();
    expect(codeOf(() => findControlSocket({ cwd, env: envOf(cwd) }, run))).toBe("usage");
  });

  it("is told when there is none, or nobody listens any more", async () => {
    const cwd = tempFolder();
    prepareRunPath(cwd, RUN);
    for (const run of ["latest", RUN, "./a.sock"])
      expect(codeOf(() => findControlSocket({ cwd, env: envOf(cwd) }, run))).toBe("file-unreadable");
    expect(await failureOf(askControl(join(cwd, "none.sock"), {}))).toBe("file-unreadable");
  });

  it("does not speak to a socket that others could have made or could use", async () => {
    const { path, cwd } = await opened();
    const find = () => codeOf(() => findControlSocket({ cwd, env: {} }, RUN));
    expect(find()).toBeUndefined();
    chmodSync(path, 0o660);
    expect(find()).toBe("unsafe-file");
    chmodSync(path, 0o600);
    chmodSync(runsFolder(cwd), 0o770);
    expect(find()).toBe("unsafe-file");
    chmodSync(runsFolder(cwd), 0o700);
    expect(find()).toBeUndefined();
  });

  it("follows a link only to a socket of the same name in a private folder", async () => {
    const { path } = await opened();
    const cwd = tempFolder();
    prepareRunPath(cwd, RUN);
    const link = (name: string, target: string) => {
      const at = join(runsFolder(cwd), `${name}.sock`);
      symlinkSync(target, at);
      return codeOf(() => findControlSocket({ cwd, env: {} }, name));
    };
    expect(link(RUN, path)).toBeUndefined();
    expect(link(OTHER, path)).toBe("unsafe-file");
    const third = RUN.replace("2026", "2027");
    const open = join(tempFolder(), "data", "run");
    await opened({ run: third, beside: undefined, env: { AGENTK_DATA_DIR: dirname(open) } });
    chmodSync(open, 0o777);
    expect(link(third, join(open, `${third}.sock`))).toBe("unsafe-file");
    const fourth = RUN.replace("2026", "2028");
    expect(link(fourth, join(cwd, `${fourth}.sock`))).toBe("unsafe-file");
  });

  it("does not take a file for a socket", () => {
    const cwd = tempFolder();
    const { log } = prepareRunPath(cwd, RUN);
    writeFileSync(log.replace(/jsonl$/, "sock"), "");
    expect(codeOf(() => findControlSocket({ cwd, env: {} }, RUN))).toBe("unsafe-file");
  });

  it.each([
    ["nothing", ""],
    ["half a line", '{"ok":true}'],
    ["no JSON", "yes\n"],
    ["a member twice", '{"ok":false,"ok":true}\n'],
    ["a line without end", "x".repeat(MAX_CONTROL_LINE_BYTES + 1)],
  ])("is not content with %s for an answer", async (_what, answer) => {
    const path = join(tempFolder(), "a.sock");
    const server = createServer((socket) => socket.on("error", () => undefined).end(answer)).listen(path);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    expect(await failureOf(askControl(path, {}))).toBe("file-unreadable");
  });
});
