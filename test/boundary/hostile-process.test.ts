/** Servers that do what a protocol cannot forbid, as real processes: each harms its own call, and nothing else. */
import { describe, expect, test } from "vitest";
import { AS_LISTED, endsWell, livesOn, pidOf, startHostile } from "./hostile.js";
import type { Reply } from "./proxy-process.js";
import { judgedCalls } from "./scripted-proxy.js";
import { facts, isAlive, outcomes, textOf, traces, untilLogged } from "./watch.js";

const GONE = { code: 7002 };
const LATE = { code: 7003 };

function counted(words: readonly (string | undefined)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word ?? ""] = (counts[word ?? ""] ?? 0) + 1;
  return counts;
}

describe("a server's bytes", () => {
  test("a line of 100 MiB is dropped as it comes, and the answer after it is handed on", async () => {
    const proxy = startHostile("endless");
    await proxy.handshake();
    expect(textOf(await proxy.call("endless", { mib: 100 }))).toBe("after it");
    await livesOn(proxy);
    await endsWell(proxy);
    expect(facts(proxy).filter((fact) => fact.startsWith("child-fault"))).toEqual(["child-fault:line-too-long"]);
  });

  test("an answer byte by byte is one answer", async () => {
    const proxy = startHostile("dripping");
    await proxy.handshake();
    expect(textOf(await proxy.call("dripping"))).toBe("é drop by drop \u{1f600}");
    await endsWell(proxy);
  });

  test("half an answer and the end: the call has one clear error, and no half of it is handed on", async () => {
    const proxy = startHostile("broken-off", { flags: ["--restarts", "0"] });
    await proxy.handshake();
    expect((await proxy.call("broken_off")).error).toMatchObject(GONE);
    expect(await endsWell(proxy, () => proxy.ended)).toEqual({ code: 1, signal: null });
    expect(JSON.stringify(proxy.replies)).not.toContain("never whole");
  });

  test("a pipe that is closed by a server that stays: its calls end, and so does it", async () => {
    const proxy = startHostile("mute", { flags: ["--response-timeout-ms", "1000"] });
    await proxy.handshake();
    const { error } = await proxy.call("mute");
    expect([GONE.code, LATE.code]).toContain(error?.code);
    await endsWell(proxy);
  });

  test("50 MiB on stderr are counted, and none of it is kept or shown", async () => {
    const proxy = startHostile("noise");
    await proxy.handshake();
    expect(textOf(await proxy.call("noise", { mib: 50 }))).toBe("made noise");
    await livesOn(proxy);
    await endsWell(proxy);
    expect(proxy.events().at(-1)?.value["stderr_bytes"]).toBe(50 * 1024 * 1024);
    expect(traces(proxy)).not.toContain("canary");
  });

  test.each([200, 100_000])("an answer %i levels deep is a fault, not a crash", async (levels) => {
    const proxy = startHostile("deep", { flags: ["--response-timeout-ms", "1000"] });
    await proxy.handshake();
    expect((await proxy.call("deep", { levels })).error).toMatchObject(LATE);
    await livesOn(proxy);
    await endsWell(proxy);
    expect(facts(proxy)).toContain("child-fault:json-too-deep");
  });
});

describe("a server's ids", () => {
  test("that are not the call's answer nothing, whatever they look like", async () => {
    const proxy = startHostile("ids");
    await proxy.handshake();
    const ids = ["9007199254740993", "1e400", "-1", '"7"', "7.0000000001", "null", "[7]", '{"id":7}', "true", '""'];
    const { result } = await proxy.request("tools/call", { name: "ids", arguments: { ids } }, 7);
    expect(textOf({ ...(result === undefined ? {} : { result }) })).toBe("under its own");
    expect(proxy.replies.filter(({ id }) => id === 7)).toHaveLength(1);
    await livesOn(proxy);
    await endsWell(proxy);
    expect(JSON.stringify(proxy.replies)).not.toContain("canary");
    expect(counted(facts(proxy).filter((fact) => fact.startsWith("child-fault")))).toEqual({
      "child-fault:json-unsafe-number": 2,
      "child-fault:orphan-answer": 3,
      "child-fault:bad-id": 5,
    });
  });

  test("exchanged between two calls give each call one answer: who answers what is the server's word", async () => {
    const proxy = startHostile("swapped");
    await proxy.handshake();
    const calls = ["a", "b", "c"].map((id) => proxy.call("hold", {}, id));
    await proxy.call("ask");
    await proxy.call("swapped");
    expect((await Promise.all(calls)).map(textOf)).toEqual(["meant for c", "meant for a", "meant for b"]);
    await endsWell(proxy);
    for (const each of ["a", "b", "c"]) expect(proxy.replies.filter(({ id }) => id === each)).toHaveLength(1);
  });

  test("a second answer is dropped and recorded", async () => {
    const proxy = startHostile("twice");
    await proxy.handshake();
    expect(textOf(await proxy.call("twice"))).toBe("first");
    await livesOn(proxy);
    await endsWell(proxy);
    expect(JSON.stringify(proxy.replies)).not.toContain("canary");
    expect(facts(proxy)).toContain("child-fault:orphan-answer");
  });

  test("an answer before its question is not kept for it", async () => {
    const proxy = startHostile("before");
    await proxy.handshake();
    await proxy.call("before", { next: "later" });
    expect(textOf(await proxy.call("ask", { text: "the true one" }, "later"))).toBe("the true one");
    await endsWell(proxy);
    expect(JSON.stringify(proxy.replies)).not.toContain("canary");
    expect(facts(proxy)).toContain("child-fault:orphan-answer");
  });
});

