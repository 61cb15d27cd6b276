import { describe, expect, it } from "vitest";
import { MAX_ABANDONED_IDS } from "../../../src/base/limits.js";
import { Exchanges, type Exchange } from "../../../src/mcp/wire/exchanges.js";
import type { RequestId } from "../../../src/mcp/wire/message.js";

function sent(exchanges: Exchanges, id: RequestId, token?: RequestId): Exchange {
  const exchange = exchanges.begin(id, "tools/call", token);
  expect(exchanges.forward(exchange, "c1")).toBe(true);
  return exchange;
}

describe("answers", () => {
  it("keep 1, `1`, 0, `0` and the empty string apart", () => {
    const exchanges = new Exchanges();
    const ids = [1, "1", 0, "", "0"];
    for (const id of ids) sent(exchanges, id);
    expect(exchanges.size).toBe(5);
    for (const id of ids.toReversed()) expect(exchanges.settle(id)?.exchange.id).toBe(id);
    expect(exchanges.size).toBe(0);
  });

  it("are taken once, not for nothing, and not for what the server was not sent", () => {
    const exchanges = new Exchanges();
    sent(exchanges, 1);
    expect(exchanges.settle(1)?.late).toBe(false);
    expect(exchanges.settle(1)).toBeUndefined();
    expect(exchanges.settle(2)).toBeUndefined();
    const undecided = exchanges.begin(3, "tools/call");
    expect(exchanges.settle(3)).toBeUndefined();
    expect(exchanges.forward(undecided, "c9")).toBe(true);
    expect(exchanges.settle(3)?.exchange.call).toBe("c9");
  });

  it("that come late go to the call that was given up, and free its id", () => {
    const exchanges = new Exchanges();
    const exchange = sent(exchanges, 1);
    expect(exchanges.abandon(exchange)).toBe(true);
    expect(exchanges.abandon(exchange)).toBe(false);
    expect(exchanges.find(1)).toBeUndefined();
    expect(exchanges.isTaken(1)).toBe(true);
    expect(exchanges.settle(1)).toMatchObject({ late: true, exchange: { id: 1, call: "c1" } });
    expect(exchanges.isTaken(1)).toBe(false);
    expect(exchanges.settle(1)).toBeUndefined();
  });
});

describe("ids and tokens", () => {
  it("cannot be begun while in use", () => {
    const exchanges = new Exchanges();
    const first = sent(exchanges, 1, "p");
    expect(() => exchanges.begin(1, "ping")).toThrow(/in use/);
    expect(() => exchanges.begin(2, "ping", "p")).toThrow(/in use/);
    expect(exchanges.find(2)).toBeUndefined();
    exchanges.abandon(first);
    expect(() => exchanges.begin(1, "ping")).toThrow(/in use/);
    expect(() => exchanges.begin(2, "ping", "p")).toThrow(/in use/);
    exchanges.settle(1);
    expect(exchanges.begin(1, "ping", "p").isForwarded).toBe(false);
  });

  it("of a call given up while it was decided are free, and that call is never sent", () => {
    const exchanges = new Exchanges();
    const first = exchanges.begin(1, "tools/call", "p");
    expect(exchanges.abandon(first)).toBe(true);
    const second = exchanges.begin(1, "ping", "p");
    expect(exchanges.forward(first, "c1")).toBe(false);
    expect(exchanges.release(first)).toBe(false);
    expect(exchanges.abandon(first)).toBe(false);
    expect(exchanges.forward(second)).toBe(true);
  });

  it("are crowded at the limit of given-up ids, until a late answer comes", () => {
    const exchanges = new Exchanges();
    for (let id = 0; id < MAX_ABANDONED_IDS; id++) {
      expect(exchanges.isCrowded).toBe(false);
      exchanges.abandon(sent(exchanges, id));
    }
    expect(exchanges.isCrowded).toBe(true);
    exchanges.settle(7);
    expect(exchanges.isCrowded).toBe(false);
  });
});

describe("progress", () => {
  it("must rise strictly", () => {
    const exchanges = new Exchanges();
    const exchange = sent(exchanges, 1, 0);
    expect(exchanges.progress(0, -5)).toBe(exchange);
    expect(exchanges.progress(0, -5)).toBeUndefined();
    expect(exchanges.progress(0, 0.5)).toBe(exchange);
    expect(exchanges.progress(0, 0.4)).toBeUndefined();
    expect(exchanges.progress(0, 0.6)).toBe(exchange);
  });

  it("goes by the token, its type and value, not by the id", () => {
    const exchanges = new Exchanges();
    const one = sent(exchanges, 10, 1);
    const text = sent(exchanges, 11, "1");
    expect(exchanges.progress(10, 1)).toBeUndefined();
    expect(exchanges.progress(1, 1)).toBe(one);
    expect(exchanges.progress("1", 1)).toBe(text);
  });

  it("is of nothing before the request is sent, after its answer, and once it is given up", () => {
    const exchanges = new Exchanges();
    const first = exchanges.begin(1, "tools/call", "p");
    expect(exchanges.progress("p", 1)).toBeUndefined();
    exchanges.forward(first);
    expect(exchanges.progress("p", 1)).toBe(first);
    exchanges.settle(1);
    expect(exchanges.progress("p", 2)).toBeUndefined();
    exchanges.abandon(sent(exchanges, 2, "p"));
    expect(exchanges.progress("p", 3)).toBeUndefined();
  });
});
