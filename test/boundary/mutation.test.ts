/**
 * Differential mutation: whatever is done to a real message at whatever place, what the kernel did not get to see
 * never reaches the other side. What it saw is what the log and the sealed journal hold. Every single change is tried;
 * AGENTK_TEST_MUTATIONS adds so many pairs of changes to each test, and AGENTK_TEST_SEED says which.
 */
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { PAYLOAD_SLOTS } from "../../src/abi/payload.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonObject, JsonValue } from "../../src/base/json.js";
import { loadOperatorKey } from "../../src/host/operator-key.js";
import { openPayloadStore } from "../../src/host/payload-reader.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { withoutAgentkMeta } from "../../src/mcp/methods/claims.js";
import {
  CACHEABLE,
  CLIENT_ANSWERS,
  CLIENT_NOTIFICATIONS,
  CLIENT_REQUESTS,
  COMPLETE,
  DISCOVERED,
  enveloped,
  HELLO,
  SERVER_ANSWERS,
  SERVER_CALLS,
  TOOLS,
  WELCOME,
} from "./corpus.js";
import { startInProcess, type InProcess, type Server, type Talk } from "./in-process.js";
import { mutations, type Mutation } from "./mutate.js";
import { wholeLines } from "./recorded.js";

const PAIRS = Number(process.env["AGENTK_TEST_MUTATIONS"] ?? 0);
const SEED = Number(process.env["AGENTK_TEST_SEED"] ?? 1);
/** Of one connection: a server with 64 faults is given up. */
const BATCH = 40;
const MARK = /(?:canary|0\.|\b)77\d{7}88/g;

type Marked = Mutation & { readonly mark: string };

let marks = 0;
/** Nine digits of its own between 77 and 88, so that the number alone can be found, too. */
function mark(): string {
  return `canary77${String(++marks).padStart(7, "0")}88`;
}

/** The numbers of the marks in a text, however they were written. */
function marksIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(MARK)].map(([found]) => found.replace(/^(?:canary|0\.)/, "")));
}

