/** A server that asks and does not read what it is told: its questions end with the room for their answers. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/base/json.js";
import { MAX_LINE_BYTES } from "../../src/base/limits.js";
import { startInProcess, type Talk } from "./in-process.js";
import { readRun } from "./recorded.js";

const SERVER_INFO = { name: "unread", version: "1" };
const INITIALIZE = {
  ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: SERVER_INFO },
};

function answer({ id, method }: JsonObject): readonly string[] {
  if (method !== "initialize") return [];
  const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: SERVER_INFO };
  return [JSON.stringify({ jsonrpc: "2.0", id, result })];
}

/** What the server was answered after it has asked under these ids. */
async function answered(talk: Talk, ids: readonly number[], method: string): Promise<readonly unknown[]> {
  const before = talk.toServer.length;
  for (const id of ids) talk.server(JSON.stringify({ jsonrpc: "2.0", id, method }));
  await talk.idle();
  return talk.toServer.slice(before).map((line) => (JSON.parse(line) as JsonObject)["id"]);
}

// Claim: B5
test.each(["ping", "no/such/method"])(
  "a server that asks `%s` gets no answer while it does not read",
  async (method) => {
    const run = await startInProcess("unread");
    const talk = await run.talk(answer);
    talk.client(JSON.stringify(INITIALIZE));
    await talk.idle();
    talk.client(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
    await talk.idle();
    talk.leaveUnread(MAX_LINE_BYTES);
    expect(await answered(talk, [1, 2], method)).toEqual([1, 2]);
    talk.leaveUnread(MAX_LINE_BYTES + 1);
    expect(await answered(talk, [3, 4], method)).toEqual([]);
    talk.leaveUnread(0);
    expect(await answered(talk, [5], method)).toEqual([5]);
    await talk.end();
    const { events } = readRun(await run.close());
    expect(events.filter(({ value: { fact } }) => fact === "server-flood")).toHaveLength(1);
  },
);
