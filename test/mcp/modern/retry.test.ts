import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/base/json.js";
import { toolsCall } from "../../../src/mcp/modern/contracts/tools.js";
import {
  answersIn,
  askedResult,
  MAX_RETRIES,
  questionsOf,
  RETRY_MS,
  retryParams,
  type Question,
} from "../../../src/mcp/modern/retry.js";
import { madeRetries, ROOT } from "./fixture.js";

const ASKED = { method: "tools/call", target: "t", params: { name: "t", arguments: { a: 1 }, _meta: {} } };
const form = {
  method: "elicitation/create",
  params: { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } },
};
const url = { method: "elicitation/create", params: { mode: "url", message: "Go", url: "https://a.example/x?y" } };
const sampling = {
  method: "sampling/createMessage",
  params: { maxTokens: 10, messages: [{ role: "user", content: { type: "text", text: "hi" } }] },
};
const roots = { method: "roots/list" };

function asking(inputRequests: JsonObject): JsonObject {
  return { resultType: "input_required", inputRequests, requestState: "server's own" };
}

const faultOf = (one: unknown) => toolsCall.result.check(asking({ a: one as JsonObject }), "");

describe("a handle", () => {
  it("is good for the same request, once", () => {
    const retries = madeRetries();
    const handle = retries.open(ASKED, { questions: [], state: "s" }) ?? "";
    expect(handle).toHaveLength(48);
    const again = { ...ASKED, params: { ...ASKED.params, _meta: { x: 1 }, requestState: handle, inputResponses: {} } };
    expect(retries.redeem(handle, again)).toMatchObject({ ok: true, value: { pending: { state: "s" } } });
    expect(retries.redeem(handle, again).ok).toBe(false);
  });

  it.each([
    ["another method", { ...ASKED, method: "prompts/get" }],
    ["another target", { ...ASKED, target: "u" }],
    ["another argument", { ...ASKED, params: { name: "t", arguments: { a: 2 } } }],
    ["an argument more", { ...ASKED, params: { name: "t", arguments: { a: 1, b: 1 } } }],
    ["no arguments", { ...ASKED, params: { name: "t" } }],
  ])("is refused with %s, and still good for its own", (_, other) => {
    const retries = madeRetries();
    const handle = retries.open(ASKED, { questions: [] }) ?? "";
    expect(retries.redeem(handle, other)).toMatchObject({ ok: false });
    expect(retries.redeem(handle, ASKED).ok).toBe(true);
  });

  it("is refused after its time, and those who wait are told", () => {
    const clock = { now: 5 };
    let expired = 0;
    const retries = madeRetries(clock, () => expired++);
    const handle = retries.open(ASKED, { questions: [] }) ?? "";
    clock.now += RETRY_MS - 1;
    retries.expire();
    expect(expired).toBe(0);
    clock.now += 1;
    expect(retries.redeem(handle, ASKED).ok).toBe(false);
    expect([expired, retries.size]).toEqual([1, 0]);
  });

  it("is not given when too many wait, and none is dropped for it", () => {
    const retries = madeRetries();
    const first = retries.open(ASKED, { questions: [] }) ?? "";
    for (let i = 1; i < MAX_RETRIES; i++) retries.open(ASKED, { questions: [] });
    expect(retries.open(ASKED, { questions: [] })).toBeUndefined();
    expect(retries.redeem(first, ASKED).ok).toBe(true);
    expect(retries.open(ASKED, { questions: [] })).toBeDefined();
  });

  it("gives each of several retries its own state, whatever their order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), fc.array(fc.nat(4)), (order, guesses) => {
        const retries = madeRetries();
        const asked = (n: number) => ({ ...ASKED, params: { name: "t", arguments: { n } } });
        const handles = order.map((_, n) => retries.open(asked(n), { questions: [], state: `s${String(n)}` }) ?? "");
        for (const guess of guesses)
          expect(retries.redeem(handles[guess] ?? "", asked((guess + 1) % 5)).ok).toBe(false);
        for (const n of order)
          expect(retries.redeem(handles[n] ?? "", asked(n))).toMatchObject({
            value: { pending: { state: `s${String(n)}` } },
          });
        expect(retries.size).toBe(0);
      }),
    );
  });
});