/** Every mutation of some messages, and of some of those that are still JSON every mutation once more. */
function mutants(messages: readonly JsonObject[], pairs = PAIRS): readonly Marked[] {
  const all = messages.flatMap((message) => [...mutations(message, mark)]);
  let left = pairs;
  let state = SEED >>> 0;
  while (left > 0) {
    // A linear generator: the same pairs for the same seed.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const first = all[state % all.length];
    const again = first === undefined ? undefined : parsed(first.text);
    if (first === undefined || again === undefined) continue;
    const [second] = [...mutations(again, mark)].slice((state >>> 8) % 40);
    if (second === undefined) continue;
    all.push({ ...second, what: `${first.what}, then ${second.what}` });
    left--;
  }
  return all;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function line(message: JsonObject): string {
  return JSON.stringify({ jsonrpc: "2.0", ...message });
}

/** What correlates messages and says nothing else: an id and the tokens made of it. Bounded, and known to be open. */
function withoutCorrelators(text: string): string {
  const message = JSON.parse(text) as JsonObject;
  const { params } = message;
  const rest = without(message, "id", "params");
  if (typeof params !== "object" || params === null || Array.isArray(params))
    return JSON.stringify({ ...rest, params });
  const meta = without(((params as JsonObject)["_meta"] ?? {}) as JsonObject, "progressToken");
  return JSON.stringify({ ...rest, params: { ...without(params as JsonObject, "requestId", "_meta"), _meta: meta } });
}

function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

interface Seen {
  readonly marks: ReadonlySet<string>;
  /** Canonical texts of the values in the journal. */
  readonly values: ReadonlySet<string>;
}

/** Everything that the kernel of a run has seen. */
function seenBy(log: string): Seen {
  const key = loadOperatorKey(process.env);
  if (key === undefined) throw new Error("there is no operator key");
  const lines = wholeLines(log).map((text) => JSON.parse(text) as { seq: number; value: JsonObject });
  const opened = openPayloadStore(payloadPathOf(log), lines[0]?.value["run"] as string, key);
  if (!opened.ok) throw new Error(opened.error.detail);
  const texts = lines.flatMap(({ seq }) => PAYLOAD_SLOTS.map((slot) => opened.value.get(seq, slot)));
  opened.value.close();
  const values = new Set(texts.filter((text) => text !== undefined));
  return { marks: marksIn([readFileSync(log, "utf8"), ...values].join("\n")), values };
}

/** The default server: answers everything, and holds `hold` until it is told to let go. */
function answering(more: (request: JsonObject) => string | undefined = () => undefined): Server {
  const held: string[] = [];
  return (request) => {
    const { id, method, params } = request;
    if (id === undefined || method === undefined) return [];
    const special = more(request);
    if (special !== undefined) return [special];
    const name = (params as JsonObject | undefined)?.["name"];
    const answer = JSON.stringify({ jsonrpc: "2.0", id, result: resultOf(method) });
    if (name === "hold") return (void held.push(answer), []);
    return name === "release" ? [...held.splice(0), answer] : [answer];
  };
}

const RESULTS: Readonly<Record<string, JsonObject>> = {
  initialize: WELCOME,
  "server/discover": DISCOVERED,
  "tools/list": { ...TOOLS, ...CACHEABLE },
  "tools/call": { content: [], ...COMPLETE },
};

function resultOf(method: JsonValue): JsonObject {
  return (typeof method === "string" ? RESULTS[method] : undefined) ?? {};
}

/** A session of revision 2026-07-28, which begins with any request that says so. */
async function readyModern(run: InProcess, server: Server): Promise<Talk> {
  const talk = await run.talk(server);
  talk.client(line({ id: "hello", method: "server/discover", params: enveloped({}) }));
  await talk.settled();
  talk.client(line({ id: "list", method: "tools/list", params: enveloped({}) }));
  await talk.settled();
  return talk;
}

async function ready(run: InProcess, server: Server): Promise<Talk> {
  const talk = await run.talk(server);
  talk.client(line({ id: "hello", method: "initialize", params: { ...HELLO, protocolVersion: "2025-11-25" } }));
  talk.client(line({ method: "notifications/initialized" }));
  await talk.idle();
  return talk;
}

const call = (id: string, name: string): string => line({ id, method: "tools/call", params: { name } });

interface Delivered {
  readonly to: "client" | "server";
  readonly text: string;
}

/** Marks of what was delivered and never seen, with the mutation that did it. */
function bypasses(all: readonly Marked[], delivered: readonly Delivered[], seen: Seen): readonly string[] {
  const byMark = new Map(all.map((each) => [each.mark.slice("canary".length), each.what]));
  return delivered.flatMap(({ to, text }) =>
    [...marksIn(withoutCorrelators(text))]
      .filter((found) => !seen.marks.has(found))
      .map((found) => `to the ${to}: ${byMark.get(found) ?? found}`),
  );
}

/** Delivered lines that are not the canonical text of what they say, or whose values are not those that were judged. */
function altered(delivered: readonly Delivered[], seen: Seen): readonly string[] {
  const judged = new Set([...seen.values].map((text) => stripped(JSON.parse(text) as JsonValue)));
  return delivered
    .filter(({ text }) => marksIn(withoutCorrelators(text)).size > 0)
    .filter(({ to, text }) => {
      const message = JSON.parse(text) as JsonObject;
      if (canonicalJson(message) !== text) return true;
      const judgedPart = to === "server" ? argumentsOf(message) : toolResultOf(message);
      return judgedPart !== undefined && !judged.has(stripped(judgedPart));
    })
    .map(({ to, text }) => `to the ${to}: ${text}`);
}

function argumentsOf({ method, params }: JsonObject): JsonValue | undefined {
  return method === "tools/call" ? ((params as JsonObject)["arguments"] ?? {}) : undefined;
}

/** Other answers have lenses: capabilities are cut from them, and descriptors. */
function toolResultOf({ result }: JsonObject): JsonValue | undefined {
  return Array.isArray((result as JsonObject | undefined)?.["content"]) ? result : undefined;
}

function stripped(value: JsonValue): string {
  return canonicalJson(withoutAgentkMeta({ value }));
}

const report: string[] = [];
afterAll(() => {
  process.stdout.write(`\n${report.join("\n")}\n`);
});

interface Trial {
  readonly all: readonly Marked[];
  readonly delivered: readonly Delivered[];
  readonly log: string;
}

/** Holds a trial to the property, and says how many mutations it was, and how many of them came through in part. */
function judge(name: string, { all, delivered, log }: Trial, known: readonly RegExp[] = []): void {
  const seen = seenBy(log);
  const through = new Set(delivered.flatMap(({ text }) => [...marksIn(text)])).size;
  const found = bypasses(all, delivered, seen);
  const unknown = found.filter((what) => !known.some((each) => each.test(what)));
  report.push(
    `${name}: ${String(all.length)} mutations, ${String(through)} delivered, ${String(unknown.length)} bypasses, ` +
      `${String(found.length - unknown.length)} by known openings`,
  );
  expect(unknown).toEqual([]);
  // What is known and no longer true is taken off the list.
  expect(known.filter((each) => !found.some((what) => each.test(what)))).toEqual([]);
  expect(altered(delivered, seen)).toEqual([]);
  // A suite in which nothing comes through would show nothing.
  expect(through).toBeGreaterThan(10);
}

/** What reached one side. What an answer of ours repeats to who said it has reached nobody. */
function got(talk: Talk, to: Delivered["to"]): readonly Delivered[] {
  return (to === "server" ? talk.toServer : talk.toClient).map((text) => ({ to, text }));
}

function inBatches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) => all.slice(i * BATCH, (i + 1) * BATCH));
}

