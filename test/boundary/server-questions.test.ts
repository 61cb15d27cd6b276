/** What a server may ask the client, and what it may announce: by feature, rule and the client's own word, or not at all. */
import { expect, test } from "vitest";
import type { ProxyProcess, Reply } from "./proxy-process.js";
import { judgedCalls, startScripted, type ScriptedProxy } from "./scripted-proxy.js";
import { verifyFile } from "./recorded.js";

const KINDS = `"tool.describe", "tool.invoke", "tool.response", "resource.read", "resource.response"`;
const DENY = `[[rules]]\nid = "default-deny"\neffect = "deny"\n`;

function policyOf(mcp: string, kinds = KINDS): string {
  return `[mcp]\n${mcp}\n[[rules]]\nid = "all"\neffect = "allow"\n[rules.when]\nsyscalls = [${kinds}]\n${DENY}`;
}

const ASKING = `features = ["tools", "resources", "sampling", "elicitation", "logging", "subscribe", "list-changed"]`;
const BOTH = `${KINDS}, "model.call", "human.approve"`;
const DECLARED = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };

async function started(name: string, policy: string, capabilities: object = DECLARED): Promise<ScriptedProxy> {
  const scripted = startScripted(name, { policy });
  const clientInfo = { name: "test", version: "1" };
  await scripted.proxy.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
  scripted.proxy.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  return scripted;
}

const MESSAGES = [{ role: "user", content: { type: "text", text: "What is the capital of France?" } }];
const SAMPLING = { messages: MESSAGES, maxTokens: 10, _meta: { "vendor/x": 1 } };
const FORM = { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } };
const LINK = { mode: "url", message: "Log in", elicitationId: "e1", url: "https://a.example/login" };

/** Has the server ask, under the id `q`. */
async function ask(proxy: ProxyProcess, method: string, params: object, id: string | number = "q"): Promise<void> {
  await proxy.call("ask", { id, method, params });
}

