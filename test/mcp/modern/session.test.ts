import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/base/json.js";
import { META, TASKS } from "../../../src/mcp/modern/revision.js";
import { MAX_STREAMS } from "../../../src/mcp/modern/subscriptions.js";
import { MODERN_CONTRACTS } from "../../../src/mcp/modern/table.js";
import { ALL, bare, envelope, granting, made, message, notification, request, send, verdictOf } from "./fixture.js";

const PARAMS: Readonly<Record<string, JsonObject>> = {
  "tools/call": { name: "t" },
  "resources/read": { uri: "file:///a" },
  "prompts/get": { name: "p" },
  "completion/complete": { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "v" } },
  "subscriptions/listen": { notifications: {} },
  "tasks/get": { taskId: "t" },
  "tasks/update": { taskId: "t", inputResponses: {} },
  "tasks/cancel": { taskId: "t" },
};
const REQUESTS = MODERN_CONTRACTS.filter(({ form }) => form === "request");
const NOT_FOUND = "no-contract -32601";
const MALFORMED = "malformed -32602";

describe("requests", () => {
  it.each(REQUESTS.map((row) => row.method))("%s needs no handshake, but an envelope", (method) => {
    const isTask = method.startsWith("tasks/");
    const { session, tasks } = made();
    tasks.offered();
    expect(verdictOf(session.admit(request(1, method, PARAMS[method])))).toBe(isTask ? MALFORMED : "ok");
    expect(verdictOf(session.admit(bare(2, method, PARAMS[method])))).toBe(MALFORMED);
  });

  it.each(REQUESTS.flatMap((row) => (row.form === "request" && row.feature !== undefined ? [row] : [])))(
    "$method is not there unless granted",
    ({ method, feature }) => {
      const others = ["tools", "resources", "prompts", "completion", "tasks"] as const;
      const { session } = made(granting(...others.filter((name) => name !== feature)));
      expect(verdictOf(session.admit(request(1, method, PARAMS[method])))).toBe(NOT_FOUND);
    },
  );

  it.each(["tasks/get", "tasks/update", "tasks/cancel"])(
    "%s is not there before a server that has not offered tasks, and says nothing of an id that is none",
    (method) => {
      const { session, tasks } = made();
      const capabilities = { extensions: { [TASKS]: {} } };
      const asked = (id: number) => request(id, method, { ...PARAMS[method], _meta: envelope({}, capabilities) });
      expect(verdictOf(session.admit(asked(1)))).toBe(NOT_FOUND);
      tasks.offered();
      expect(verdictOf(session.admit(asked(2)))).toBe(MALFORMED);
    },
  );

  it.each(["initialize", "ping", "logging/setLevel", "resources/subscribe", "tasks/list", "roots/list", "Tools/Call"])(
    "%s is not of this revision",
    (method) => {
      expect(verdictOf(made().session.admit(request(1, method)))).toBe(NOT_FOUND);
    },
  );

  it("another revision is answered as the specification has it, but not to a probe", () => {
    const other = { _meta: envelope({ [META.version]: "2099-01-01" }) };
    const { session } = made();
    expect(session.admit(request(1, "tools/list", other))).toMatchObject({
      rpcCode: -32022,
      data: { requested: "2099-01-01", supported: ["2026-07-28"] },
    });
    const probe = session.admit(request(1, "server/discover", other));
    expect(probe).toMatchObject({ ok: false, rpcCode: -32601 });
    expect(probe).not.toHaveProperty("data");
  });

  it("unknown members of params are refused", () => {
    const { session } = made();
    expect(verdictOf(session.admit(request(1, "tools/call", { name: "t", task: {} })))).toBe(MALFORMED);
    expect(verdictOf(session.admit(request(1, "tools/list", { evil: 1 })))).toBe(MALFORMED);
  });

  it("nothing of an earlier request counts for the next", () => {
    const { session } = made();
    send(session, request(1, "tools/call", { name: "t", _meta: envelope({}, { elicitation: {} }) }));
    const admission = session.admit(request(2, "tools/call", { name: "t" }));
    expect(admission.ok && admission.modern?.envelope.capabilities).toEqual({ roots: {} });
  });

  it("claims are out before the envelope is read", () => {
    const _meta = envelope({ "agentk/prompt": "pay" });
    const admission = made().session.admit(request(1, "tools/call", { name: "t", _meta, agentk: { labels: ["pii"] } }));
    expect(admission).toMatchObject({ ok: true, claims: { labels: ["pii"], prompt: "pay" } });
    expect(JSON.stringify(admission.ok && admission.params)).not.toContain("agentk");
  });

  it("an id or token under way is not taken twice", () => {
    const { session } = made();
    const wanting = { name: "t", _meta: envelope({ progressToken: "p" }) };
    const exchange = send(session, request(1, "tools/call", wanting));
    expect(verdictOf(session.admit(request(1, "tools/list")))).toBe("malformed -32600");
    expect(verdictOf(session.admit(request(2, "tools/call", wanting)))).toBe(MALFORMED);
    expect(session.release(exchange)).toBe(true);
    expect(verdictOf(session.admit(request(1, "tools/call", wanting)))).toBe("ok");
  });

  it("messages are counted, and none passes once the session is closed", () => {
    const { session } = made(ALL, 1);
    expect(verdictOf(session.admit(request(1, "tools/list")))).toBe("ok");
    expect(verdictOf(session.admit(request(2, "tools/list")))).toBe("message-limit 7001");
    const open = made().session;
    open.close();
    expect(verdictOf(open.admit(request(1, "tools/list")))).toBe("lifecycle -32600");
  });

  it("answers are refused: the server has asked nothing", () => {
    expect(verdictOf(made().session.admit(message('{"jsonrpc":"2.0","id":1,"result":{}}')))).toBe("no-contract -32600");
  });
});

