/** What may pass when: every method before, between and after the handshake, in dialogue and piped at once. */
import { expect, test } from "vitest";
import type { Reply } from "./proxy-process.js";
import { judgedCalls, refusedCall, startScripted } from "./scripted-proxy.js";

const REFUSED = -32600;
const INVALID_ANSWER = 7004;
const CLIENT = { name: "test", version: "1" };
const HANDSHAKE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: CLIENT };

function requestLine(id: string | number, method: string, params?: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
}

function notificationLine(method: string, params?: object): string {
  return JSON.stringify({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) });
}

const CALL = { name: "echo", arguments: {} };
const TOKEN = { progressToken: 1, progress: 1 };

/** The error code, or undefined for a result. */
function codes(replies: readonly Reply[]): readonly (number | undefined)[] {
  return replies.map(({ error }) => error?.code);
}

test("before, between and after: the child sees only what the phase allows, in order", async () => {
  const { proxy, seenMethods } = startScripted("lifecycle");

  const early = [
    await proxy.request("ping"),
    await proxy.request("tools/list"),
    await proxy.request("tools/call", CALL),
  ];
  expect(codes(early)).toEqual([undefined, REFUSED, REFUSED]);
  // Too early to become ready: the session must not remember it.
  proxy.send(notificationLine("notifications/initialized"));
  proxy.send(notificationLine("notifications/cancelled", { requestId: "t1" }));
  proxy.send(notificationLine("notifications/progress", TOKEN));
  expect(codes([await proxy.request("initialize", HANDSHAKE)])).toEqual([undefined]);

  const between = [
    await proxy.request("ping"),
    await proxy.request("initialize", HANDSHAKE),
    await proxy.request("tools/list"),
    await proxy.request("tools/call", CALL),
  ];
  expect(codes(between)).toEqual([undefined, REFUSED, REFUSED, REFUSED]);
  proxy.send(notificationLine("notifications/cancelled", { requestId: "t4" }));
  proxy.send(notificationLine("notifications/progress", TOKEN));
  proxy.send(notificationLine("notifications/initialized"));

  proxy.send(notificationLine("notifications/initialized"));
  const after = [
    await proxy.request("ping"),
    await proxy.request("tools/list"),
    await proxy.request("tools/call", CALL),
    // A downgrade by a second handshake.
    await proxy.request("initialize", { ...HANDSHAKE, protocolVersion: "2024-11-05" }),
    await proxy.request("tools/call", CALL),
  ];
  expect(codes(after)).toEqual([undefined, undefined, undefined, REFUSED, undefined]);
  proxy.send(notificationLine("notifications/progress", TOKEN));
  expect(await proxy.close()).toEqual({ code: 0, signal: null });

  expect(proxy.replies).toHaveLength(early.length + 1 + between.length + after.length);
  expect(seenMethods()).toEqual([
    ...["ping", "initialize", "ping", "notifications/initialized"],
    ...["ping", "tools/list", "tools/call", "tools/call"],
  ]);
  const refused = judgedCalls(proxy).filter(({ decision }) => decision.startsWith("deny"));
  expect(refused).toEqual(
    [
      ...["tools/list", "tools/call", "notifications/initialized", "notifications/cancelled", "notifications/progress"],
      ...["initialize", "tools/list", "tools/call", "notifications/cancelled", "notifications/progress"],
      ...["notifications/initialized", "initialize", "notifications/progress"],
    ].map((target) => refusedCall(target, "lifecycle")),
  );
});

test("a refusal for the phase is marked as one that may pass later", async () => {
  const { proxy } = startScripted("lifecycle-retry");
  const early = await proxy.request("tools/call", CALL);
  expect(early.error).toMatchObject({
    code: REFUSED,
    data: { agentk: { verdict: "deny", rule: "lifecycle", reason: "lifecycle", retryable: true } },
  });
  await proxy.handshake();
  expect(codes([await proxy.call("echo")])).toEqual([undefined]);
  await proxy.close();
});

