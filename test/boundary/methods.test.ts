/** Every method and notification that MCP names and agentk has no contract for: refused, recorded, never passed on. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grantsOf } from "../../src/mcp/methods/granted.js";
import { CONTRACTS } from "../../src/mcp/methods/table.js";
import { judgedCall, refusedCall, startScripted, type JudgedCall, type ScriptedProxy } from "./scripted-proxy.js";

const NO_METHOD = -32601;

/** Written down from the schemas 2024-11-05 to 2026-07-28 and the official extensions, not from the code. */
const CLIENT_REQUESTS = [
  ...["initialize", "ping", "server/discover", "tools/list", "tools/call"],
  ...["resources/list", "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe"],
  ...["subscriptions/listen", "prompts/list", "prompts/get", "completion/complete", "logging/setLevel"],
  ...["tasks/get", "tasks/result", "tasks/list", "tasks/cancel", "tasks/update"],
  ...["skills/list", "skills/get", "resources/directory/read"],
];
const SERVER_REQUESTS = [
  ...["ping", "roots/list", "sampling/createMessage", "elicitation/create"],
  ...["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"],
];
const CLIENT_NOTIFICATIONS = [
  ...["notifications/initialized", "notifications/cancelled", "notifications/progress"],
  ...["notifications/roots/list_changed", "notifications/tasks/status"],
];
const SERVER_NOTIFICATIONS = [
  ...["notifications/cancelled", "notifications/progress", "notifications/message", "notifications/resources/updated"],
  ...["notifications/resources/list_changed", "notifications/tools/list_changed", "notifications/prompts/list_changed"],
  ...["notifications/elicitation/complete", "notifications/tasks/status", "notifications/tasks"],
  ...["notifications/subscriptions/acknowledged"],
];

function methodsWith(sender: "client" | "server", form: "request" | "notification"): readonly string[] {
  return CONTRACTS.filter((row) => row.sender === sender && row.form === form).map(({ method }) => method);
}

/** Those of them that pass under a policy that does not speak of `[mcp]`. */
const byDefault = grantsOf();
function passing(sender: "client" | "server", form: "request" | "notification"): readonly string[] {
  const rows = CONTRACTS.filter((row) => row.sender === sender && row.form === form);
  return rows.filter(({ feature }) => feature === undefined || byDefault.has(feature)).map(({ method }) => method);
}

function without(names: readonly string[], known: readonly string[]): readonly string[] {
  return names.filter((name) => !known.includes(name));
}

test("every contract is for a method that MCP names for this sender", () => {
  expect(without(methodsWith("client", "request"), CLIENT_REQUESTS)).toEqual([]);
  expect(without(methodsWith("server", "request"), SERVER_REQUESTS)).toEqual([]);
  expect(without(methodsWith("client", "notification"), CLIENT_NOTIFICATIONS)).toEqual([]);
  expect(without(methodsWith("server", "notification"), SERVER_NOTIFICATIONS)).toEqual([]);
});

/** What one side may not send: also the other side's methods, and its own in the other form. */
const REFUSED_REQUESTS = without(
  [...new Set([...CLIENT_REQUESTS, ...SERVER_REQUESTS, ...CLIENT_NOTIFICATIONS, ...SERVER_NOTIFICATIONS])],
  passing("client", "request"),
);
const REFUSED_NOTIFICATIONS = without(
  [...new Set([...CLIENT_REQUESTS, ...SERVER_REQUESTS, ...CLIENT_NOTIFICATIONS, ...SERVER_NOTIFICATIONS])],
  passing("client", "notification"),
);

