import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../../src/base/bytes.js";
import type { JsonObject } from "../../src/base/json.js";
import { MAX_ABANDONED_IDS } from "../../src/base/limits.js";
import { MCP_FEATURES, type PolicyMcp } from "../../src/policy/ast.js";
import { CONTRACTS } from "../../src/mcp/methods/table.js";
import type { Phase } from "../../src/mcp/methods/contract.js";
import { Session } from "../../src/mcp/session.js";
import type { Exchange } from "../../src/mcp/session.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "../../src/mcp/wire/message.js";
import { readMessage } from "../../src/mcp/wire/read.js";
import { errorLine, notificationLine, requestLine, resultLine } from "../../src/mcp/wire/write.js";

function message(line: string, origin: "client" | "server" = "client"): Message {
  const found = readMessage(utf8Bytes(line), origin);
  if (!found.ok) throw new Error(found.error.code);
  return found.value;
}
const request = (id: RequestId, method: string, params?: JsonObject) =>
  message(requestLine(id, method, params)) as RequestMessage;
const notification = (method: string, params?: JsonObject) =>
  message(notificationLine(method, params)) as NotificationMessage;

const hello = { protocolVersion: "2025-06-18", capabilities: { roots: {} }, clientInfo: { name: "c", version: "1" } };
const welcome = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: { listChanged: true }, logging: {} },
  serverInfo: { name: "s", version: "1" },
};
const PARAMS: Readonly<Record<string, JsonObject>> = {
  initialize: hello,
  "tools/call": { name: "t" },
  "resources/read": { uri: "file:///a" },
  "resources/subscribe": { uri: "file:///a" },
  "resources/unsubscribe": { uri: "file:///a" },
  "prompts/get": { name: "p" },
  "completion/complete": { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "v" } },
  "logging/setLevel": { level: "info" },
  "notifications/cancelled": { requestId: "running" },
  "notifications/progress": { progressToken: "running", progress: 1 },
};

/** A request admitted, begun and forwarded, as the relay does it. */
function send(session: Session, sent: RequestMessage): Exchange {
  const admission = session.admit(sent);
  if (!admission.ok) throw new Error(admission.detail);
  const exchange = session.begin(sent);
  expect(session.forward(exchange, "c1")).toBe(true);
  return exchange;
}

/** A session in a phase, reached by the messages that lead there. */
function sessionIn(phase: Phase, mcp?: PolicyMcp): Session {
  const session = new Session(mcp === undefined ? {} : { mcp });
  const reach: [Phase, () => unknown][] = [
    ["initializing", () => send(session, request("init", "initialize", hello))],
    ["initialized", () => [session.settle("init"), session.establish(welcome)]],
    ["ready", () => session.admit(notification("notifications/initialized"))],
  ];
  for (const [name, go] of reach) if (PHASES.indexOf(name) <= PHASES.indexOf(phase)) go();
  if (phase === "closed") session.close();
  expect(session.phase).toBe(phase);
  return session;
}

function refusalOf(session: Session, given: Message): string {
  const admission = session.admit(given);
  return admission.ok ? "ok" : `${admission.refusal} ${String(admission.rpcCode)}`;
}

const ALL: PolicyMcp = { features: MCP_FEATURES, roots: ["file:///w"], trace: false, early_answers: false };
const PHASES: Phase[] = ["opening", "initializing", "initialized", "ready", "closed"];
const LIFECYCLE = "lifecycle -32600";
const MATRIX: Readonly<Record<string, readonly Phase[]>> = {
  initialize: ["opening"],
  ping: ["opening", "initializing", "initialized", "ready"],
  "tools/list": ["ready"],
  "tools/call": ["ready"],
  "resources/list": ["ready"],
  "resources/templates/list": ["ready"],
  "resources/read": ["ready"],
  "resources/subscribe": ["ready"],
  "resources/unsubscribe": ["ready"],
  "prompts/list": ["ready"],
  "prompts/get": ["ready"],
  "completion/complete": ["ready"],
  "logging/setLevel": ["ready"],
  "notifications/initialized": ["initialized"],
  "notifications/cancelled": ["opening", "initializing", "initialized", "ready"],
  // A client can progress on a request of the server only, and there is none here.
  "notifications/progress": [],
};