test("a server that answers with an unknown revision ends the session: everything after it is refused", async () => {
  const { proxy, seenMethods } = startScripted("lifecycle-closed", {
    flags: ["--allow-env", "SCRIPTED_VERSION"],
    env: { SCRIPTED_VERSION: "1999-01-01" },
  });
  // Sent at once: what is held back while `initialize` is with the server must be refused, too.
  const lines = [
    requestLine(0, "initialize", HANDSHAKE),
    notificationLine("notifications/initialized"),
    requestLine(1, "tools/call", CALL),
    requestLine(2, "ping"),
  ];
  proxy.send(lines.join("\n"));
  await proxy.reply(({ id }) => id === 2);
  expect(proxy.replies.map(({ id, error }) => [id, error?.code])).toEqual([
    [0, INVALID_ANSWER],
    [1, REFUSED],
    [2, REFUSED],
  ]);
  expect(codes([await proxy.request("initialize", HANDSHAKE)])).toEqual([REFUSED]);
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  expect(seenMethods()).toEqual(["initialize"]);
});

test("the server is asked for a revision that has contracts, whatever the client wants", async () => {
  const { proxy, seen } = startScripted("lifecycle-revision");
  const answer = await proxy.request("initialize", {
    protocolVersion: "2026-07-28",
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {}, experimental: {} },
    clientInfo: CLIENT,
  });
  // Neither side learns of a capability that has no contract.
  expect(answer.result).toMatchObject({ protocolVersion: "2025-11-25", capabilities: { tools: {} } });
  expect(seen()).toEqual([
    '{"id":"t1","jsonrpc":"2.0","method":"initialize","params":{"capabilities":{},"clientInfo":{"name":"test","version":"1"},"protocolVersion":"2025-11-25"}}',
  ]);
  await proxy.close();
});

test("a whole session piped at once, without a last newline, is answered in full before the end", async () => {
  const { proxy, seenMethods } = startScripted("piped");
  const lines = [
    requestLine("early", "tools/list"),
    requestLine(0, "initialize", HANDSHAKE),
    notificationLine("notifications/initialized"),
    requestLine(1, "tools/list"),
    ...[2, 3, 4].map((id) => requestLine(id, "tools/call", { name: "echo", arguments: { id } })),
    requestLine(5, "tools/call", { name: "late", arguments: { ms: 50 } }),
    requestLine(6, "ping"),
    "no message",
    requestLine(7, "no/such"),
  ];
  proxy.send(Buffer.from(lines.join("\n")));
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  const answered = new Map(proxy.replies.map((reply) => [reply.id, reply.error?.code]));
  expect(proxy.replies).toHaveLength(answered.size);
  expect(Object.fromEntries(answered)).toEqual({
    ...{ early: REFUSED, 0: undefined, 1: undefined, 2: undefined, 3: undefined, 4: undefined },
    ...{ 5: undefined, 6: undefined, null: -32700, 7: -32601 },
  });
  // Requests may overtake each other, the handshake nobody.
  const methods = seenMethods();
  expect(methods.slice(0, 2)).toEqual(["initialize", "notifications/initialized"]);
  expect(methods.slice(2).sort()).toEqual([
    "ping",
    "tools/call",
    "tools/call",
    "tools/call",
    "tools/call",
    "tools/list",
  ]);
  expect(proxy.events().at(-1)).toMatchObject({ type: "close", value: { reason: "eof", allowed: 6 } });
});

test("a piped session longer than what may be held back is answered line by line all the same", async () => {
  const { proxy, seenMethods } = startScripted("piped-long");
  const ids = Array.from({ length: 400 }, (_, index) => index + 1);
  const lines = [
    requestLine(0, "initialize", HANDSHAKE),
    notificationLine("notifications/initialized"),
    ...ids.map((id) => requestLine(id, "tools/call", { name: "echo", arguments: { id } })),
  ];
  proxy.send(lines.join("\n"));
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  const byId = new Map(proxy.replies.map((reply) => [reply.id, reply]));
  expect(proxy.replies).toHaveLength(ids.length + 1);
  // Done, or refused with the word that it may be tried again; never lost.
  const done = ids.filter((id) => byId.get(id)?.result !== undefined);
  expect(seenMethods().filter((method) => method === "tools/call")).toHaveLength(done.length);
  for (const id of ids.filter((each) => !done.includes(each))) {
    expect(byId.get(id)?.error).toMatchObject({ code: REFUSED, data: { agentk: { retryable: true } } });
  }
});
