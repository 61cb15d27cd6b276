/** The mux alone: what goes to which relay under which id, and what comes back under the client's. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MuxEffect } from "../../../src/mcp/gateway/effects.js";
import { Mux } from "../../../src/mcp/gateway/mux.js";
import { clientName, ownName } from "../../../src/mcp/gateway/names.js";

interface Line {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number };
}

const bytes = (message: object): Uint8Array => Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
/** As relays write: RFC 8785. */
const relayed = (id: string | number, body: { result: object }): string =>
  `{"id":${JSON.stringify(id)},"jsonrpc":"2.0","result":${JSON.stringify(body.result)}}`;

const toClient = (effects: readonly MuxEffect[]): readonly Line[] =>
  effects.flatMap((effect) => (effect.do === "to-client" ? [JSON.parse(effect.line) as Line] : []));
const toServers = (effects: readonly MuxEffect[]): readonly (Line & { readonly server: string })[] =>
  effects.flatMap((effect) =>
    effect.do === "to-server" ? [{ server: effect.server, ...(JSON.parse(effect.line) as Line) }] : [],
  );
const refusals = (effects: readonly MuxEffect[]): readonly string[] =>
  effects.flatMap((effect) => (effect.do === "refuse" ? [`${effect.name} ${effect.refusal}`] : []));
const faults = (effects: readonly MuxEffect[]): readonly string[] =>
  effects.flatMap((effect) => (effect.do === "fault" ? [`${effect.server} ${effect.fault}`] : []));

/** Milliseconds on the clock that all see. */
let now = 0;
const time = { pagesMs: () => 100, nowMs: () => now };

const OFFER = { tools: {}, resources: {}, prompts: {} };

function opened(servers: readonly string[] = ["a", "b"], capabilities: object = OFFER): Mux {
  const mux = new Mux({
    servers,
    info: { name: "agentk", version: "0" },
    nonce: "00ff",
    maxClientMessages: 1000,
    time,
  });
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  for (const { server, id = "" } of toServers(mux.fromClient(bytes({ id: 0, method: "initialize", params })))) {
    const result = { capabilities, protocolVersion: "2025-11-25", serverInfo: { name: server, version: "1" } };
    mux.fromRelay(server, relayed(id, { result }));
  }
  return mux;
}

/** Asks for a list and answers for each server. */
function listed(mux: Mux, method: string, results: Readonly<Record<string, readonly object[]>>): readonly MuxEffect[] {
  let effects = mux.fromClient(bytes({ id: `list-${method}`, method, params: {} }));
  const left = new Map(Object.entries(results).map(([server, pages]) => [server, [...pages]]));
  for (;;) {
    const asked = toServers(effects);
    if (asked.length === 0) return effects;
    effects = asked.flatMap(({ server, id = "" }) => {
      const result = left.get(server)?.shift() ?? {};
      return mux.fromRelay(server, relayed(id, { result }));
    });
  }
}

describe("names", () => {
  test("what was made is taken apart again, and nothing else is", () => {
    const id = fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/);
    fc.assert(
      fc.property(id, fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_.-]{1,100}$/)), (server, name) => {
        const whole = clientName(server, name);
        if (whole !== undefined) expect(ownName(whole)).toEqual({ server, name });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const own = ownName(text);
        if (own !== undefined) expect(clientName(own.server, own.name)).toBe(text);
      }),
    );
    expect(ownName("a___x")).toEqual({ server: "a", name: "_x" });
    expect(clientName("a", "x".repeat(126))).toBeUndefined();
    expect(clientName("a", "two words")).toBeUndefined();
    expect(ownName("__x")).toBeUndefined();
  });
});