describe("a server's own messages", () => {
  test("3000 requests in the middle of a call: none reaches the client, the log is bounded, the call is answered", async () => {
    const proxy = startHostile("asking");
    await proxy.handshake();
    expect(textOf(await proxy.call("asking", { count: 3000 }))).toBe("asked a lot");
    await livesOn(proxy);
    await endsWell(proxy);
    expect(proxy.replies.filter(({ method }) => method !== undefined)).toEqual([]);
    const asked = judgedCalls(proxy).filter(({ from }) => from === "server");
    expect(asked.length).toBeLessThanOrEqual(256);
    expect(asked.every(({ decision }) => decision.startsWith("deny:"))).toBe(true);
  });

  test("a secret in every member of an answer stands nowhere in the clear", async () => {
    const proxy = startHostile("secrets");
    await proxy.handshake();
    expect((await proxy.call("secrets")).result?.["structuredContent"]).toBeDefined();
    expect((await proxy.call("secret_error")).error?.message).toBe("the server reports an internal error");
    await endsWell(proxy);
    expect(traces(proxy)).not.toContain("sk-canary");
  });
});

describe("a server that reads nothing", () => {
  test("holds its client back instead of filling our memory, and goes when it must", async () => {
    const proxy = startHostile("deaf", { flags: ["--max-client-messages", "1000000"] });
    await proxy.handshake();
    const waiting = proxy.call("deaf", {}, "deaf").catch(() => undefined);
    await untilLogged(proxy, (events) => events.some(({ type }) => type === "receipts"));
    const text = "x".repeat(1024 * 1024);
    // 200 MiB in all; what the proxy does not take stays in our own buffer.
    for (let i = 0; i < 200; i++) {
      proxy.send({ jsonrpc: "2.0", id: i, method: "tools/call", params: { name: "ask", arguments: { text } } });
    }
    await untilLogged(proxy, () => judgedCalls(proxy).length > 1);
    const ended = await endsWell(proxy, () => {
      proxy.process.kill("SIGTERM");
      return proxy.ended;
    });
    await waiting;
    expect(ended.signal).toBeNull();
    expect(isAlive(pidOf(proxy))).toBe(false);
    // What was with the server may have happened: the log says so.
    expect(outcomes(proxy)).toContain("unknown");
  });

  // Claim: B5
  test("keeps its client neither from its answers nor from leaving", async () => {
    const proxy = startHostile("deaf-for-good", { flags: ["--response-timeout-ms", "1000"] });
    await proxy.handshake();
    expect((await proxy.call("deaf")).error).toMatchObject(LATE);
    const text = "x".repeat(1024 * 1024);
    expect((await proxy.call("ask", { text })).error).toMatchObject(LATE);
    // It is read on although the server has not taken the last one; up to a bound, and then it is told.
    const replies = await Promise.all(Array.from({ length: 15 }, () => proxy.call("ask", { text })));
    const ends = counted(replies.map(({ error, result }) => (result === undefined ? String(error?.code) : "refused")));
    expect(Object.keys(ends).sort()).toEqual(["7003", "refused"]);
    expect(JSON.stringify(replies)).toContain("the server takes no more at the moment");
    expect(await endsWell(proxy)).toEqual({ code: 0, signal: null });
  });
});

describe("a server whose listing changes", () => {
  test("gets no call to what has changed or is new, where the policy asks that tools be as they were listed", async () => {
    const proxy = startHostile("rug-pull", { words: ["rug-pull"], policyText: AS_LISTED });
    await proxy.handshake();
    await proxy.request("tools/list");
    await livesOn(proxy);
    await proxy.request("tools/list");
    const decision = ({ result }: Reply): unknown => (result?.["_meta"] as Record<string, unknown>)["agentk/decision"];
    expect(decision(await proxy.call("ask"))).toMatchObject({ verdict: "deny", rule: "changed" });
    expect(textOf(await proxy.call("twice"))).toBe("first");
    await endsWell(proxy);
  });
});
