/** Clients that break the protocol or flood, against a real proxy: nothing of it reaches the server unjudged. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { endsWell, livesOn, startHostile } from "./hostile.js";
import type { ProxyProcess } from "./proxy-process.js";
import { judgedCalls } from "./scripted-proxy.js";
import { outcomes, textOf, untilLogged } from "./watch.js";

const MIB = 1024 * 1024;

/** Writes as fast as the proxy takes it. */
async function pour(proxy: ProxyProcess, bytes: string): Promise<void> {
  if (!proxy.process.stdin.write(bytes)) await once(proxy.process.stdin, "drain");
}

const CALL = { jsonrpc: "2.0", method: "tools/call", params: { name: "ask", arguments: {} } };

describe("a client's bytes", () => {
  test("a line of 100 MiB is answered once, and dropped as it comes", async () => {
    const proxy = startHostile("client-endless");
    await proxy.handshake();
    await pour(proxy, '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"');
    for (let i = 0; i < 100; i++) await pour(proxy, "x".repeat(MIB));
    await pour(proxy, '"}}\n');
    await livesOn(proxy);
    expect(proxy.replies.filter(({ id }) => id === null)).toMatchObject([{ error: { code: -32600 } }]);
    expect(await endsWell(proxy)).toEqual({ code: 0, signal: null });
  });

  test("half a line and the end of input is no message", async () => {
    const proxy = startHostile("client-half");
    await proxy.handshake();
    proxy.send(Buffer.from(JSON.stringify({ ...CALL, id: "half" }).slice(0, -4)));
    expect(await endsWell(proxy)).toEqual({ code: 0, signal: null });
    expect(proxy.replies.at(-1)).toMatchObject({ id: null, error: { code: -32700 } });
    expect(judgedCalls(proxy).filter(({ kind }) => kind === "tool.invoke")).toEqual([]);
  });

  test("5000 lines of noise are refused one by one, and then a call is made", async () => {
    const proxy = startHostile("client-noise");
    await proxy.handshake();
    const noise = ["", "[]", "null", "\u0000", '{"jsonrpc":"2.0"}', '{"__proto__":1}', "{".repeat(500), '"\\ud800"'];
    for (let i = 0; i < 5000; i++) await pour(proxy, `${noise[i % noise.length] ?? ""}\n`);
    await livesOn(proxy);
    expect(await endsWell(proxy)).toEqual({ code: 0, signal: null });
    expect(proxy.replies.filter(({ error }) => error !== undefined)).toHaveLength(5000);
  });
});

describe("a client's cancellations", () => {
  test("a storm of them for ids of every kind ends only what it may, and once", async () => {
    const proxy = startHostile("client-storm");
    await proxy.handshake();
    const ids = ["a", "b", 1, 2];
    for (const id of ids) proxy.send({ ...CALL, id, params: { name: "hold", arguments: {} } });
    await proxy.call("ask");
    for (let i = 0; i < 3000; i++) {
      const requestId = [...ids, "1", "2", "nobody's", -0, i][i % 9];
      await pour(
        proxy,
        `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } })}\n`,
      );
    }
    await untilLogged(proxy, () => outcomes(proxy).filter((status) => status === "cancelled").length === ids.length);
    await livesOn(proxy);
    expect(await endsWell(proxy)).toEqual({ code: 0, signal: null });
    expect(proxy.replies.filter(({ id }) => ids.includes(id ?? ""))).toEqual([]);
    expect(outcomes(proxy).filter((status) => status === "cancelled")).toHaveLength(ids.length);
  });
});

describe("a client's ids", () => {
  test("used again at once: each answer is of a call that was made, and none is made twice under one id", async () => {
    const proxy = startHostile("client-reuse");
    await proxy.handshake();
    const lines = Array.from({ length: 300 }, (_, i) =>
      JSON.stringify({ ...CALL, id: i % 3, params: { name: "ask", arguments: { text: String(i) } } }),
    );
    await pour(proxy, `${lines.join("\n")}\n`);
    await proxy.call("ask", {}, "last");
    const answers = proxy.replies.filter(({ id }) => typeof id === "number");
    expect(answers).toHaveLength(300);
    const done = answers.filter(({ result }) => result !== undefined).map(textOf);
    expect(new Set(done).size).toBe(done.length);
    expect(await endsWell(proxy)).toEqual({ code: 0, signal: null });
    const made = judgedCalls(proxy).filter(({ kind }) => kind === "tool.invoke");
    expect(made).toHaveLength(done.length + 1);
  });
});
