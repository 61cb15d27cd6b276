/** `agentk context release`: the operator lowers what a session has been raised to, and nobody else can. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createControl, type ControlParts } from "../../src/app/run/control.js";
import { replayLog } from "../../src/app/replay/replay-log.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { compile } from "../kernel/fixture.js";
import { forge } from "../replay/tape-deck.js";
import type { LoggedEvent, ProxyProcess } from "./proxy-process.js";
import { judgedCalls, startScripted } from "./scripted-proxy.js";
import { agentk, textOf, verified, type CommandEnd } from "./watch.js";

/** What the session has read decides whether `echo` may be called with text that is found nowhere. */
const RULES = `
[[sources]]
tool = "raw"
labels = ["untrusted", "private"]

[[rules]]
id = "look"
effect = "allow"
when = { syscalls = ["tool.describe", "tool.response"] }

[[rules]]
id = "untrusted-session"
effect = "deny"
when = { syscalls = ["tool.invoke"], tool = "echo", labels_any = ["untrusted"] }

[[rules]]
id = "private-session"
effect = "deny"
when = { syscalls = ["tool.invoke"], tool = "echo", labels_any = ["private"] }

[[rules]]
id = "call"
effect = "allow"
when = { syscalls = ["tool.invoke"] }

[[rules]]
id = "default-deny"
effect = "deny"
`;
const TRUSTED = `[trust]\ncontext_socket = true\nrelease = true\n${RULES}`;
const NOT_TRUSTED = `[trust]\ncontext_socket = true\n${RULES}`;

/** A proxy whose session has read what is untrusted and private. */
async function startTainted(name: string, policy: string): Promise<ProxyProcess> {
  const { proxy } = startScripted(name, { policy });
  await proxy.handshake();
  const result = { content: [{ type: "text", text: "a stranger's note" }] };
  await proxy.call("raw", { line: `{"jsonrpc":"2.0","id":$ID,"result":${JSON.stringify(result)}}` });
  return proxy;
}

function release(cwd: string, axis: string, ...more: readonly string[]): Promise<CommandEnd> {
  return agentk(cwd, ["context", "release", "--session", "s1", "--axis", axis, ...more]);
}

function releases(proxy: ProxyProcess): readonly LoggedEvent["value"][] {
  return proxy
    .events()
    .filter(({ type }) => type === "release")
    .map(({ value }) => value);
}

function lastDecision(proxy: ProxyProcess): string | undefined {
  return judgedCalls(proxy).at(-1)?.decision;
}