describe("lists", () => {
  test("all pages of all servers, in the order of the configuration; names that no client takes are kept back", () => {
    const mux = opened();
    const effects = listed(mux, "tools/list", {
      b: [{ tools: [{ name: "only" }] }],
      a: [{ nextCursor: "2", tools: [{ name: "one" }] }, { tools: [{ name: "two" }, { name: "no good" }] }],
    });
    expect(toClient(effects)[0]?.result).toEqual({
      tools: [{ name: "a__one" }, { name: "a__two" }, { name: "b__only" }],
    });
    expect(faults(effects)).toEqual(["a gateway-name"]);
  });

  test("a URI is its first server's, and reads go to it", () => {
    const mux = opened();
    const effects = listed(mux, "resources/list", {
      a: [{ resources: [{ uri: "x://1" }] }],
      b: [{ resources: [{ uri: "x://1" }, { uri: "x://2" }] }],
    });
    expect(toClient(effects)[0]?.result).toEqual({ resources: [{ uri: "x://1" }, { uri: "x://2" }] });
    expect(faults(effects)).toEqual(["b gateway-uri-taken"]);
    const read = (uri: string): unknown =>
      toServers(mux.fromClient(bytes({ id: uri, method: "resources/read", params: { uri } })))[0]?.server;
    expect([read("x://1"), read("x://2"), read("x://3")]).toEqual(["a", "b", undefined]);
    listed(mux, "resources/templates/list", {
      a: [{ resourceTemplates: [{ uriTemplate: "{+all}" }] }],
      b: [{ resourceTemplates: [{ uriTemplate: "x://t/{id}" }] }],
    });
    expect([read("x://t/9"), read("y://t/9")]).toEqual(["b", undefined]);
  });

  test("endless pages of one server end, and are its own fault", () => {
    const mux = opened();
    const endless = Array.from({ length: 300 }, () => ({ nextCursor: "more", tools: [{ name: "t" }] }));
    const effects = listed(mux, "tools/list", { a: endless, b: [{ tools: [{ name: "u" }] }] });
    const { tools } = toClient(effects)[0]?.result as { tools: readonly { name: string }[] };
    expect(tools.filter(({ name }) => name === "a__t")).toHaveLength(100);
    expect(tools.at(-1)).toEqual({ name: "b__u" });
  });

  test("servers are asked in the order of the configuration, each when the one before it has said all", () => {
    const mux = opened(["a", "b", "c"]);
    const order: string[] = [];
    let effects = mux.fromClient(bytes({ id: 6, method: "tools/list" }));
    for (let asked = toServers(effects); asked.length > 0; asked = toServers(effects)) {
      expect(asked).toHaveLength(1);
      const [{ server, id = "" } = { server: "" }] = asked;
      order.push(server);
      const isFirst = order.length === 1;
      effects = mux.fromRelay(
        server,
        relayed(id, { result: isFirst ? { nextCursor: "2", tools: [] } : { tools: [] } }),
      );
    }
    expect(order).toEqual(["a", "a", "b", "c"]);
    expect(toClient(effects)).toMatchObject([{ id: 6, result: { tools: [] } }]);
  });

  test("a server that fails has no part; when all fail, the client gets the first error", () => {
    const mux = opened();
    let effects = mux.fromClient(bytes({ id: 5, method: "tools/list" }));
    for (const code of [7003, 7004]) {
      const [{ server, id } = { server: "", id: "" }] = toServers(effects);
      effects = mux.fromRelay(server, JSON.stringify({ error: { code, message: "" }, id, jsonrpc: "2.0" }));
    }
    expect(toClient(effects)).toMatchObject([{ id: 5, error: { code: 7003 } }]);
  });
});

describe("what servers ask and say", () => {
  test("two servers' requests under one id are two of ours, and each gets its own answer", () => {
    const mux = opened();
    const ask = (server: string): Line => {
      const params = { _meta: { progressToken: 1 } };
      const line = JSON.stringify({ id: 1, jsonrpc: "2.0", method: "roots/list", params });
      return toClient(mux.fromRelay(server, line))[0] ?? {};
    };
    const [first, second] = [ask("a"), ask("b")];
    expect(first.id).not.toBe(second.id);
    const progress = { progress: 1, progressToken: second.id };
    expect(toServers(mux.fromClient(bytes({ method: "notifications/progress", params: progress })))).toMatchObject([
      { server: "b", params: { progressToken: 1 } },
    ]);
    const answered = mux.fromClient(bytes({ id: second.id, result: { roots: [] } }));
    expect(toServers(answered)).toMatchObject([{ server: "b", id: 1, result: { roots: [] } }]);
    expect(refusals(mux.fromClient(bytes({ id: second.id, result: {} })))).toEqual(["answer:result no-contract"]);
    expect(toClient(mux.lost("a"))).toMatchObject([
      { method: "notifications/cancelled", params: { requestId: first.id } },
    ]);
    expect(refusals(mux.fromClient(bytes({ id: first.id, result: {} })))).toEqual(["answer:result no-contract"]);
  });

  test("what a server says before the client has its answer follows it", () => {
    const mux = new Mux({ servers: ["a"], info: { name: "k", version: "0" }, nonce: "0f", maxClientMessages: 9, time });
    const [asked] = toServers(mux.fromClient(bytes({ id: 1, method: "initialize", params: {} })));
    const early = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
    expect(mux.fromRelay("a", early)).toEqual([]);
    expect(mux.fromClient(bytes({ id: 2, method: "tools/call", params: { name: "a__x" } }))).toEqual([]);
    const result = { capabilities: {}, protocolVersion: "2024-11-05", serverInfo: { name: "a", version: "1" } };
    const effects = mux.fromRelay("a", relayed(asked?.id ?? "", { result }));
    expect(toClient(effects).map(({ id, method }) => id ?? method)).toEqual([1, "notifications/tools/list_changed"]);
    expect(toServers(effects)).toMatchObject([{ method: "tools/call", params: { name: "x" } }]);
  });
});