describe("what a server may ask", () => {
  it.each([
    ["a form", form],
    ["a link", url],
    ["a model", sampling],
    ["roots", roots],
  ])("is %s", (_, question) => {
    expect(faultOf(question)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["another method", { method: "tools/call", params: {} }],
    ["ping", { method: "ping" }],
    ["an id", { ...form, id: 1 }],
    ["a link without TLS", { ...url, params: { ...url.params, url: "http://a.example/" } }],
    ["a link with credentials", { ...url, params: { ...url.params, url: "https://bank.example@evil.example/" } }],
    ["a link with a backslash", { ...url, params: { ...url.params, url: "https://a.example\\@b" } }],
    ["a script", { ...url, params: { ...url.params, url: "javascript:alert(1)" } }],
    ["a mode that is none", { ...url, params: { ...url.params, mode: "file" } }],
    ["what others have said", { ...sampling, params: { ...sampling.params, includeContext: "allServers" } }],
    ["an unknown member", { ...sampling, params: { ...sampling.params, evil: 1 } }],
    ["a form within a form", formOf({ name: { type: "object" } })],
    ["a password", formOf({ password: { type: "string" } })],
    ["a key by its title", formOf({ a: { type: "string", title: "Your API key" } })],
  ])("is never %s", (_, question) => {
    expect(faultOf(question)).toBeDefined();
  });

  it("is nothing at all with neither a question nor a state", () => {
    expect(toolsCall.result.check({ resultType: "input_required" }, "")).toBeDefined();
    expect(toolsCall.result.check({ resultType: "input_required", requestState: "s" }, "")).toBeUndefined();
  });

  it.each<[string, JsonObject, unknown, boolean]>([
    ["a form with an empty capability", { elicitation: {} }, form, true],
    ["a form where forms are offered", { elicitation: { form: {} } }, form, true],
    ["a form where links alone are offered", { elicitation: { url: {} } }, form, false],
    ["a link where forms alone are offered", { elicitation: { form: {} } }, url, false],
    ["a link where links are offered", { elicitation: { url: {} } }, url, true],
    ["a form where nothing is", {}, form, false],
    ["a model where it is offered", { sampling: {} }, sampling, true],
    ["a model where it is not", { elicitation: {} }, sampling, false],
    ["tools for it where they are not", { sampling: {} }, withTools(), false],
    ["tools for it where they are", { sampling: { tools: {} } }, withTools(), true],
    ["a turn with a tool's result where tools are not offered", { sampling: {} }, afterTool(), false],
    ["roots where the operator gave none", {}, roots, false],
    ["roots where he did", { roots: {} }, roots, true],
  ])("%s", (_, capabilities, question, isOk) => {
    expect(questionsOf(asking({ a: question as JsonObject }), capabilities, false).ok).toBe(isOk);
  });
});

function formOf(properties: JsonObject) {
  return { method: "elicitation/create", params: { message: "", requestedSchema: { type: "object", properties } } };
}

function withTools() {
  return { ...sampling, params: { ...sampling.params, tools: [] } };
}

function afterTool() {
  const content = [{ type: "tool_result", toolUseId: "1", content: [] }];
  return { ...sampling, params: { ...sampling.params, messages: [{ role: "user", content }] } };
}

describe("what goes back and forth", () => {
  const questions: readonly Question[] = [
    { key: "who", kind: "elicitation", method: "elicitation/create", params: form.params },
    { key: "where", kind: "roots", method: "roots/list", params: {}, isOurs: true },
  ];

  it("the client never sees the server's state, nor a question about roots", () => {
    const told = askedResult({ ...asking({ who: form, where: roots }), evil: 1 }, "handle", questions);
    expect(told).toEqual({ resultType: "input_required", inputRequests: { who: form }, requestState: "handle" });
    const alone = askedResult(asking({ where: roots }), "handle", questions.slice(1));
    expect(alone).toEqual({ resultType: "input_required", requestState: "handle" });
  });

  it("the server gets its own state, answers to what it asked, and the operator's roots", () => {
    const given = {
      name: "t",
      requestState: "handle",
      inputResponses: {
        who: { action: "accept", content: { name: "Ada" } },
        where: { roots: [{ uri: "file:///etc" }] },
        unasked: { action: "accept" },
      },
    };
    const pending = { questions, state: "server's own" };
    const answers = answersIn(pending, given);
    if (!answers.ok) throw new Error(answers.error);
    expect(retryParams(given, pending, answers.value, [ROOT])).toEqual({
      name: "t",
      requestState: "server's own",
      inputResponses: { who: given.inputResponses.who, where: { roots: [{ uri: ROOT }] } },
    });
  });

  it("where the client is asked for its roots, they are a question like any other", () => {
    const found = questionsOf(asking({ where: roots }), { roots: {} }, true);
    if (!found.ok) throw new Error(found.error);
    expect(askedResult(asking({ where: roots }), "handle", found.value)).toMatchObject({
      inputRequests: { where: { method: "roots/list", params: {} } },
    });
    const pending = { questions: found.value };
    const where = { roots: [{ uri: "file:///home/me", name: "me" }] };
    const answers = answersIn(pending, { inputResponses: { where } });
    if (!answers.ok) throw new Error(answers.error);
    expect(retryParams({}, pending, answers.value, [])).toEqual({ inputResponses: { where } });
    expect(retryParams({}, pending, [], [])).toEqual({ inputResponses: {} });
  });

  it.each<[string, JsonObject]>([
    ["of no form", { roots: {} }],
    ["on the web", { roots: [{ uri: "https://a.example/" }] }],
    ["on another host", { roots: [{ uri: "file://host/a" }] }],
    ["that leads elsewhere", { roots: [{ uri: "file:///a/../etc" }] }],
    ["that hides where it leads", { roots: [{ uri: "file:///a/%2e%2e/etc" }] }],
    ["without a URI", { roots: [{ name: "a" }] }],
    ["of too many", { roots: Array.from({ length: 257 }, () => ({ uri: "file:///a" })) }],
  ])("a client's root %s is refused", (_, where) => {
    const question: Question = { key: "where", kind: "roots", method: "roots/list", params: {} };
    expect(answersIn({ questions: [question] }, { inputResponses: { where } }).ok).toBe(false);
  });

  it("a retry without a state of the server's has none", () => {
    expect(retryParams({ requestState: "handle" }, { questions: [] }, [], [])).toEqual({});
  });

  it.each<[string, JsonObject]>([
    ["no action", {}],
    ["an action that is none", { action: "approve" }],
    ["an object as a value", { action: "accept", content: { name: {} } }],
    ["a field that was not asked for", { action: "accept", content: { password: "p" } }],
    ["content although it was declined", { action: "decline", content: { name: "Ada" } }],
  ])("an answer with %s is refused", (_, who) => {
    expect(answersIn({ questions }, { inputResponses: { who } }).ok).toBe(false);
  });
});