describe("every method in every phase", () => {
  // Those of the revision that the session speaks; what is of a later one alone is not there.
  const spoken = CONTRACTS.filter(({ sender, revisions }) => sender === "client" && revisions.includes("2025-06-18"));
  const cases = spoken.flatMap((row) => PHASES.map((phase) => [row.method, phase, row.form] as const));

  it.each(cases)("%s when %s", (method, phase, form) => {
    const session = sessionIn(phase, ALL);
    if (phase !== "closed") send(session, request("running", "ping"));
    const given = form === "request" ? request(1, method, PARAMS[method]) : notification(method, PARAMS[method]);
    const isAllowed = MATRIX[method]?.includes(phase) === true;
    expect(refusalOf(session, given)).toBe(isAllowed ? "ok" : LIFECYCLE);
    if (method !== "notifications/initialized") expect(session.phase).toBe(phase);
  });

  it.each(PHASES)("methods without a contract are not found when %s, so that a probing client falls back", (phase) => {
    for (const method of ["server/discover", "completion/complete", "tasks/get", "Tools/Call", "constructor"])
      expect(refusalOf(sessionIn(phase), request(1, method))).toBe("no-contract -32601");
  });

  it("has no tasks in a revision before 2025-11-25", () => {
    const session = sessionIn("ready", ALL);
    for (const method of ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"])
      expect(refusalOf(session, request(1, method, { taskId: "t" }))).toBe("no-contract -32601");
    expect(refusalOf(session, request(1, "tools/call", { name: "t", task: {} }))).toBe("malformed -32602");
  });

  it("becomes ready once, by the client's notification", () => {
    const session = sessionIn("initialized");
    expect(refusalOf(session, notification("notifications/initialized"))).toBe("ok");
    expect(session.phase).toBe("ready");
    expect(refusalOf(session, notification("notifications/initialized"))).toBe(LIFECYCLE);
  });
});

describe("initialize", () => {
  it("puts a revision of ours before the server, and no capabilities", () => {
    const admission = new Session().admit(request(1, "initialize", { ...hello, protocolVersion: "2026-07-28" }));
    expect(admission.ok && admission.params).toEqual({ ...hello, protocolVersion: "2025-11-25", capabilities: {} });
  });

  it("gives the client what is granted of the server and nothing else", () => {
    const session = sessionIn("initializing");
    expect(session.establish(welcome)).toEqual({ ok: true, value: { ...welcome, capabilities: { tools: {} } } });
    expect(session.phase).toBe("initialized");
    expect(session.revision).toBe("2025-06-18");
  });

  it.each([
    { ...welcome, protocolVersion: "2026-07-28" },
    { ...welcome, protocolVersion: 1 },
    { ...welcome, serverInfo: {} },
    {},
  ])("closes the session on an answer against the contract (%#)", (result) => {
    const session = sessionIn("initializing");
    expect(session.establish(result).ok).toBe(false);
    expect(session.phase).toBe("closed");
    expect(session.revision).toBeUndefined();
  });

  it.each(["opening", "ready"] as const)("establishes nothing when %s", (phase) => {
    const session = sessionIn(phase);
    expect(session.establish(welcome).ok).toBe(false);
    expect(session.phase).toBe("closed");
  });

  it("cannot be cancelled by the client, and closes the session when it times out", () => {
    const session = new Session();
    const exchange = send(session, request(0, "initialize", hello));
    expect(refusalOf(session, notification("notifications/cancelled", { requestId: 0 }))).toBe(LIFECYCLE);
    expect(session.abandon(exchange)).toBe(true);
    expect(session.phase).toBe("closed");
  });
});

describe("ids", () => {
  it("refuses an id under way, whatever the method, and takes it again after the answer", () => {
    const session = sessionIn("ready");
    send(session, request(1, "tools/call", { name: "t" }));
    expect(refusalOf(session, request(1, "tools/call", { name: "t" }))).toBe("malformed -32600");
    expect(refusalOf(session, request(1, "no/such"))).toBe("malformed -32600");
    expect(session.settle(1)).toMatchObject({ late: false, exchange: { method: "tools/call", call: "c1" } });
    expect(refusalOf(session, request(1, "tools/list"))).toBe("ok");
  });

  it("takes an id as soon as the request is begun, and frees it when agentk answers itself", () => {
    const session = sessionIn("ready");
    const denied = session.begin(request(1, "tools/call", { name: "t" }));
    expect(refusalOf(session, request(1, "ping"))).toBe("malformed -32600");
    expect([session.release(denied), session.release(denied)]).toEqual([true, false]);
    expect(refusalOf(session, request(1, "ping"))).toBe("ok");
  });
});

describe("requests given up", () => {
  it("keeps the id taken until the late answer, which is told apart", () => {
    const session = sessionIn("ready");
    const exchange = send(session, request(1, "tools/call", { name: "t" }));
    expect(session.abandon(exchange)).toBe(true);
    expect(session.abandon(exchange)).toBe(false);
    expect(refusalOf(session, request(1, "ping"))).toBe("malformed -32600");
    expect(session.settle(1)).toMatchObject({ late: true, exchange: { call: "c1" } });
    expect(session.settle(1)).toBeUndefined();
    expect(refusalOf(session, request(1, "ping"))).toBe("ok");
  });

  it("tells which request a cancellation is about, and refuses one about nothing", () => {
    const session = sessionIn("ready");
    const exchange = send(session, request(1, "tools/list"));
    expect(refusalOf(session, notification("notifications/cancelled", { requestId: "1" }))).toBe(LIFECYCLE);
    const admission = session.admit(notification("notifications/cancelled", { requestId: 1 }));
    expect(admission.ok && admission.exchange).toBe(exchange);
    session.abandon(exchange);
    expect(refusalOf(session, notification("notifications/cancelled", { requestId: 1 }))).toBe(LIFECYCLE);
  });

  it("stops taking requests when too many are given up, rather than forget one", () => {
    const session = sessionIn("ready");
    for (let id = 0; id < MAX_ABANDONED_IDS; id++) session.abandon(send(session, request(id, "ping")));
    expect(refusalOf(session, request("new", "ping"))).toBe(LIFECYCLE);
    expect(session.settle(0)?.late).toBe(true);
    expect(refusalOf(session, request("new", "ping"))).toBe("ok");
  });
});

describe("progress of the server", () => {
  const progress = (progressToken: RequestId, value: number) =>
    notification("notifications/progress", { progressToken, progress: value });
  const asking = (id: RequestId, progressToken: RequestId) =>
    request(id, "tools/call", { name: "t", _meta: { progressToken } });

  it("passes for the token of a request under way while it rises, and names the request", () => {
    const session = sessionIn("ready");
    const exchange = send(session, asking(1, 0));
    expect(session.admitFromServer(progress(0, 0))).toMatchObject({ ok: true, exchange });
    expect(session.admitFromServer(progress(0, 0)).ok).toBe(false);
    expect(session.admitFromServer(progress(1, 1)).ok).toBe(false);
    session.settle(1);
    expect(session.admitFromServer(progress(0, 1)).ok).toBe(false);
  });

  it("is rid of what would pass for the kernel's evidence", () => {
    const session = sessionIn("ready");
    send(session, asking(1, 0));
    const params = { progressToken: 0, progress: 1, _meta: { "agentk/decision": { verdict: "allow" }, keep: 1 } };
    const admission = session.admitFromServer(notification("notifications/progress", params));
    expect(admission.ok && admission.params).toEqual({ progressToken: 0, progress: 1, _meta: { keep: 1 } });
  });

  it("refuses a second request with a token that is still the server's to use", () => {
    const session = sessionIn("ready");
    const exchange = send(session, asking(1, "p"));
    expect(refusalOf(session, asking(2, "p"))).toBe("malformed -32602");
    session.abandon(exchange);
    expect(refusalOf(session, asking(2, "p"))).toBe("malformed -32602");
    session.settle(1);
    expect(refusalOf(session, asking(2, "p"))).toBe("ok");
  });
});

describe("other messages of the server", () => {
  it("refuses its requests and notifications without a contract, and cancellations of anything", () => {
    const session = sessionIn("ready");
    send(session, request(1, "ping"));
    const refused = (given: RequestMessage | NotificationMessage) => {
      const admission = session.admitFromServer(given);
      return admission.ok ? "ok" : `${admission.refusal} ${String(admission.rpcCode)}`;
    };
    for (const method of ["roots/list", "sampling/createMessage", "elicitation/create", "tasks/list", "tools/call"])
      expect(refused(request(9, method))).toBe("no-contract -32601");
    expect(refused(notification("notifications/message", { level: "info", data: "x" }))).toBe("no-contract -32601");
    expect(refused(notification("notifications/cancelled", { requestId: 1 }))).toBe(LIFECYCLE);
    expect(refused(notification("notifications/progress", { progressToken: 1 }))).toBe("malformed -32602");
    session.close();
    expect(refused(notification("notifications/progress", { progressToken: 1, progress: 1 }))).toBe(LIFECYCLE);
  });
});

describe("other messages of the client", () => {
  it("refuses answers: the server has asked nothing", () => {
    const session = sessionIn("ready");
    expect(refusalOf(session, message(resultLine(1, {})))).toBe("no-contract -32600");
    expect(refusalOf(session, message(errorLine(1, { code: 1, message: "" })))).toBe("no-contract -32600");
  });

  it("takes claims out before it checks and forwards params", () => {
    const session = sessionIn("ready");
    const sent = { name: "t", agentk: { labels: ["private"] }, _meta: { "agentk/x": 1, progressToken: 1 } };
    expect(session.admit(request(1, "tools/call", sent))).toMatchObject({
      ok: true,
      params: { name: "t", _meta: { progressToken: 1 } },
      claims: { labels: ["private"], capabilities: 0 },
    });
    const admission = session.admit(request(2, "tools/call", sent));
    expect(JSON.stringify(admission.ok && admission.params)).not.toContain("agentk");
    expect(refusalOf(session, request(3, "tools/call", { name: "t", agentk: { evil: 1 } }))).toBe("malformed -32602");
  });

  it("takes them out of notifications too", () => {
    const admission = sessionIn("initialized").admit(
      notification("notifications/initialized", { agentk: { labels: ["secret"] }, _meta: { "agentk/x": 1 } }),
    );
    expect(admission.ok && admission.params).toEqual({ _meta: {} });
  });

  it("forwards the very params when there was nothing to take, and none when there were none", () => {
    const session = sessionIn("ready");
    const plain = request(1, "tools/call", { name: "t", arguments: {} });
    const admission = session.admit(plain);
    expect(admission.ok && admission.params).toBe(plain.params);
    expect(session.admit(request(2, "tools/list"))).toMatchObject({ ok: true, params: undefined });
  });

  it("says which member of params is at fault", () => {
    const session = sessionIn("ready");
    expect(session.admit(request(1, "tools/call", {}))).toMatchObject({
      refusal: "malformed",
      detail: "params/name is missing",
    });
    expect(refusalOf(session, request(1, "tools/call", { name: "t", evil: 1 }))).toBe("malformed -32602");
  });

  it("counts every message and every unreadable line against the limit", () => {
    const session = new Session({ maxClientMessages: 3 });
    expect(refusalOf(session, request(1, "ping"))).toBe("ok");
    expect(session.count()).toBe(true);
    expect(refusalOf(session, request(2, "no/such"))).toBe("no-contract -32601");
    expect(refusalOf(session, request(3, "ping"))).toBe("message-limit 7001");
    expect(session.count()).toBe(false);
  });
});