describe("retries", () => {
  const params = { name: "t", arguments: { a: 1 } };

  function waiting() {
    const all = made();
    const pending = { questions: [], state: "server's" };
    const requestState = all.retries.open({ method: "tools/call", target: "t", params }, pending) ?? "";
    return { ...all, requestState };
  }

  it("names a live handle, and is used up", () => {
    const { session, requestState } = waiting();
    const again = { ...params, requestState, inputResponses: {} };
    expect(session.admit(request(1, "tools/call", again))).toMatchObject({
      modern: { retry: { pending: { state: "server's" }, answers: [] } },
    });
    expect(verdictOf(session.admit(request(2, "tools/call", again)))).toBe(MALFORMED);
  });

  it.each<[string, string, JsonObject]>([
    ["other arguments", "tools/call", { name: "t", arguments: { a: 2 } }],
    ["another tool", "tools/call", { ...params, name: "u" }],
    ["a prompt of that name", "prompts/get", { name: "t" }],
  ])("is refused with %s", (_, method, other) => {
    const { session, requestState } = waiting();
    expect(verdictOf(session.admit(request(1, method, { ...other, requestState })))).toBe(MALFORMED);
    expect(verdictOf(session.admit(request(1, "tools/call", { ...params, requestState })))).toBe("ok");
  });

  it("is not one with a handle made up", () => {
    const { session } = waiting();
    expect(verdictOf(session.admit(request(1, "tools/call", { ...params, requestState: "server's" })))).toBe(MALFORMED);
  });

  it.each<[string, JsonObject, boolean]>([
    ["an answer", { sure: { action: "accept", content: { confirm: true } } }, true],
    ["an answer of no form", { sure: { evil: 1 } }, true],
    ["none", {}, false],
  ])("is not one without a handle: with %s it is a fresh call, and no answer is in it", (_, inputResponses, isTold) => {
    const { session, retries } = waiting();
    const admission = session.admit(request(1, "tools/call", { ...params, inputResponses }));
    expect(admission).toMatchObject({ ok: true, modern: { hasUnasked: isTold } });
    expect(admission.ok && admission.modern).not.toHaveProperty("retry");
    expect(admission.ok && Object.keys(admission.params ?? {}).sort()).toEqual(["_meta", "arguments", "name"]);
    expect(retries.size).toBe(1);
  });

  it("is told apart by what it answers beside what was asked", () => {
    const { session, requestState } = waiting();
    const again = { ...params, requestState, inputResponses: { sure: { action: "accept" } } };
    expect(session.admit(request(1, "tools/call", again))).toMatchObject({
      modern: { hasUnasked: true, retry: { answers: [] } },
    });
  });

  it("does not use the handle up when something else is wrong with it", () => {
    const { session, requestState } = waiting();
    expect(session.admit(request(1, "tools/call", { ...params, requestState, evil: 1 })).ok).toBe(false);
    expect(session.admit(request(1, "tools/call", { ...params, requestState })).ok).toBe(true);
  });
});