/** What the server has got under an id: a few calls after it, it has got it or never will. */
async function answerSeen({ proxy, seen }: ScriptedProxy, id: string | number = "q"): Promise<Reply | undefined> {
  for (let calls = 0; calls < 5; calls++) {
    await proxy.call("echo");
    const lines = seen().map((line) => JSON.parse(line) as Reply);
    const found = lines.find((message) => message.id === id && message.method === undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isQuestion = (reply: Reply): boolean => reply.id === "q" && reply.method !== undefined;

async function ended({ proxy }: ScriptedProxy): Promise<void> {
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  expect(verifyFile(proxy.log)).toMatchObject({ ok: true, ending: "sealed" });
}

// Claim: B4
test("ping and roots are answered by agentk; the client hears of neither", async () => {
  const scripted = await started("roots", policyOf('roots = ["file:///home/me/project"]'));
  const { proxy } = scripted;
  await ask(proxy, "ping", {}, 1);
  await ask(proxy, "roots/list", {}, 2);
  expect(await answerSeen(scripted, 1)).toMatchObject({ result: {} });
  expect(await answerSeen(scripted, 2)).toMatchObject({ result: { roots: [{ uri: "file:///home/me/project" }] } });
  expect(proxy.replies.filter(({ method }) => method !== undefined)).toEqual([]);
  const facts = proxy.events().flatMap(({ value: { fact } }) => fact ?? []);
  expect(facts).toEqual(expect.arrayContaining(["server-ping", "roots-listed"]));
  // The server knows the roots that agentk answers, not those the client has.
  expect(JSON.parse(scripted.seen()[0] ?? "")).toMatchObject({ params: { capabilities: { roots: {} } } });
  await ended(scripted);
});

const CLIENT_ROOTS = `[mcp]
features = ["tools"]
roots = "client"
[[rules]]
id = "roots"
effect = "allow"
[rules.when]
syscalls = ["context.read"]
target = "client/roots"
[[rules]]
id = "tools"
effect = "allow"
[rules.when]
syscalls = ["tool.describe", "tool.invoke", "tool.response"]
${DENY}`;
const HOME = { roots: [{ uri: "file:///home/me", name: "me" }] };

test("the client's own roots are asked for and recorded, where the operator and a rule let them", async () => {
  const scripted = await started("client-roots", CLIENT_ROOTS);
  const { proxy } = scripted;
  await ask(proxy, "roots/list", { _meta: { "vendor/x": 1 } });
  expect(await proxy.reply(isQuestion)).toEqual({ jsonrpc: "2.0", id: "q", method: "roots/list", params: {} });
  proxy.send({ jsonrpc: "2.0", id: "q", result: HOME });
  expect((await answerSeen(scripted))?.result).toEqual(HOME);
  expect(judgedCalls(proxy).filter(({ from }) => from === "server")).toEqual([
    { from: "server", kind: "context.read", target: "client/roots", decision: "allow:roots" },
  ]);
  const [page] = proxy.events().filter(({ value }) => value["method"] === "roots/list#result");
  expect(page?.value).toMatchObject({ labels: expect.arrayContaining(["untrusted"]) as string[] });
  expect(JSON.parse(scripted.seen()[0] ?? "")).toMatchObject({ params: { capabilities: { roots: {} } } });
  await ended(scripted);
});

const NO_RULE = CLIENT_ROOTS.replace("client/roots", "elsewhere");

test.each([
  ["no rule allows it", NO_RULE, DECLARED, 7001],
  ["the client has none", CLIENT_ROOTS, { sampling: {} }, -32601],
])("the client is not asked for its roots when %s", async (_, policy, capabilities, code) => {
  const scripted = await started("no-client-roots", policy, capabilities);
  await ask(scripted.proxy, "roots/list", {}, 1);
  expect((await answerSeen(scripted, 1))?.error?.code).toBe(code);
  expect(scripted.proxy.replies.filter(({ method }) => method !== undefined)).toEqual([]);
  await ended(scripted);
});

test("a root that is no file of one spelling does not reach the server", async () => {
  const scripted = await started("odd-roots", CLIENT_ROOTS);
  await ask(scripted.proxy, "roots/list", {});
  await scripted.proxy.reply(isQuestion);
  scripted.proxy.send({ jsonrpc: "2.0", id: "q", result: { roots: [{ uri: "file:///home/%2e%2e/canary" }] } });
  expect((await answerSeen(scripted))?.error?.code).toBe(7004);
  expect(scripted.seen().join()).not.toContain("canary");
  await ended(scripted);
});

test.each([
  ["the feature is not granted", policyOf("", BOTH), DECLARED, -32601],
  ["the client cannot", policyOf(ASKING, BOTH), {}, -32601],
  ["no rule allows it", policyOf(ASKING), DECLARED, 7001],
])("sampling and elicitation are refused when %s", async (_, policy, capabilities, code) => {
  const scripted = await started("refused", policy, capabilities);
  const { proxy } = scripted;
  await ask(proxy, "sampling/createMessage", SAMPLING, 1);
  await ask(proxy, "elicitation/create", FORM, 2);
  for (const id of [1, 2]) {
    const { error } = (await answerSeen(scripted, id)) ?? {};
    expect(error?.code).toBe(code);
    // Nothing that tells rules apart.
    expect(JSON.stringify(error)).not.toMatch(/rule|policy|default-deny|reason/);
  }
  expect(proxy.replies.filter(({ method }) => method !== undefined)).toEqual([]);
  await ended(scripted);
});

// Claim: B4
test("what is granted is asked of the client, and its answer is recorded before the server gets it", async () => {
  const scripted = await started("sampling", policyOf(ASKING, BOTH));
  const { proxy } = scripted;
  await ask(proxy, "sampling/createMessage", SAMPLING);
  const asked = await proxy.reply(isQuestion);
  expect(asked).toEqual({
    jsonrpc: "2.0",
    id: "q",
    method: "sampling/createMessage",
    params: { messages: MESSAGES, maxTokens: 10 },
  });
  const result = { role: "assistant", content: { type: "text", text: "Paris" }, model: "m-1" };
  proxy.send({ jsonrpc: "2.0", id: "q", result: { ...result, _meta: { "agentk/decision": {} } } });
  // The answer has come when a second question under the same id is taken.
  expect((await answerSeen(scripted))?.result).toEqual({ ...result, _meta: {} });
  expect(judgedCalls(proxy).filter(({ from }) => from === "server")).toEqual([
    { from: "server", kind: "model.call", target: "client", decision: "allow:all" },
  ]);
  const [page] = proxy.events().filter(({ value }) => value["method"] === "sampling/createMessage#result");
  expect(page?.value).toMatchObject({ labels: expect.arrayContaining(["untrusted"]) as string[] });
  await ended(scripted);
});

test.each([
  ["a member that was not asked for", { action: "accept", content: { name: "x", password: "hunter2" } }, 7004],
  ["content of a form that was declined", { action: "decline", content: { name: "x" } }, 7004],
  ["an answer of no known form", { action: "maybe" }, 7004],
])("an answer with %s does not reach the server", async (_, result, code) => {
  const scripted = await started("answers", policyOf(ASKING, BOTH));
  await ask(scripted.proxy, "elicitation/create", FORM);
  await scripted.proxy.reply(isQuestion);
  scripted.proxy.send({ jsonrpc: "2.0", id: "q", result });
  expect((await answerSeen(scripted))?.error?.code).toBe(code);
  expect(scripted.seen().join()).not.toContain("hunter2");
  await ended(scripted);
});

test("a form that asks for a secret is refused, and the text of the client's error is kept back", async () => {
  const scripted = await started("secrets", policyOf(ASKING, BOTH));
  const properties = { api_key: { type: "string" } };
  await ask(scripted.proxy, "elicitation/create", { ...FORM, requestedSchema: { type: "object", properties } }, 1);
  expect((await answerSeen(scripted, 1))?.error?.code).toBe(-32602);
  await ask(scripted.proxy, "elicitation/create", FORM);
  await scripted.proxy.reply(isQuestion);
  scripted.proxy.send({ jsonrpc: "2.0", id: "q", error: { code: -1, message: "user typed hunter2" } });
  expect((await answerSeen(scripted))?.error).toEqual({ code: -1, message: "the user rejected the request" });
  await ended(scripted);
});

test("two questions under one id in one write: the first is asked, the second refused, and the run goes on", async () => {
  const scripted = await started("twice", policyOf(ASKING, BOTH));
  const { proxy } = scripted;
  const line = JSON.stringify({ jsonrpc: "2.0", id: "q", method: "elicitation/create", params: FORM });
  const answer = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}';
  void proxy.call("raw", { line: [line, line, answer].join("\n") });
  await proxy.reply(isQuestion);
  proxy.send({ jsonrpc: "2.0", id: "q", result: { action: "decline" } });
  await answerSeen(scripted);
  const answers = scripted.seen().map((text) => JSON.parse(text) as Reply);
  const codes = answers.filter(({ id, method }) => id === "q" && method === undefined).map(({ error }) => error?.code);
  expect(codes.sort()).toEqual([-32600, undefined]);
  expect(proxy.replies.filter(isQuestion)).toHaveLength(1);
  await ended(scripted);
});

test("a link is shown whole, and its end is told once, for a link that was handed on", async () => {
  const scripted = await started("links", policyOf(ASKING, BOTH));
  const { proxy } = scripted;
  const done = { jsonrpc: "2.0", method: "notifications/elicitation/complete", params: { elicitationId: "e1" } };
  const twice = `${JSON.stringify(done)}\n${JSON.stringify(done)}\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}`;
  await proxy.call("raw", { line: twice });
  expect(proxy.replies.filter(({ method }) => method === done.method)).toEqual([]);
  await ask(proxy, "elicitation/create", LINK);
  expect((await proxy.reply(isQuestion)).params).toEqual(LINK);
  proxy.send({ jsonrpc: "2.0", id: "q", result: { action: "accept" } });
  expect((await answerSeen(scripted))?.result).toEqual({ action: "accept" });
  await proxy.call("raw", { line: twice });
  expect(proxy.replies.filter(({ method }) => method === done.method)).toEqual([done]);
  await ended(scripted);
});

test("a question that the server gives up is taken back from the client; a late answer goes nowhere", async () => {
  const scripted = await started("gave-up", policyOf(ASKING, BOTH));
  const { proxy } = scripted;
  await ask(proxy, "sampling/createMessage", SAMPLING);
  await proxy.reply(isQuestion);
  const line = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q","reason":"canary"}}\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}`;
  await proxy.call("raw", { line });
  const told = await proxy.reply(({ method }) => method === "notifications/cancelled");
  expect(told.params).toEqual({ requestId: "q" });
  proxy.send({ jsonrpc: "2.0", id: "q", result: { role: "assistant", content: MESSAGES[0]?.content, model: "m" } });
  expect(await answerSeen(scripted)).toBeUndefined();
  const facts = proxy.events().flatMap(({ value: { fact } }) => fact ?? []);
  expect(facts).toContain("late-answer");
  await ended(scripted);
});

test("a client that leaves a question open does not keep the run from ending, nor one that never answers", async () => {
  const scripted = await started("left", policyOf(ASKING, BOTH));
  await ask(scripted.proxy, "sampling/createMessage", SAMPLING);
  await scripted.proxy.reply(isQuestion);
  await ended(scripted);
  const outcome = scripted.proxy.events().find(({ type, value }) => type === "outcome" && value.status === "unknown");
  expect(outcome).toBeDefined();

  const slow = startScripted("slow", { policy: policyOf(ASKING, BOTH), flags: ["--response-timeout-ms", "300"] });
  const clientInfo = { name: "test", version: "1" };
  await slow.proxy.request("initialize", { protocolVersion: "2025-11-25", capabilities: DECLARED, clientInfo });
  slow.proxy.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await ask(slow.proxy, "sampling/createMessage", SAMPLING);
  await slow.proxy.reply(({ method }) => method === "notifications/cancelled");
  expect((await answerSeen(slow))?.error?.code).toBe(7003);
  await ended(slow);
});

test("an answer to nothing the server asked is refused, also under an id that the client itself uses", async () => {
  const scripted = await started("orphan", policyOf(ASKING, BOTH));
  scripted.proxy.send({ jsonrpc: "2.0", id: "q", result: { role: "assistant" } });
  expect(await answerSeen(scripted)).toBeUndefined();
  expect(judgedCalls(scripted.proxy)).toContainEqual(
    expect.objectContaining({ target: "answer:result", decision: "deny:no-contract" }),
  );
  await ended(scripted);
});

test("a list that changed is announced bare, and only where that is granted", async () => {
  const line = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"x":"canary"}}}\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}`;
  const granted = await started("changed", policyOf(ASKING));
  await granted.proxy.call("raw", { line });
  const isChange = ({ method }: Reply): boolean => method === "notifications/tools/list_changed";
  expect(granted.proxy.replies.filter(isChange)).toEqual([
    { jsonrpc: "2.0", method: "notifications/tools/list_changed" },
  ]);
  await ended(granted);
  const closed = await started("changed", policyOf(""));
  await closed.proxy.call("raw", { line });
  expect(closed.proxy.replies.filter(isChange)).toEqual([]);
  await ended(closed);
});

test("a flood of what is granted is bounded, said once and counted", async () => {
  const scripted = await started("flood", policyOf(ASKING));
  await scripted.proxy.call("flood", { count: 3000 });
  const messages = scripted.proxy.replies.filter(({ method }) => method === "notifications/message");
  expect(messages.length).toBeGreaterThanOrEqual(200);
  // A burst of 256, and what a slow machine lets through beside it.
  expect(messages.length).toBeLessThan(2000);
  await ended(scripted);
  const events = scripted.proxy.events();
  expect(events.filter(({ value: { fact } }) => fact === "server-flood")).toHaveLength(1);
  expect(events.at(-1)?.value["strays"]).toBe(3000 - messages.length);
});
