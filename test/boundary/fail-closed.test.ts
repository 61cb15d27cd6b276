/** What cannot be recorded does not happen: a disk that fills up, and a log that cannot be begun. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recoverLog } from "../../src/app/log/recover.js";
import { AGENTK, fixture, ProxyProcess, testFolder, type Reply } from "./proxy-process.js";
import { readRun, verifyFile } from "./recorded.js";
import { textOf } from "./watch.js";

/** No file may grow past this (RLIMIT_FSIZE, in blocks that differ between shells): a write then fails with EFBIG. */
function limited(blocks: number): readonly string[] {
  return ["sh", "-c", `ulimit -f ${String(blocks)} && exec "$@"`, "sh"];
}

interface Starved {
  readonly proxy: ProxyProcess;
  readonly replies: readonly Reply[];
  readonly nonces: readonly string[];
  readonly executed: readonly string[];
  readonly status: number | null;
}

/** A policy of a few lines: it stands in the log whole, and what fills the log is to be the calls. */
const SHORT_POLICY = ["--policy", fixture("policies/allow-all.toml")];

/** Calls one after another until well after the first that could not be recorded. */
async function starve(filler: string): Promise<Starved> {
  const cwd = testFolder("starved");
  const witnessed = join(cwd, "witnessed");
  const server = [process.execPath, fixture("servers/witness.mjs"), witnessed];
  const proxy = new ProxyProcess({ cwd, server, flags: SHORT_POLICY, launcher: limited(64) });
  await proxy.handshake();
  const replies: Reply[] = [];
  const nonces: string[] = [];
  for (let refused = 0; refused < 5 && nonces.length < 500;) {
    const nonce = `n${String(nonces.length)}`;
    nonces.push(nonce);
    const reply = await proxy.call("do", { nonce, filler }, nonce);
    replies.push(reply);
    if (textOf(reply) !== nonce) refused++;
  }
  const { code } = await proxy.close();
  const executed = readFileSync(witnessed, "utf8").split("\n").slice(0, -1);
  expect(executed.pop()).toBe("over");
  return { proxy, replies, nonces, executed, status: code };
}

/** The refusals from the first on. */
function checkRefusals({ replies, nonces, executed }: Starved): void {
  const done = replies.findIndex((reply, i) => textOf(reply) !== nonces[i]);
  expect(done).toBeGreaterThan(2);
  // The first refusal may be of a call that was carried out and whose result could not be recorded.
  const [first, ...later] = replies.slice(done);
  for (const reply of later) {
    expect(reply.result).toMatchObject({ isError: true });
    expect(JSON.stringify(reply)).toContain("recorder-fault");
  }
  expect(later).toHaveLength(4);
  expect(first?.result?.["isError"] === true || first?.error !== undefined).toBe(true);
  expect(nonces.slice(0, executed.length)).toEqual(executed);
  expect(executed.length - done).toBeLessThanOrEqual(1);
  expect(executed.length === done).toBe(JSON.stringify(first).includes("recorder-fault"));
}

/** What was recorded stands: only the end is missing, and a recovery supplies it. */
async function checkLog({ proxy, nonces, executed, replies }: Starved): Promise<void> {
  const { events, value, close } = readRun(proxy.log);
  const intents = events.filter(({ type, value: { kind } }) => type === "syscall" && kind === "tool.invoke");
  const recorded = intents.map((event) => (value(event, "arguments") as { nonce: string }).nonce);
  close();
  expect(recorded).toEqual(nonces.slice(0, recorded.length));
  expect(recorded.length).toBeGreaterThanOrEqual(executed.length);
  const outcomes = events.filter(({ type, value: { status } }) => type === "outcome" && status === "ok");
  const results = replies.filter((reply, i) => textOf(reply) === nonces[i]);
  expect(outcomes.length).toBeGreaterThanOrEqual(results.length);
  const { findings } = verifyFile(proxy.log);
  expect(findings.map(({ code }) => code).filter((code) => code !== "torn-tail")).toEqual(["unsealed"]);
  await recoverLog(proxy.log);
  expect(verifyFile(proxy.log)).toMatchObject({ ok: true, ending: "recovered", unanswered: { count: 0 } });
}

// Claim: F1
describe("a disk that fills up", () => {
  test("the log is what does not fit: every call from then on is denied, none reaches the server", async () => {
    const starved = await starve("");
    checkRefusals(starved);
    expect(starved.status).toBe(1);
    expect(starved.proxy.stderr).toMatch(/recording failed.*\.jsonl` \(EFBIG\)/);
    await checkLog(starved);
  });

  test("the payload journal is what does not fit: the same", async () => {
    const starved = await starve("x".repeat(3000));
    checkRefusals(starved);
    expect(starved.status).toBe(1);
    expect(starved.proxy.stderr).toMatch(/recording failed.*\.payloads` \(EFBIG\)/);
    await checkLog(starved);
  });
});

describe("a run that cannot be recorded does not begin", () => {
  /** A server that leaves a file when it starts. */
  function startIn(cwd: string, more: { flags?: readonly string[]; launcher?: readonly string[] }): ProxyProcess {
    const server = [process.execPath, "-e", `require("node:fs").writeFileSync(${JSON.stringify(join(cwd, "up"))}, "")`];
    return new ProxyProcess({ cwd, server, ...more });
  }

  test.each<[string, (cwd: string) => Parameters<typeof startIn>[1]]>([
    [
      "a file stands where the run folder would be",
      (cwd) => {
        writeFileSync(join(cwd, ".agentk"), "");
        return {};
      },
    ],
    [
      "the run folder is a link to another place",
      (cwd) => {
        mkdirSync(join(cwd, "elsewhere"), { mode: 0o700 });
        symlinkSync("elsewhere", join(cwd, ".agentk"));
        return {};
      },
    ],
    [
      "the log is there already",
      (cwd) => {
        writeFileSync(join(cwd, "log"), "precious");
        return { flags: ["--trace-out", "log"] };
      },
    ],
    ["the log has a name under a file", () => ({ flags: ["--trace-out", join(AGENTK, "log.jsonl")] })],
    ["the disk has no room for the first line", () => ({ launcher: limited(1), flags: ["--payloads", "none"] })],
  ])("%s", async (_, prepare) => {
    // A log without a whole line is nothing to replay after all tests.
    const cwd = join(testFolder("unwritable"), "tampered");
    mkdirSync(cwd);
    const proxy = startIn(cwd, prepare(cwd));
    proxy.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    expect(await proxy.ended).toEqual({ code: 1, signal: null });
    expect(existsSync(join(cwd, "up"))).toBe(false);
    expect(proxy.replies).toEqual([]);
    expect(proxy.stderr).toMatch(/^agentk: \S/);
    expect(proxy.stderr).not.toMatch(/\n\s+at /);
    if (existsSync(join(cwd, "log"))) expect(readFileSync(join(cwd, "log"), "utf8")).toBe("precious");
  });
});
