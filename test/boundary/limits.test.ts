/** The operator's bounds on the client: how many messages in one run, how many calls at once. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgedCalls, startScripted } from "./scripted-proxy.js";
import { until } from "./watch.js";

const DENIED = 7001;

test("after the last message that may be taken, everything is denied and recorded, and nothing forwarded", async () => {
  const { proxy, seenMethods } = startScripted("message-cap", { flags: ["--max-client-messages", "5"] });
  await proxy.handshake();
  // The third counts although it is none; the fourth and fifth are the last.
  proxy.send("no message");
  expect((await proxy.call("echo")).error).toBeUndefined();
  expect((await proxy.call("echo")).error).toBeUndefined();
  const evidence = { rule: "message-limit", reason: "message-limit", retryable: false, verdict: "deny" };
  for (const [method, params] of [
    ["tools/call", { name: "echo" }],
    ["tools/list", {}],
    ["ping", {}],
    ["no/such", {}],
  ] as const) {
    expect((await proxy.request(method, params)).error).toMatchObject({ code: DENIED, data: { agentk: evidence } });
  }
  const answered = proxy.replies.length;
  proxy.send("no message");
  proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "t2" } });
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  // A line without an id costs its sender nothing, so beyond the limit it is not answered.
  expect(proxy.replies).toHaveLength(answered);
  expect(seenMethods()).toEqual(["initialize", "notifications/initialized", "tools/call", "tools/call"]);
  expect(judgedCalls(proxy).map(({ target, decision }) => `${decision} ${String(target)}`)).toEqual([
    "deny:malformed frame:json-syntax",
    "allow:tool-call downstream-mcp/echo",
    "allow:tool-call downstream-mcp/echo",
    ...["tools/call", "tools/list", "ping", "no/such", "frame:json-syntax", "notifications/cancelled"].map(
      (target) => `deny:message-limit ${target}`,
    ),
  ]);
});

test("beyond the limit the log stays bounded: what is not recorded one by one is counted in the last line", async () => {
  const { proxy, seenMethods } = startScripted("message-flood", { flags: ["--max-client-messages", "2"] });
  await proxy.handshake();
  const flood = Array.from({ length: 300 }, (_, id) =>
    JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "echo" } }),
  );
  proxy.send(flood.join("\n"));
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  expect(proxy.replies.filter(({ error }) => error?.code === DENIED)).toHaveLength(300);
  expect(seenMethods()).toEqual(["initialize", "notifications/initialized"]);
  expect(judgedCalls(proxy)).toHaveLength(256);
  expect(proxy.events().at(-1)).toMatchObject({ type: "close", value: { denied: 256, strays: 44 } });
});

test("more calls at once than may wait are denied, retryable, and pass once there is room", async () => {
  const { proxy, seenMethods } = startScripted("in-flight", { flags: ["--max-in-flight", "2", "--restarts", "0"] });
  await proxy.handshake();
  proxy.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "hang" } });
  const hanging = proxy.call("hang", {}, 2);
  const third = await proxy.call("echo", {}, 3);
  expect(third.result).toMatchObject({
    isError: true,
    _meta: {
      "agentk/decision": { verdict: "deny", rule: "in-flight-limit", reason: "in-flight-limit", retryable: true },
    },
  });
  // Listing counts as well.
  const list = await proxy.request("tools/list");
  expect(list.error).toMatchObject({ code: DENIED, data: { agentk: { rule: "in-flight-limit", retryable: true } } });
  // One that is cancelled while its intent is being flushed never reaches the server: that is not what is tested here.
  const calledTwice = (): boolean => seenMethods().filter((method) => method === "tools/call").length === 2;
  await until(join(proxy.cwd, "seen"), calledTwice);
  // A call given up makes room: a client is not locked out by its server.
  proxy.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
  // A message of the client's is decided while the one before it is still being recorded, so wait for an answer.
  await proxy.request("ping");
  expect((await proxy.call("echo", {}, 4)).result).toEqual({ content: [{ type: "text", text: "{}" }] });
  expect((await proxy.call("exit", { code: 0 }, 5)).error).toBeDefined();
  expect((await hanging).error).toBeDefined();
  await proxy.ended;
  expect(proxy.replies.some(({ id }) => id === 1)).toBe(false);
  const calls = judgedCalls(proxy).map(({ target, decision }) => `${decision} ${String(target)}`);
  expect(calls).toEqual([
    "allow:tool-call downstream-mcp/hang",
    "allow:tool-call downstream-mcp/hang",
    "deny:in-flight-limit downstream-mcp/echo",
    "deny:in-flight-limit downstream-mcp/tools",
    "allow:tool-call downstream-mcp/echo",
    "allow:tool-call downstream-mcp/exit",
  ]);
  expect(seenMethods().filter((method) => method === "tools/call")).toHaveLength(4);
});

test("an id that waits cannot be used again, and the call that waits is not touched by the attempt", async () => {
  const { proxy, seen } = startScripted("id-in-use");
  await proxy.handshake();
  proxy.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "late", arguments: { ms: 50 } } });
  proxy.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo", arguments: { second: true } } });
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  const [refused, late] = proxy.replies.filter(({ id }) => id === 1);
  expect(refused?.error).toMatchObject({ code: -32600, data: { agentk: { rule: "malformed" } } });
  expect(late?.result).toEqual({ content: [{ type: "text", text: "late" }] });
  expect(seen().join("\n")).not.toContain("second");
});
