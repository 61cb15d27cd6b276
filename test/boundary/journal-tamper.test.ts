/** The payload journal and the end of a log, in the hands of somebody who can write to the disk. */
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { recoverLog } from "../../src/app/log/recover.js";
import { forkLog } from "../../src/app/replay/fork-replay.js";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { recordToForge, type ForgedRun } from "./forged-run.js";
import { fixture, ProxyProcess } from "./proxy-process.js";
import { verifyFile } from "./recorded.js";
import { startScripted } from "./scripted-proxy.js";
import { asked, facts, outcomes, untilLogged } from "./watch.js";

let run: ForgedRun;
beforeAll(async () => {
  run = await recordToForge();
});

describe("a journal that is not what the run wrote fails the replay", () => {
  const damages: readonly (readonly [string, (journal: Buffer, other: Buffer) => Buffer])[] = [
    [
      "one bit flipped",
      (journal) => Buffer.from(journal.map((byte, i) => (i === journal.length - 30 ? byte ^ 1 : byte))),
    ],
    ["cut within a frame", (journal) => journal.subarray(0, journal.length - 5)],
    ["its last frame cut off", (journal) => journal.subarray(0, lastFrameOf(journal))],
    ["another run's", (_journal, other) => other],
    ["no journal at all", () => Buffer.from("not a journal\n")],
  ];

  test.each(damages)("%s", async (_what, damage) => {
    const other = await recordToForge();
    const copy = run.write(run.lines);
    const journal = payloadPathOf(copy);
    writeFileSync(journal, damage(readFileSync(journal), readFileSync(payloadPathOf(other.log))));
    const report = await replayLog(copy, process.env);
    expect(report).toMatchObject({ ok: false, divergence: undefined });
    expect(report.journalFault).toBeDefined();
    const text = await asked(run.folder, ["replay", copy]);
    expect(text.code).toBe(2);
    expect(text.stdout).toContain("the payload journal is not what the run wrote");
    expect((await asked(run.folder, ["replay", "--json", copy])).code).toBe(2);
  });

  test("deleted: the replay is shallow and says so in its first words", async () => {
    const copy = run.write(run.lines);
    rmSync(payloadPathOf(copy));
    const { code, stdout } = await asked(run.folder, ["replay", copy]);
    expect(code).toBe(0);
    expect(stdout).toContain("! replayed: the same bytes, with the values taken as they were recorded");
  });
});

test("a run that writes on while it is replayed or forked is not told that its journal was cut", async () => {
  const last = run.lines.findLastIndex((line) => line.includes('"commitment"'));
  const live = run.write(run.lines.slice(0, last));
  const journal = payloadPathOf(live);
  const appending = (): NodeJS.ProcessEnv => {
    writeFileSync(live, `${run.lines.slice(0, last).join("\n")}\n`);
    writeFileSync(
      journal,
      readFileSync(payloadPathOf(run.log)).subarray(0, lastFrameOf(readFileSync(payloadPathOf(run.log)))),
    );
    // Read when the journal is about to be opened: by then the log has grown, and the journal will have.
    const folder = process.env["AGENTK_DATA_DIR"];
    const grow = (): string | undefined => {
      appendFileSync(live, `${run.lines.slice(last).join("\n")}\n`);
      return folder;
    };
    return Object.defineProperty({ ...process.env }, "AGENTK_DATA_DIR", { get: grow });
  };
  expect(await replayLog(live, appending())).toMatchObject({ ok: true, depth: "deep", lines: last, ending: "open" });
  const settings = { policy: undefined, overrides: new Map<number, never>(), shrinks: false };
  expect(await forkLog(live, { ...settings, env: appending() })).toMatchObject({ depth: "deep" });
});

/** Where the last frame of a journal begins: frames are a length in four bytes and as many bytes. */
function lastFrameOf(journal: Buffer): number {
  let at = journal.indexOf("\n", journal.indexOf("\n") + 1) + 1;
  for (;;) {
    const next = at + 4 + journal.readUInt32BE(at);
    if (next >= journal.length) return at;
    at = next;
  }
}

test("a replay of a log without its close line says that an end may be missing", async () => {
  const copy = run.write(run.lines.slice(0, -1));
  const { stdout } = await asked(run.folder, ["replay", copy]);
  expect(stdout).toContain("no close line");
  expect((await replayLog(copy, process.env)).ending).toBe("open");
});

describe("a recovery", () => {
  test("of two at once, one closes the log and the other refuses", async () => {
    const copy = run.write(run.lines.slice(0, -1));
    const both = await Promise.allSettled([recoverLog(copy), recoverLog(copy)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(verifyFile(copy)).toMatchObject({ ok: true, ending: "recovered" });
  });

  test("leaves a log that is closed as it is", async () => {
    const copy = run.write(run.lines);
    const before = readFileSync(copy);
    await expect(recoverLog(copy)).rejects.toMatchObject({ code: "log-invalid" });
    expect(readFileSync(copy)).toEqual(before);
    expect(existsSync(`${copy}.lock`)).toBe(false);
  });

  test("of a torn log sets the tail aside and never touches a log that does not hold", async () => {
    const copy = run.write(run.lines.slice(0, -2));
    truncateSync(copy, readFileSync(copy).length - 10);
    await recoverLog(copy);
    expect(verifyFile(copy)).toMatchObject({ ok: true, ending: "recovered" });
    const bad = run.write([...run.lines.slice(0, 3), ...run.lines.slice(4, -1)]);
    const before = readFileSync(bad);
    await expect(recoverLog(bad)).rejects.toMatchObject({ code: "log-invalid" });
    expect(readFileSync(bad)).toEqual(before);
  });
});

test("a start that is refused for its journal leaves no log and no lock behind", async () => {
  const { proxy } = startScripted("first");
  await proxy.close();
  const trace = join(proxy.cwd, "z.jsonl");
  writeFileSync(payloadPathOf(trace), "somebody's\n");
  const server = [process.execPath, fixture("servers/scripted.mjs"), join(proxy.cwd, "seen-2")];
  const refused = new ProxyProcess({ cwd: proxy.cwd, flags: ["--trace-out", trace], server });
  expect((await refused.close()).code).toBe(1);
  expect([trace, `${trace}.lock`, join(proxy.cwd, "seen-2")].filter((path) => existsSync(path))).toEqual([]);
  expect(readFileSync(payloadPathOf(trace), "utf8")).toBe("somebody's\n");
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "after %s the open call is unknown and the server's end is recorded",
  async (signal) => {
    const { proxy } = startScripted("signalled");
    await proxy.handshake();
    proxy.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "hang" } });
    await untilLogged(proxy, (events) => events.some(({ value }) => value.kind === "tool.invoke"));
    proxy.process.kill(signal);
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    expect(outcomes(proxy)).toEqual(["unknown"]);
    expect(facts(proxy).at(-1)).toBe("child-exited");
    expect(verifyFile(proxy.log)).toMatchObject({ ok: true, ending: "sealed" });
  },
);