// Claim: M2
describe("a message without a contract", () => {
  let scripted: ScriptedProxy;
  beforeAll(async () => {
    scripted = startScripted("methods");
    await scripted.proxy.handshake();
    // An answer of the server's, so that the handshake's last line has reached it.
    await scripted.proxy.call("echo");
  });
  afterAll(async () => {
    expect(await scripted.proxy.close()).toEqual({ code: 0, signal: null });
  });

  /** What was judged and what the child saw while `act` ran and a call after it. */
  async function during(act: () => Promise<void>): Promise<{ calls: readonly JudgedCall[]; seen: readonly string[] }> {
    const { proxy, seen } = scripted;
    const [logged, forwarded] = [proxy.events().length, seen().length];
    await act();
    expect((await proxy.call("echo", { last: true })).error).toBeUndefined();
    const events = proxy.events().slice(logged);
    return {
      calls: events
        .filter(({ type, value }) => type === "syscall" && value["from"] !== "agentk")
        .map(judgedCall)
        .slice(0, -1),
      seen: seen().slice(forwarded, -1),
    };
  }

  test("of the client's requests is answered -32601", async () => {
    const { proxy } = scripted;
    const { calls, seen } = await during(async () => {
      for (const method of REFUSED_REQUESTS) {
        const { error } = await proxy.request(method, { name: "echo", uri: "file:///etc/passwd" });
        expect(error).toMatchObject({ code: NO_METHOD, data: { agentk: { rule: "no-contract", retryable: false } } });
      }
    });
    expect(calls).toEqual(REFUSED_REQUESTS.map((method) => refusedCall(method, "no-contract")));
    expect(seen).toEqual([]);
  });

  test("of the client's notifications is not answered; a call without an id is not made", async () => {
    const { proxy } = scripted;
    const answered = proxy.replies.length;
    const { calls, seen } = await during(() => {
      for (const method of REFUSED_NOTIFICATIONS) {
        proxy.send({ jsonrpc: "2.0", method, params: { name: "echo", arguments: {} } });
      }
      return Promise.resolve();
    });
    expect(calls).toEqual(REFUSED_NOTIFICATIONS.map((method) => refusedCall(method, "no-contract")));
    expect(seen).toEqual([]);
    expect(proxy.replies).toHaveLength(answered + 1);
  });

  test("a request of the modern era, with its envelope, is refused on a legacy session", async () => {
    const { proxy, seen } = scripted;
    const forwarded = seen().length;
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    // -32601, not a modern error: this is how a client of both eras learns to fall back to `initialize`.
    expect((await proxy.request("server/discover", { _meta })).error?.code).toBe(NO_METHOD);
    expect(seen()).toHaveLength(forwarded);
  });

  test.each(
    without([...new Set([...SERVER_REQUESTS, ...CLIENT_REQUESTS, "no/such"])], ["ping"]).map((method, id) => ({
      method,
      id,
    })),
  )("of the server's requests is answered to the server: $method", async ({ method, id }) => {
    const { proxy } = scripted;
    const answered = proxy.replies.length;
    const { calls, seen } = await during(async () => {
      // Under the id of the very call: the two sides' ids are not each other's. The first row has the id 0.
      const args = { id, method, params: { messages: ["canary"] } };
      expect((await proxy.call("ask", args, id)).result).toEqual({ content: [{ type: "text", text: "asked" }] });
    });
    expect(calls).toHaveLength(2);
    expect(calls[1]).toEqual(refusedCall(method, "no-contract", "server"));
    expect(seen.map((line) => JSON.parse(line) as object)).toEqual([
      { jsonrpc: "2.0", id, method: "tools/call", params: { name: "ask", arguments: expect.anything() as object } },
      { jsonrpc: "2.0", id, error: { code: NO_METHOD, message: "no contract covers this method" } },
    ]);
    // The two calls' answers and nothing else; neither is what the server asked.
    expect(proxy.replies.slice(answered).map((reply) => [reply.id === id, reply.method])).toEqual([
      [true, undefined],
      [false, undefined],
    ]);
  });

  test("of the server's notifications is dropped and recorded", async () => {
    const { proxy } = scripted;
    const names = [...without(SERVER_NOTIFICATIONS, passing("server", "notification")), "notifications/initialized"];
    const answered = proxy.replies.length;
    const lines = names.map((method) => JSON.stringify({ jsonrpc: "2.0", method, params: { data: "canary" } }));
    const { calls } = await during(async () => {
      const line = [...lines, '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'].join("\n");
      expect((await proxy.call("raw", { line })).result).toEqual({ content: [] });
    });
    expect(calls.slice(1)).toEqual(names.map((method) => refusedCall(method, "no-contract", "server")));
    expect(proxy.replies).toHaveLength(answered + 2);
  });

  test("nothing the server asked or announced has come to the client", () => {
    expect(scripted.proxy.replies.filter(({ method }) => method !== undefined)).toEqual([]);
    expect(JSON.stringify(scripted.proxy.replies)).not.toContain("canary");
  });
});