/** A mutation with an id and a token of its own, so that many can be under way at once. */
function numbered({ text }: Marked, i: number): string {
  return text.replaceAll('"msg-id"', `"m${String(i)}"`).replaceAll('"token"', `"token${String(i)}"`);
}

/**
 * The known opening, which docs/fuzzing.md explains: what a client program says it is, cut to known members, reaches the server of its own session without a decision.
 */
const KNOWN_IN_HANDSHAKE: readonly RegExp[] = [/^to the server: \/params\/clientInfo/];
const KNOWN_IN_ENVELOPE: readonly RegExp[] = [/^to the server: \/params\/_meta\/io\.modelcontextprotocol\/clientInfo/];

test("of a client's messages: only what was judged reaches the server", { timeout: 60_000 }, async () => {
  const messages: JsonObject[] = [
    ...CLIENT_REQUESTS.map(([method, params]) => ({ jsonrpc: "2.0", id: "msg-id", method, params })),
    ...CLIENT_NOTIFICATIONS.map(([method, params]) => ({ jsonrpc: "2.0", method, params })),
    ...CLIENT_ANSWERS.map((answer) => ({ jsonrpc: "2.0", id: 0, ...answer })),
  ];
  const all = mutants(messages);
  const run = await startInProcess("mutated-client");
  const delivered: Delivered[] = [];
  for (const batch of inBatches(all)) {
    const talk = await ready(run, answering());
    talk.client(call("held", "hold"));
    batch.map(numbered).forEach(talk.client);
    talk.client(call("last", "release"));
    await talk.idle();
    await talk.end();
    delivered.push(...got(talk, "server"));
  }
  judge("client to server", { all, delivered, log: await run.close() });
});

test("of the handshake: only what was judged reaches the other side", { timeout: 60_000 }, async () => {
  const hello: JsonObject = { jsonrpc: "2.0", id: "hello", method: "initialize", params: HELLO };
  const welcome: JsonObject = { jsonrpc: "2.0", id: "hello", result: WELCOME };
  const asked = mutants([hello]);
  const answered = mutants([welcome]);
  const run = await startInProcess("mutated-handshake");
  const delivered: Delivered[] = [];
  const shake = async (to: Delivered["to"], first: string, server: Server): Promise<void> => {
    const talk = await run.talk(server);
    talk.client(first);
    talk.client(line({ method: "notifications/initialized" }));
    await talk.settled();
    await talk.end();
    delivered.push(...got(talk, to));
  };
  for (const { text } of asked) await shake("server", text, answering());
  for (const { text } of answered) {
    await shake(
      "client",
      JSON.stringify(hello),
      answering(({ method }) => (method === "initialize" ? text : undefined)),
    );
  }
  judge("handshake", { all: [...asked, ...answered], delivered, log: await run.close() }, KNOWN_IN_HANDSHAKE);
});