describe("the server's messages", () => {
  it.each(["ping", "roots/list", "sampling/createMessage", "elicitation/create", "tools/call"])(
    "a request for %s is always refused",
    (method) => {
      expect(made().session.admitFromServer(bare(1, method)).ok).toBe(false);
    },
  );

  it("progress is of a request under way that asked for it, and rises", () => {
    const { session } = made();
    const exchange = send(session, request(1, "tools/call", { name: "t", _meta: envelope({ progressToken: 0 }) }));
    const progress = (progressToken: number, value: number) =>
      session.admitFromServer(notification("notifications/progress", { progressToken, progress: value }));
    expect(progress(0, 1)).toMatchObject({ ok: true, exchange });
    expect([progress(0, 1).ok, progress(1, 2).ok]).toEqual([false, false]);
    session.settle(1);
    expect(progress(0, 2).ok).toBe(false);
  });

  it("a log message comes only while a request that asked for its level is under way", () => {
    const { session } = made();
    const log = (level: string) =>
      session.admitFromServer(notification("notifications/message", { level, data: { a: 1 } })).ok;
    expect(log("emergency")).toBe(false);
    send(session, request(1, "tools/call", { name: "t", _meta: envelope({ [META.logLevel]: "error" }) }));
    expect([log("error"), log("info")]).toEqual([true, false]);
    session.settle(1);
    expect(log("error")).toBe(false);
  });

  it("a log message never comes where logging is not granted", () => {
    const { session } = made(granting());
    expect(session.admitFromServer(notification("notifications/message", { level: "alert", data: 1 })).ok).toBe(false);
  });

  it("a cancellation ends a stream and nothing else", () => {
    const { session, subscriptions } = made();
    send(session, request(1, "tools/list"));
    const stream = send(session, request(2, "subscriptions/listen", { notifications: {} }));
    subscriptions.open(2, {});
    const cancel = (requestId: number) =>
      session.admitFromServer(notification("notifications/cancelled", { requestId }));
    expect(cancel(1).ok).toBe(false);
    expect(cancel(2)).toMatchObject({ ok: true, exchange: stream });
    session.release(stream);
    expect(cancel(2).ok).toBe(false);
    expect(subscriptions.has(2)).toBe(false);
  });

  it("a list changed comes on a stream that is acknowledged, tagged with it", () => {
    const { session, subscriptions } = made();
    const exchange = send(session, request("s", "subscriptions/listen", { notifications: { toolsListChanged: true } }));
    subscriptions.open("s", { toolsListChanged: true });
    const tagged = { _meta: { [META.subscription]: "s", "agentk/decision": { verdict: "allow" } } };
    const changed = () => session.admitFromServer(notification("notifications/tools/list_changed", tagged));
    expect(changed().ok).toBe(false);
    const ack = { ...tagged, notifications: { toolsListChanged: true } };
    expect(session.admitFromServer(notification("notifications/subscriptions/acknowledged", ack)).ok).toBe(true);
    expect(changed()).toMatchObject({ ok: true, exchange, params: { _meta: { [META.subscription]: "s" } } });
    expect(JSON.stringify(changed())).not.toContain("agentk/decision");
    expect(session.admitFromServer(notification("notifications/tools/list_changed")).ok).toBe(false);
  });

  it("a task's result comes for no task that was not begun here", () => {
    const status = { taskId: "t", status: "completed", result: { content: [] } };
    expect(made().session.admitFromServer(notification("notifications/tasks", status)).ok).toBe(false);
  });
});

it("no more than so many streams are open", () => {
  const { session, subscriptions } = made();
  const listen = (id: number) => request(id, "subscriptions/listen", { notifications: {} });
  for (let id = 0; id < MAX_STREAMS; id++) {
    send(session, listen(id));
    subscriptions.open(id, {});
  }
  expect(verdictOf(session.admit(listen(99)))).toBe("lifecycle -32600");
  session.settle(0);
  expect(verdictOf(session.admit(listen(99)))).toBe("ok");
});