describe("ids", () => {
  /** A client's call, or a server's answer under an id that some relay was asked under. */
  const step = fc.oneof(
    fc.record({
      what: fc.constant("call" as const),
      id: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom("0", "1", "00ff-3")),
      server: fc.constantFrom("a", "b"),
    }),
    fc.record({ what: fc.constant("answer" as const), from: fc.constantFrom("a", "b"), pick: fc.nat(30) }),
  );

  test("every answer is to a request that waits, from the server it was for, and once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mux = opened();
        /** What waits by the client's id: the server that has it. */
        const waiting = new Map<string, string>();
        const asked: { readonly id: string | number; readonly server: string; readonly clientId: string }[] = [];
        for (const one of steps) {
          if (one.what === "call") {
            const clientId = JSON.stringify(one.id);
            const effects = mux.fromClient(
              bytes({ id: one.id, method: "tools/call", params: { name: `${one.server}__t` } }),
            );
            const [sent] = toServers(effects);
            expect(sent === undefined).toBe(waiting.has(clientId));
            if (sent?.id === undefined) continue;
            expect(asked.some(({ id }) => id === sent.id)).toBe(false);
            expect(sent.server).toBe(one.server);
            waiting.set(clientId, one.server);
            asked.push({ id: sent.id, server: one.server, clientId });
          } else {
            const aim = asked[one.pick % Math.max(1, asked.length)];
            if (aim === undefined) continue;
            const got = toClient(mux.fromRelay(one.from, relayed(aim.id, { result: { content: [aim.id] } })));
            const isDue = aim.server === one.from && waiting.get(aim.clientId) === one.from && isLatest(asked, aim);
            expect(got.map(({ id }) => JSON.stringify(id))).toEqual(isDue ? [aim.clientId] : []);
            if (isDue) waiting.delete(aim.clientId);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  /** Of several requests under one id of the client's, one after another, only the last can wait. */
  function isLatest(asked: readonly { readonly clientId: string }[], one: { readonly clientId: string }): boolean {
    return asked.findLast(({ clientId }) => clientId === one.clientId) === one;
  }

  test("whatever the client sends, no relay gets an id or a name that is not its own", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.jsonValue()), { maxLength: 20 }), (messages) => {
        const mux = opened();
        for (const [method, params] of messages) {
          const effects = mux.fromClient(bytes({ id: 1, method, params }));
          for (const { id } of toServers(effects)) expect(String(id)).toMatch(/^00ff-\d+$/);
        }
      }),
    );
  });
});

test("lines that are too long count like others: beyond the run's limit they are only refused as that", () => {
  const mux = opened(["a"]);
  for (let count = 1; count < 999; count++) mux.clientOversize();
  expect(refusals(mux.clientOversize())).toEqual(["frame:line-too-long malformed"]);
  expect(mux.clientOversize()).toEqual([{ do: "refuse", name: "line", refusal: "message-limit" }]);
});

test("a list that goes on and on is cut where its server's time is over, and the next server is asked", () => {
  const mux = opened(["a", "b"]);
  let [asked] = toServers(mux.fromClient(bytes({ id: 9, method: "tools/list", params: {} })));
  for (let page = 1; page < 4; page++) {
    now += 33;
    const result = { tools: [{ name: `t${String(page)}` }], nextCursor: String(page) };
    [asked] = toServers(mux.fromRelay("a", relayed(asked?.id ?? "", { result })));
    expect(asked?.server).toBe("a");
  }
  now += 2;
  const effects = mux.fromRelay(
    "a",
    relayed(asked?.id ?? "", { result: { tools: [{ name: "t4" }], nextCursor: "4" } }),
  );
  expect(faults(effects)).toEqual(["a gateway-list-too-long"]);
  [asked] = toServers(effects);
  expect(asked?.server).toBe("b");
  const [told] = toClient(mux.fromRelay("b", relayed(asked?.id ?? "", { result: { tools: [{ name: "u" }] } })));
  const names = (told?.result?.["tools"] as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(["a__t1", "a__t2", "a__t3", "a__t4", "b__u"]);
});