describe("the command", () => {
  test("lowers one axis, then the other; each is a line of the log before the command says so", async () => {
    const proxy = await startTainted("release", TRUSTED);
    await proxy.call("echo", { a: 1 });
    expect(lastDecision(proxy)).toBe("deny:untrusted-session");

    const told = await release(proxy.cwd, "integrity");
    expect(told).toEqual({ code: 0, stdout: "the integrity of session s1 is released\n", stderr: "" });
    expect(releases(proxy)).toMatchObject([{ session: "s1", axis: "integrity", by: "control-socket" }]);
    await proxy.call("echo", { a: 1 });
    expect(lastDecision(proxy)).toBe("deny:private-session");

    const json = await release(proxy.cwd, "confidentiality", "--json");
    const socket = proxy.log.replace(/jsonl$/, "sock");
    const expected = { format: "agentk-context-release/1", socket, session: "s1", axis: "confidentiality" };
    expect([json.code, JSON.parse(json.stdout)]).toEqual([0, expected]);
    const [first, second] = releases(proxy);
    expect(first?.["before"]).toEqual(expect.arrayContaining(["untrusted", "private"]));
    expect(first?.["after"]).toEqual(expect.arrayContaining(["trusted", "private"]));
    expect(second?.["before"]).toEqual(first?.["after"]);
    expect(second?.["after"]).toEqual(["trusted", "external"]);

    expect(textOf(await proxy.call("echo", { a: 1 }))).toBe('{"a":1}');
    await proxy.close();
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    expect(await replayLog(proxy.log, process.env)).toMatchObject({ ok: true, sealed: 0, indeterminate: 0 });
  });

  test("a release that a log's holder wrote in another way does not replay", async () => {
    const proxy = await startTainted("release-forged", TRUSTED);
    await release(proxy.cwd, "integrity");
    await proxy.close();
    const forged = join(proxy.cwd, "forged.log");
    const index = proxy.events().findIndex(({ type }) => type === "release");
    const lines = readFileSync(proxy.log, "utf8").split("\n").slice(0, -1);
    const changed = forge(lines, index, (value) => ({ ...value, axis: "confidentiality" }));
    writeFileSync(forged, changed.map((line) => `${line}\n`).join(""));
    const { ok, divergence } = await replayLog(forged, process.env);
    expect([ok, divergence?.line]).toEqual([false, index + 1]);
  });

  test.each([
    ["a session that is not there", ["--session", "s2", "--axis", "integrity"], "no such session"],
    ["an axis that is none", ["--session", "s1", "--axis", "origin"], "integrity, confidentiality"],
    ["no axis", ["--session", "s1"], "--axis"],
    ["no session", ["--axis", "integrity"], "--session"],
    ["another run", ["--session", "s1", "--axis", "integrity", "--run", "20261105T070809Z-0123456789ab"], ""],
  ])("is refused for %s: exit status 1, and nothing is lowered", async (_what, args, why) => {
    const proxy = await startTainted("release-refused", TRUSTED);
    const { code, stdout, stderr } = await agentk(proxy.cwd, ["context", "release", ...args]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(why);
    expect(stderr).not.toBe("");
    await proxy.call("echo", { a: 1 });
    expect(lastDecision(proxy)).toBe("deny:untrusted-session");
    await proxy.close();
    expect(releases(proxy)).toEqual([]);
  });

  test("is refused where the policy does not say that it may, and when the run is over", async () => {
    const proxy = await startTainted("release-untrusted", NOT_TRUSTED);
    const { code, stderr } = await release(proxy.cwd, "integrity");
    expect([code, stderr]).toEqual([1, expect.stringContaining("release = true")]);
    await proxy.call("echo", { a: 1 });
    expect(lastDecision(proxy)).toBe("deny:untrusted-session");
    await proxy.close();
    expect(releases(proxy)).toEqual([]);
    expect((await release(proxy.cwd, "integrity")).code).toBe(1);
  });
});

describe("the operation on the socket", () => {
  function control(policy: string, fault?: Error): { readonly asked: unknown[]; readonly parts: ControlParts } {
    const asked: unknown[] = [];
    const run = { run: "r" } as unknown as NonNullable<typeof INITIAL_STATE.run>;
    const current = { ...INITIAL_STATE, run, policy: { sha256: "", compiled: compile(policy) } };
    const page = (): Promise<undefined> => Promise.resolve(undefined);
    const lower: ControlParts["dispatch"]["release"] = (release) => {
      asked.push(release);
      return Promise.resolve(fault === undefined);
    };
    return { asked, parts: { run: "r", sessions: ["s1"], dispatch: { page, release: lower, current, fault } } };
  }
  const request = { op: "context.release", session: "s1", axis: "integrity" };

  test("passes on who asked, and answers once it is recorded", async () => {
    const { asked, parts } = control(TRUSTED);
    expect(await createControl(parts)(request)).toEqual({ ok: true });
    expect(asked).toEqual([{ session: "s1", axis: "integrity", by: "control-socket" }]);
  });

  test("what could not be recorded is an error", async () => {
    const { parts } = control(TRUSTED, new Error("canary"));
    expect(await createControl(parts)(request)).toEqual({ ok: false, error: "it could not be recorded" });
  });

  test.each([
    ["a member it does not know", { ...request, to: "trusted" }],
    ["another's name for who asks", { ...request, by: "operator" }],
    ["both axes", { ...request, axis: ["integrity", "confidentiality"] }],
    ["an axis that is none", { ...request, axis: "origin" }],
    ["no axis", { op: "context.release", session: "s1" }],
    ["a session that is not there", { ...request, session: "s2" }],
    ["no session", { op: "context.release", axis: "integrity" }],
  ])("a request with %s is refused", async (_what, bad) => {
    const { asked, parts } = control(TRUSTED);
    expect(await createControl(parts)(bad)).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });

  test("a policy that does not say `release = true` refuses it", async () => {
    const { asked, parts } = control(NOT_TRUSTED);
    expect(await createControl(parts)(request)).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });
});