test("of a server's answers: only what was judged reaches the client", { timeout: 60_000 }, async () => {
  const all = SERVER_ANSWERS.flatMap(([method, params, answer]) =>
    mutants([{ jsonrpc: "2.0", id: "msg-id", ...answer }], PAIRS / SERVER_ANSWERS.length).map((each) => ({
      ...each,
      method,
      params,
    })),
  );
  const run = await startInProcess("mutated-server");
  const delivered: Delivered[] = [];
  for (const batch of inBatches(all)) {
    const answers = new Map(batch.map((each, i) => [`m${String(i)}`, numbered(each, i)]));
    const talk = await ready(
      run,
      answering(({ id }) => (typeof id === "string" ? answers.get(id) : undefined)),
    );
    batch.forEach(({ method, params }, i) => {
      talk.client(line({ id: `m${String(i)}`, method, params }));
    });
    await talk.settled();
    await talk.end();
    delivered.push(...got(talk, "client"));
  }
  judge("server's answers to client", { all, delivered, log: await run.close() });
});

test("of what a server says unasked: only what was judged reaches the client", { timeout: 60_000 }, async () => {
  const all = mutants(SERVER_CALLS.map((said) => ({ jsonrpc: "2.0", ...said })));
  const run = await startInProcess("mutated-calls");
  const delivered: Delivered[] = [];
  for (const batch of inBatches(all)) {
    const talk = await ready(run, answering());
    // Each has a call of its own to be about.
    batch.forEach((_, i) => {
      const params = { name: "hold", _meta: { progressToken: `live${String(i)}` } };
      talk.client(line({ id: `held${String(i)}`, method: "tools/call", params }));
    });
    await talk.settled();
    batch.forEach(({ text }, i) => {
      talk.server(text.replaceAll('"live"', `"live${String(i)}"`));
    });
    talk.client(call("last", "release"));
    await talk.settled();
    await talk.end();
    delivered.push(...got(talk, "client"));
  }
  judge("server's calls to client", { all, delivered, log: await run.close() });
});

// Claim: M4
test("of a client of 2026-07-28: only what was judged reaches the server", { timeout: 60_000 }, async () => {
  const all = mutants(
    CLIENT_REQUESTS.map(([method, params]) => ({ jsonrpc: "2.0", id: "msg-id", method, params: enveloped(params) })),
  );
  const run = await startInProcess("mutated-modern-client");
  const delivered: Delivered[] = [];
  for (const batch of inBatches(all)) {
    const talk = await readyModern(run, answering());
    batch.map(numbered).forEach(talk.client);
    await talk.settled();
    await talk.end();
    delivered.push(...got(talk, "server"));
  }
  judge("2026-07-28, client to server", { all, delivered, log: await run.close() }, KNOWN_IN_ENVELOPE);
});

// Claim: M4
test("of a server of 2026-07-28: only what was judged reaches the client", { timeout: 60_000 }, async () => {
  const cases = SERVER_ANSWERS.map(([method, params, answer]) => {
    const more = method === "tools/call" || method === "prompts/get" ? COMPLETE : CACHEABLE;
    const result = answer["result"] as JsonObject | undefined;
    return [method, params, result === undefined ? answer : { result: { ...more, ...result } }] as const;
  });
  const all = cases.flatMap(([method, params, answer]) =>
    mutants([{ jsonrpc: "2.0", id: "msg-id", ...answer }], PAIRS / cases.length).map((each) => ({
      ...each,
      method,
      params: enveloped(params),
    })),
  );
  const run = await startInProcess("mutated-modern-server");
  const delivered: Delivered[] = [];
  for (const batch of inBatches(all)) {
    const answers = new Map(batch.map((each, i) => [`m${String(i)}`, numbered(each, i)]));
    const talk = await readyModern(
      run,
      answering(({ id }) => (typeof id === "string" ? answers.get(id) : undefined)),
    );
    batch.forEach(({ method, params }, i) => {
      talk.client(line({ id: `m${String(i)}`, method, params }));
    });
    await talk.settled();
    await talk.end();
    delivered.push(...got(talk, "client"));
  }
  judge("2026-07-28, server's answers to client", { all, delivered, log: await run.close() });
});
