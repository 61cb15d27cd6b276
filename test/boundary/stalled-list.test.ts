/** A server that does not say what it lists, and a client that goes on asking: what waits is bounded. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { JsonObject } from "../../src/base/json.js";
import { MAX_IN_FLIGHT, MAX_LINE_BYTES } from "../../src/base/limits.js";
import { RESPONSE_TIMEOUT_MS, startInProcess, type InProcess, type Server, type Talk } from "./in-process.js";

const INFO = { name: "stalled", version: "1" };

function said(id: unknown, result: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

function answer({ id, method }: JsonObject): readonly string[] {
  if (method === "initialize")
    return [said(id, { protocolVersion: "2025-11-25", capabilities: { tools: {}, prompts: {} }, serverInfo: INFO })];
  return method === "tools/call" ? [said(id, { content: [] })] : [];
}

async function open(run: InProcess, server: Server = answer): Promise<Talk> {
  const talk = await run.talk(server);
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: INFO };
  talk.client(JSON.stringify({ jsonrpc: "2.0", id: "init", method: "initialize", params }));
  await talk.idle();
  talk.client(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  await talk.idle();
  return talk;
}

function call(talk: Talk, id: number, text = ""): void {
  const params = { name: "echo", arguments: { text } };
  talk.client(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }));
}

/** Answers the server's list as it was asked for. */
function list(talk: Talk, method: string, member: string, items: readonly object[]): void {
  const asked = talk.toServer.map((line) => JSON.parse(line) as JsonObject).find((line) => line["method"] === method);
  talk.server(said(asked?.["id"], { [member]: items }));
}

function answers(talk: Talk): readonly JsonObject[] {
  return talk.toClient.map((line) => JSON.parse(line) as JsonObject).filter(({ id }) => typeof id === "number");
}

const ECHO = { name: "echo", inputSchema: { type: "object" } };

test("so many calls wait for the server's list, and one more is refused that may be tried again", async () => {
  const run = await startInProcess("stalled-many");
  const talk = await open(run);
  for (let id = 0; id < MAX_IN_FLIGHT; id++) call(talk, id);
  await talk.settled();
  expect(answers(talk)).toEqual([]);
  call(talk, MAX_IN_FLIGHT);
  await talk.settled();
  const evidence = { rule: "lifecycle", retryable: true, verdict: "deny" };
  expect(answers(talk)).toMatchObject([
    { id: MAX_IN_FLIGHT, result: { isError: true, _meta: { "agentk/decision": evidence } } },
  ]);
  list(talk, "tools/list", "tools", [ECHO]);
  await talk.idle();
  expect(answers(talk).filter(({ result }) => JSON.stringify(result) === '{"content":[]}')).toHaveLength(MAX_IN_FLIGHT);
  call(talk, MAX_IN_FLIGHT);
  await talk.idle();
  expect(answers(talk).at(-1)).toMatchObject({ id: MAX_IN_FLIGHT, result: { content: [] } });
  await talk.end();
  await run.close();
});

test("what waits has the length of one message in all, also behind a call that waits for another list", async () => {
  const run = await startInProcess("stalled-long");
  const talk = await open(run);
  const half = "x".repeat(MAX_LINE_BYTES / 2);
  talk.client(JSON.stringify({ jsonrpc: "2.0", id: "p", method: "prompts/get", params: { name: "p" } }));
  call(talk, 1, half);
  await talk.settled();
  list(talk, "tools/list", "tools", [ECHO]);
  await talk.settled();
  expect(answers(talk)).toEqual([]);
  call(talk, 2, half);
  await talk.settled();
  expect(answers(talk)).toMatchObject([{ id: 2, result: { isError: true } }]);
  list(talk, "prompts/list", "prompts", [{ name: "p" }]);
  await talk.settled();
  expect(answers(talk).at(-1)).toEqual({ jsonrpc: "2.0", id: 1, result: { content: [] } });
  await talk.end();
  await run.close();
});

test("a list that goes on and on is waited for as long as one call may wait", async () => {
  const run = await startInProcess("stalled-pages");
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  let pages = 0;
  const talk = await open(run, (request) => {
    if (request["method"] !== "tools/list") return answer(request);
    vi.advanceTimersByTime(RESPONSE_TIMEOUT_MS / 2 + 1);
    return [said(request["id"], { tools: [], nextCursor: String(++pages) })];
  });
  call(talk, 1);
  await talk.idle();
  expect(pages).toBe(2);
  const evidence = { rule: "lifecycle", retryable: true };
  expect(answers(talk)).toMatchObject([{ id: 1, result: { _meta: { "agentk/decision": evidence } } }]);
  await talk.end();
  await run.close();
});
